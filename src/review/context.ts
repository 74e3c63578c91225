import type { ClaimKeys } from '../claims/files.ts'
import type { AdmissionRequest, AdmissionResponse } from '../kube/admission.ts'
import type { Inventory } from '../policy/inventory.ts'

/** The mutating phase may change the object, the validating one sees what is stored. */
export type Phase = 'mutate' | 'validate'

/** What a phase makes of a request, by what is known. */
export interface Outcome {
  readonly response: AdmissionResponse
  /** Whether a rule stands against the request, or warns of it, and would be wrong where the mirrors are behind. */
  readonly isOpposed: boolean
  /** What is counted once it is the answer. */
  readonly count: (counters: ReviewCounters) => void
}

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
  /** Asked before an answer that opposes a request: whether more is known now, so that it is judged once more. */
  readonly lookAgain?: (request: AdmissionRequest) => Promise<boolean>
}
