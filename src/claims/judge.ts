import { type Claim, type ClaimedDigest, type ClaimedUplink, decodeClaim } from './claim.ts'
import type { JwsFailure, JwsVerification } from './jws.ts'
import { type Revocation, revocationOf } from './revocations.ts'

/** What is really there, to be compared with what the claim states. An undefined member is not known, not "none". */
export interface Expected {
  readonly tenant?: string | undefined
  readonly namespace: string
  readonly pod?: string | undefined
  readonly generateName?: string | undefined
  readonly uid?: string | undefined
  readonly node?: string | undefined
  readonly nad?: string | undefined
  readonly interface: string
  readonly uplinks: readonly ClaimedUplink[]
  readonly ips?: readonly string[] | undefined
  readonly mac?: string | undefined
  readonly defaultRoute?: boolean | undefined
  readonly digests: readonly ClaimedDigest[]
}

/** The statement of a claim that does not hold. */
export type Statement =
  | JwsFailure
  | 'payload'
  | 'revoked'
  | 'tenant'
  | 'namespace'
  | 'pod'
  | 'uid'
  | 'node'
  | 'nad'
  | 'interface'
  | 'uplinks'
  | 'ips'
  | 'mac'
  | 'defaultRoute'
  | 'configuration'

export type Verification =
  | { readonly ok: true; readonly claim: Claim }
  | { readonly ok: false; readonly failed: Statement; readonly message: string }

/**
 * Judges what a JWS whose signature was verified says: that it was not revoked, and then each statement against what is
 * there. The first one that does not hold is named. A claim from the future is taken: clocks on nodes may be wrong, and
 * the signature holds all the same.
 */
export function judgeClaim(
  verified: JwsVerification,
  /** What is there, or how that follows from what the claim states of more than this one plugin. */
  expecting: Expected | ((claim: Claim) => Expected),
  revocations: readonly Revocation[],
): Verification {
  if (!verified.ok) return verified
  const claim = decodeClaim(verified.payload)
  if ('problem' in claim) return { ok: false, failed: 'payload', message: claim.problem }
  const revocation = revocationOf(claim, revocations)
  if (revocation !== undefined) {
    const since = new Date(revocation.notBefore * 1000).toISOString()
    return {
      ok: false,
      failed: 'revoked',
      message: `claims of tenant "${claim.tenant}" for its VLAN from before ${since} were revoked`,
    }
  }
  const expected = typeof expecting === 'function' ? expecting(claim) : expecting
  for (const [failed, stated, found, holds] of comparisons(claim, expected)) {
    if (!holds)
      return { ok: false, failed, message: `it was signed for ${failed} ${stated}, not for ${found}` }
  }
  return { ok: true, claim }
}

type Comparison = readonly [statement: Statement, stated: string, found: string, holds: boolean]

function* comparisons(claim: Claim, expected: Expected): Iterable<Comparison> {
  yield compareKnown('tenant', claim.tenant, expected.tenant)
  yield compareKnown('namespace', claim.namespace, expected.namespace)
  yield comparePod(claim, expected)
  // A claim that states UID or node is bound: then these must be known, and equal.
  yield compareBound('uid', claim.uid, expected.uid)
  yield compareBound('node', claim.node, expected.node)
  yield compareKnown('nad', claim.nad, expected.nad)
  yield compareKnown('interface', claim.interface, expected.interface)
  yield compareLists('uplinks', claim.uplinks, expected.uplinks)
  if (expected.ips !== undefined) yield compareLists('ips', claim.ips ?? [], expected.ips)
  yield ['mac', quoteOrNone(claim.mac), quoteOrNone(expected.mac), claim.mac === expected.mac]
  if (expected.defaultRoute !== undefined) yield compareDefaultRoute(claim, expected.defaultRoute)
  yield compareLists('configuration', claim.digests, expected.digests)
}

function compareKnown(statement: Statement, stated: string, found: string | undefined): Comparison {
  return [statement, `"${stated}"`, quoteOrNone(found), found === undefined || stated === found]
}

function compareBound(
  statement: Statement,
  stated: string | undefined,
  found: string | undefined,
): Comparison {
  return [statement, quoteOrNone(stated), quoteOrNone(found), stated === undefined || stated === found]
}

/** A claim from before the tenant was allowed more still holds for what it states. */
function compareDefaultRoute(claim: Claim, expected: boolean): Comparison {
  const stated = claim.defaultRoute ?? false
  return ['defaultRoute', String(stated), String(expected), !stated || expected]
}

function comparePod(claim: Claim, expected: Expected): Comparison {
  const stated = claim.pod === undefined ? `"${claim.generateName}…"` : `"${claim.pod}"`
  const found = expected.pod === undefined ? `"${expected.generateName}…"` : `"${expected.pod}"`
  const holds =
    claim.pod !== undefined
      ? claim.pod === expected.pod
      : expected.pod === undefined
        ? claim.generateName === expected.generateName
        : isGeneratedFrom(expected.pod, claim.generateName ?? '')
  return ['pod', stated, found, holds]
}

/** The API server cuts the base to 58 characters and adds five of its own (k8s.io/apiserver pkg/storage/names). */
function isGeneratedFrom(name: string, generateName: string): boolean {
  const base = generateName.slice(0, 58)
  return name.startsWith(base) && /^[bcdfghjklmnpqrstvwxz2456789]{5}$/.test(name.slice(base.length))
}

function compareLists(
  statement: Statement,
  stated: readonly unknown[],
  found: readonly unknown[],
): Comparison {
  const [one, other] = [stated, found].map(list => JSON.stringify(list))
  return [statement, one ?? '', other ?? '', stable(stated) === stable(found)]
}

/** Equal texts for equal lists, in whatever order the members of their objects stand. */
function stable(list: readonly unknown[]): string {
  return JSON.stringify(
    list.map(item => (typeof item === 'object' && item !== null ? Object.entries(item).sort() : item)),
  )
}

function quoteOrNone(text: string | undefined): string {
  return text === undefined ? 'none' : `"${text}"`
}
