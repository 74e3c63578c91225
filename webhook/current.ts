import { setTimeout as pause } from 'node:timers/promises'
import { type AdmissionRequest, type AdmissionResponse, isBinding } from '../src/kube/admission.ts'
import type { Decide, Phase } from '../src/review/context.ts'
import type { ClusterStore } from './cluster/store.ts'

/**
 * Whoever has not heard from the API server for so many seconds signs nothing: what it knows may have been revoked. A quiet
 * watch is heard of every thirty seconds, and ten more at most; and it is less than GRACE_MS of cluster/withdrawals.ts, which revokes once more
 * what is signed until then.
 */
const OUTDATED_SECONDS = 50
/** A mirror that has not heard from the API server for so long is not ready, even when nobody asks it for anything. */
const STALE_SECONDS = 120
/** A review waits so long for the API server to be heard of again, below its deadline. */
const PATIENCE_MS = 2_000
const LOOK_MS = 20

/** Has reviews decided by what the API server says now, and none by what it said some time ago or has not said yet. */
export class Currency {
  readonly #store: Pick<ClusterStore, 'unread' | 'staleness' | 'hurry'>
  #hasRefused = false

  constructor(store: Pick<ClusterStore, 'unread' | 'staleness' | 'hurry'>) {
    this.#store = store
  }

  /** The same decisions, or a refusal (503) while the policy is not known, or may be another by now. */
  guard(decide: Decide): Decide {
    return async (request, phase) => {
      const unread = this.#store.unread()
      if (unread !== undefined) return undecided(request, phase, unread)
      if (await this.#isCurrent()) return decide(request, phase)
      this.#hasRefused = true
      return undecided(request, phase, this.#silence())
    }
  }

  /** Why nothing can be decided, or should be decided here; undefined: it can. */
  obstacle(): string | undefined {
    const unread = this.#store.unread()
    if (unread !== undefined) return unread
    const age = this.#store.staleness()
    if (age <= OUTDATED_SECONDS) this.#hasRefused = false
    // Who is not ready is asked for nothing, and would wait for its next attempt.
    else this.#store.hurry()
    // All replicas are outdated for a moment after the API server was away: only one that had to refuse leaves.
    return this.#hasRefused || age > STALE_SECONDS ? this.#silence() : undefined
  }

  async #isCurrent(): Promise<boolean> {
    const end = performance.now() + PATIENCE_MS
    while (this.#store.staleness() > OUTDATED_SECONDS) {
      if (performance.now() > end) return false
      this.#store.hurry()
      await pause(LOOK_MS)
    }
    return true
  }

  #silence(): string {
    return `the API server was not heard from for ${Math.round(this.#store.staleness())} s`
  }
}

/**
 * Not an HTTP error: of one the API server would tell nobody the reason. What goes on while nobody answers (failurePolicy
 * Ignore) goes on here: nothing is gained by deleting, and a pod that is bound has a claim already, or no networks.
 */
function undecided(request: AdmissionRequest, phase: Phase, reason: string): AdmissionResponse {
  const { uid, operation } = request
  if (operation === 'DELETE')
    return { uid, allowed: true, warnings: [`socni-webhook could not tell who uses it: ${reason}`] }
  if (phase === 'mutate' && isBinding(request)) return { uid, allowed: true }
  const message = `socni-webhook cannot tell what is granted: ${reason}`
  return {
    uid,
    allowed: false,
    status: { status: 'Failure', code: 503, reason: 'ServiceUnavailable', message },
  }
}
