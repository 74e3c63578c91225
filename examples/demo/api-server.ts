import type { AdmissionRequest, AdmissionResponse } from '../../src/kube/admission.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { WebhookClient } from '../../src/review/client.ts'
import { applyPatch } from '../../src/review/patch.ts'
import { requestFor, withUid } from '../../src/review/request.ts'

/** What came of a request: the object as it would be stored, and the answer of the validating phase. */
export interface Admission {
  readonly object: Manifest
  readonly mutation: AdmissionResponse
  readonly response: AdmissionResponse
}

/** Asks a webhook as the API server does: mutate, apply the patch, fill in the UID, validate. Over real TLS. */
export class ApiServer extends WebhookClient {
  /** Admits a manifest in a namespace, as `kubectl -n NAMESPACE create` does. */
  async create(
    manifest: Manifest,
    namespace: string,
    change: Partial<AdmissionRequest> = {},
  ): Promise<Admission> {
    const object = {
      ...manifest,
      metadata: { ...manifest.metadata, namespace: manifest.metadata.namespace ?? namespace },
    }
    const mutation = await this.review('mutate', requestFor(object, change))
    const stored = withUid(applyPatch(object, mutation))
    const response = await this.review('validate', requestFor(stored, change))
    return { object: stored, mutation, response }
  }
}
