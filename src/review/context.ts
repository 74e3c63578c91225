import type { ClaimKeys } from '../claims/files.ts'
import type { AdmissionRequest, AdmissionResponse } from '../kube/admission.ts'
import type { Inventory } from '../policy/inventory.ts'

/** The mutating phase may change the object, the validating one sees what is stored. */
export type Phase = 'mutate' | 'validate'

/** Decides one request. Throwing is a bug: it is answered with 500, and failurePolicy decides. */
export type Decide = (
  request: AdmissionRequest,
  phase: Phase,
) => AdmissionResponse | Promise<AdmissionResponse>

/** What is counted of a review. */
export interface ReviewCounters {
  countFinding(rule: string, outcome: 'denied' | 'warned' | 'audited'): void
  countClaims(count: number): void
}

export interface ReviewContext {
  readonly inventory: Inventory
  /** Asked at each review, since keys rotate. */
  readonly keys: () => ClaimKeys
  readonly clock: () => Date
  readonly counters: ReviewCounters
  /** Whether who asks may assign namespaces to a tenant; without it only administrators may. */
  readonly mayAssign?: (request: AdmissionRequest, tenant: string) => boolean
}
