import type { Manifest } from './manifest.ts'

/** admission.k8s.io/v1, as the API server sends and expects it (k8s.io/api/admission/v1/types.go). */

export interface AdmissionRequest {
  readonly uid: string
  readonly kind: GroupVersionKind
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string }
  readonly subResource?: string
  readonly name?: string
  readonly namespace?: string
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly userInfo?: UserInfo
  readonly object?: Manifest | null
  readonly oldObject?: Manifest | null
  readonly dryRun?: boolean
}

/** Whether a pod is being bound to a node, by either of the resources that do so. */
export function isBinding({ subResource, kind }: AdmissionRequest): boolean {
  return subResource === 'binding' || kind.kind === 'Binding'
}

/** Kubernetes authentication.k8s.io/v1 UserInfo. */
export interface UserInfo {
  readonly username?: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

export interface AdmissionResponse {
  readonly uid: string
  readonly allowed: boolean
  readonly status?: AdmissionStatus
  readonly patchType?: 'JSONPatch'
  /** A JSON Patch (RFC 6902), base64. */
  readonly patch?: string
  readonly warnings?: readonly string[]
  readonly auditAnnotations?: Readonly<Record<string, string>>
}

export interface AdmissionStatus {
  readonly status: 'Failure'
  readonly code: number
  readonly reason: string
  readonly message: string
  readonly details?: { readonly causes: readonly StatusCause[] }
}

export interface StatusCause {
  readonly reason: string
  readonly message: string
  readonly field: string
}

export interface AdmissionReview {
  readonly apiVersion: 'admission.k8s.io/v1'
  readonly kind: 'AdmissionReview'
  readonly response: AdmissionResponse
}
