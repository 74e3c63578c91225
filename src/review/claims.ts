import type { ClaimKeys, VerificationKeys } from '../claims/files.ts'
import { signClaim } from '../claims/signature.ts'
import { verifyClaim } from '../claims/verify.ts'
import type { JsonObject } from '../json/value.ts'
import type { ObjectMeta } from '../kube/manifest.ts'
import type { Selection } from '../kube/selection.ts'
import { claimOf, withClaim } from '../kube/selection-claims.ts'
import { type Bound, claimFor, expectedOf, needsClaim } from '../policy/claim-for.ts'
import type { ClaimState, PodSubject, SelectionSubject } from '../policy/subjects.ts'

/**
 * Whether the claim on a selection is one that we signed for exactly this. A pod's UID and node must be stated where they
 * are known, unless nothing may have bound the claim: a pod that came with its node has no Binding.
 */
export function checkClaim(
  subject: SelectionSubject,
  pod: ObjectMeta,
  keys: VerificationKeys,
  bound?: Bound,
  mustBeBound = bound !== undefined,
): ClaimState {
  const claim = claimOf(subject.selection)
  if (claim === undefined) return { state: needsClaim(subject) ? 'missing' : 'none' }
  return checkText(claim, subject, pod, keys, bound, mustBeBound)
}

function checkText(
  claim: string,
  subject: SelectionSubject,
  pod: ObjectMeta,
  keys: VerificationKeys,
  bound: Bound | undefined,
  mustBeBound: boolean,
): ClaimState {
  const expected = expectedOf(subject, pod, bound)
  if (expected === undefined)
    return { state: 'wrong', message: 'there is nothing here that a claim could state' }
  const verification = verifyClaim(claim, expected, keys.keys, keys.revocations)
  if (!verification.ok) return { state: 'wrong', message: verification.message }
  const isBound = verification.claim.uid !== undefined && verification.claim.node !== undefined
  if (mustBeBound && !isBound) return { state: 'wrong', message: 'it is not bound to the pod and its node' }
  return { state: 'valid' }
}

export interface SignedNetworks {
  /** The networks annotation with claims; undefined when the one that is there says it already. */
  readonly annotation: string | undefined
  /** How many claims were signed anew. */
  readonly signed: number
}

/** Claims by the interface that they are for: those that an object had before an UPDATE. */
export type ClaimsByInterface = ReadonlyMap<string, string>

/**
 * The networks annotation of an admitted pod: every guarded selection carries a claim, no other does. A claim that
 * already holds stays, so that running twice changes nothing; one that a user wrote gives way. Whoever writes an
 * annotation without the claims that it had gets them back, so that a controller that keeps writing what it wants
 * (KubeVirt's, `kubectl apply` of a pod) changes nothing either, and does not wake itself up.
 */
export function signNetworks(
  { selections, reading, metadata }: PodSubject,
  keys: ClaimKeys,
  now: Date,
  bound?: Bound,
  before: ClaimsByInterface = new Map(),
): SignedNetworks {
  const iat = Math.floor(now.getTime() / 1000)
  let signed = 0
  const claims = selections.map(subject => {
    const holding = [claimOf(subject.selection), before.get(subject.selection.interface)].find(
      claim =>
        claim !== undefined &&
        checkText(claim, subject, metadata, keys, bound, bound !== undefined).state === 'valid',
    )
    if (holding !== undefined) return holding
    const claim = needsClaim(subject) ? claimFor(subject, metadata, iat, bound) : undefined
    if (claim !== undefined) signed++
    return claim && signClaim(claim, keys.signing)
  })
  const elements = selections.map(({ selection }, index) => withClaim(selection, claims[index]))
  const isUnchanged =
    reading.form === 'json' ? isSame(elements, selections) : claims.every(claim => claim === undefined)
  return { annotation: isUnchanged ? undefined : JSON.stringify(elements), signed }
}

/** The claims in an annotation, whoever wrote them. */
export function claimsByInterface(selections: readonly Selection[]): ClaimsByInterface {
  return new Map(
    selections.flatMap(selection => {
      const claim = claimOf(selection)
      return claim === undefined ? [] : [[selection.interface, claim]]
    }),
  )
}

/** The annotation without any claim; undefined when it has none. */
export function stripClaims({ selections, reading }: PodSubject): string | undefined {
  if (reading.form !== 'json' || selections.every(({ selection }) => claimOf(selection) === undefined))
    return undefined
  return JSON.stringify(selections.map(({ selection }) => withClaim(selection, undefined)))
}

function isSame(elements: readonly JsonObject[], selections: readonly SelectionSubject[]): boolean {
  return JSON.stringify(elements) === JSON.stringify(selections.map(({ selection }) => selection.body))
}
