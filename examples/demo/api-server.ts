import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:https'
import type { AdmissionRequest, AdmissionResponse } from '../../src/kube/admission.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import type { PatchOperation } from '../../src/review/patch.ts'

/** What came of a request: the object as it would be stored, and the answer of the validating phase. */
export interface Admission {
  readonly object: Manifest
  readonly mutation: AdmissionResponse
  readonly response: AdmissionResponse
}

interface HttpAnswer {
  readonly status: number
  readonly body: string
}

const RESOURCES: Readonly<Record<string, string>> = {
  NetworkAttachmentDefinition: 'network-attachment-definitions',
}

/** Asks a webhook as the API server does: mutate, apply the patch, fill in the UID, validate. Over real TLS. */
export class ApiServer {
  readonly #url: string
  readonly #agent: Agent

  constructor(url: string, authority: string | undefined) {
    this.#url = url
    this.#agent = new Agent({ keepAlive: true, ...(authority !== undefined && { ca: authority }) })
  }

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
    const mutation = await this.review('/mutate', requestFor(object, change))
    const patched = applyPatch(object, mutation)
    const stored = { ...patched, metadata: { ...patched.metadata, uid: randomUUID() } }
    const response = await this.review('/validate', requestFor(stored, change))
    return { object: stored, mutation, response }
  }

  async review(
    path: '/mutate' | '/validate',
    admissionRequest: AdmissionRequest,
  ): Promise<AdmissionResponse> {
    const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: admissionRequest }
    const { status, body } = await this.post(path, JSON.stringify(review))
    if (status !== 200) throw new Error(`${path} answered ${status}: ${body}`)
    return JSON.parse(body).response
  }

  get(path: string): Promise<HttpAnswer> {
    return this.#call('GET', path, '')
  }

  post(path: string, body: string): Promise<HttpAnswer> {
    return this.#call('POST', path, body)
  }

  #call(method: string, path: string, body: string): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
      const call = request(`${this.#url}${path}`, { method, agent: this.#agent, headers }, response => {
        let text = ''
        response.setEncoding('utf8').on('data', chunk => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
        response.on('error', reject)
      })
      call.on('error', reject).end(body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** The request that the API server sends for this object. */
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

/** Applies the patch of a mutating answer: the operations of RFC 6902 that the webhook uses. */
export function applyPatch(object: Manifest, { patch }: AdmissionResponse): Manifest {
  if (patch === undefined) return object
  const operations: PatchOperation[] = JSON.parse(Buffer.from(patch, 'base64').toString())
  const patched = structuredClone(object)
  for (const { path, value } of operations) {
    const steps = path
      .split('/')
      .slice(1)
      .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    let target = patched as unknown as Record<string, unknown>
    for (const step of steps.slice(0, -1)) target = target[step] as Record<string, unknown>
    target[steps.at(-1) ?? ''] = value
  }
  return patched
}
