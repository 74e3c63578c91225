import { randomUUID } from 'node:crypto'
import type { AdmissionRequest } from '../kube/admission.ts'
import type { Manifest } from '../kube/manifest.ts'

/** Plurals that are not simply the kind with an "s". */
const RESOURCES: Readonly<Record<string, string>> = {
  NetworkAttachmentDefinition: 'network-attachment-definitions',
}

/** The request that the API server sends when somebody creates this object. */
export function requestFor(object: Manifest, change: Partial<AdmissionRequest> = {}): AdmissionRequest {
  const [group = '', version = ''] = object.apiVersion.includes('/')
    ? object.apiVersion.split('/')
    : ['', object.apiVersion]
  const { kind, metadata } = object
  return {
    uid: randomUUID(),
    kind: { group, version, kind },
    resource: { group, version, resource: RESOURCES[kind] ?? `${kind.toLowerCase()}s` },
    operation: 'CREATE',
    userInfo: { username: 'alice', groups: ['system:authenticated'] },
    ...(metadata.name !== undefined && { name: metadata.name }),
    ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
    object,
    ...change,
  }
}

/** The object as it is stored: with an identity of its own. */
export function withUid(object: Manifest): Manifest {
  return { ...object, metadata: { ...object.metadata, uid: randomUUID() } }
}
