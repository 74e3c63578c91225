import type { Claim } from './claim.ts'
import { type Expected, judgeClaim, type Verification } from './judge.ts'
import type { KeySet } from './keys.ts'
import type { Revocation } from './revocations.ts'
import { verifyJws } from './signature.ts'

/** Verifies a claim: its signature, that it was not revoked, and each of its statements. */
export function verifyClaim(
  jws: string,
  expecting: Expected | ((claim: Claim) => Expected),
  keys: KeySet,
  revocations: readonly Revocation[],
): Verification {
  return judgeClaim(verifyJws(jws, keys), expecting, revocations)
}
