import { Agent, request } from 'node:https'
import type { AdmissionRequest, AdmissionResponse } from '../kube/admission.ts'
import { isRecord } from '../kube/manifest.ts'
import type { Phase } from './context.ts'

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

/** A webhook that answers anything but a review, or nothing at all. */
export class WebhookCallError extends Error {
  readonly code = 'ERR_SOCNI_WEBHOOK_CALL'
}

/** No longer than the API server would wait. */
const TIMEOUT_MS = 10_000

/** What OpenSSL says of a certificate that an authority of its own has signed (Node.js, TLS, X509 certificate error codes). */
const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** Asks a running webhook over TLS, as the API server does. */
export class WebhookClient {
  readonly #url: string
  readonly #agent: Agent
  readonly #hasAuthority: boolean

  /** `authority` is the PEM that the webhook's certificate is verified with; without it, the system's authorities. */
  constructor(url: string, authority: string | undefined) {
    this.#hasAuthority = authority !== undefined
    this.#url = url.replace(/\/+$/, '')
    this.#agent = new Agent({ keepAlive: true, ...(authority !== undefined && { ca: authority }) })
  }

  /** Sends one request for a decision. Throws a WebhookCallError when there is none. */
  async review(phase: Phase, admissionRequest: AdmissionRequest): Promise<AdmissionResponse> {
    const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: admissionRequest }
    const { status, body } = await this.post(`/${phase}`, JSON.stringify(review))
    if (status !== 200) throw new WebhookCallError(`${this.#url}/${phase} answered ${status}: ${body.trim()}`)
    const response = responseIn(body)
    if (response === undefined)
      throw new WebhookCallError(`${this.#url}/${phase} is no webhook: its answer is no AdmissionReview`)
    return response
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
      const options = { method, agent: this.#agent, headers, timeout: TIMEOUT_MS }
      const fail = (error: NodeJS.ErrnoException): void => {
        const isUnknown = !this.#hasAuthority && UNKNOWN_AUTHORITY.has(error.code ?? '')
        const hint = isUnknown ? '; name the authority of its certificate: --ca .socni/tls/ca.crt' : ''
        reject(new WebhookCallError(`${this.#url}${path}: ${error.message}${hint}`))
      }
      const call = request(`${this.#url}${path}`, options, response => {
        let text = ''
        response.setEncoding('utf8').on('data', chunk => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
        response.on('error', fail)
      })
      call.on('timeout', () => call.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)))
      call.on('error', fail).end(body)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** The decision in what a webhook answered; undefined where there is none. */
function responseIn(body: string): AdmissionResponse | undefined {
  try {
    const review: unknown = JSON.parse(body)
    const response = isRecord(review) ? review.response : undefined
    return isRecord(response) && typeof response.allowed === 'boolean'
      ? (response as unknown as AdmissionResponse)
      : undefined
  } catch {
    return undefined
  }
}
