import { isObject, type JsonObject, type JsonValue } from '../json/value.ts'

/**
 * What the webhook states about one selection of one pod. The guard attaches only what a claim states.
 * Decoded by hand: the guard loads this file too, and zod would double its start-up time.
 */
export interface Claim {
  readonly iss: 'socni'
  /** When it was signed, in seconds since 1970 (RFC 7519 section 4.1.6). Claims do not expire; they are revoked. */
  readonly iat: number
  readonly tenant: string
  readonly namespace: string
  /** The pod's name, or, when the API server was still to choose it, what it begins with. */
  readonly pod?: string
  readonly generateName?: string
  /** In a bound claim only: the pod's UID and the node that it was bound to. */
  readonly uid?: string
  readonly node?: string
  /** The NAD as `namespace/name`. */
  readonly nad: string
  readonly interface: string
  readonly uplinks: readonly ClaimedUplink[]
  readonly ips?: readonly string[]
  readonly mac?: string
  /** A DHCP server, a pool or a router of the VLAN may give the pod a default route when it is attached. */
  readonly defaultRoute?: true
  /** One for each plugin of the network, in order. */
  readonly digests: readonly ClaimedDigest[]
}

export interface ClaimedUplink {
  readonly master: string
  /** As printVlans prints a set: `native,100,200-209`. */
  readonly vlans: string
}

export interface ClaimedDigest {
  readonly type: string
  /** SHA-256 of the canonical configuration, base64url. */
  readonly sha256: string
}

const REQUIRED = ['iss', 'iat', 'tenant', 'namespace', 'nad', 'interface', 'uplinks', 'digests'] as const
const TEXTS = [
  'tenant',
  'namespace',
  'pod',
  'generateName',
  'uid',
  'node',
  'nad',
  'interface',
  'mac',
] as const
const MEMBERS: ReadonlySet<string> = new Set([...REQUIRED, ...TEXTS, 'ips', 'defaultRoute'])

/** The claim in a payload, or what keeps it from being one. A member that nobody knows is refused, not ignored. */
export function decodeClaim(payload: JsonValue): Claim | { readonly problem: string } {
  if (!isObject(payload)) return { problem: 'it is no object' }
  const unknown = Object.keys(payload).find(member => !MEMBERS.has(member))
  if (unknown !== undefined) return { problem: `"${unknown}" is no statement of a claim` }
  const missing = REQUIRED.find(member => payload[member] === undefined)
  if (missing !== undefined) return { problem: `it does not state "${missing}"` }
  if (payload.iss !== 'socni') return { problem: '"iss" is not "socni"' }
  if (!Number.isSafeInteger(payload.iat) || Number(payload.iat) < 0)
    return { problem: '"iat" is no time in seconds' }
  const noText = TEXTS.find(member => payload[member] !== undefined && !isText(payload[member]))
  if (noText !== undefined) return { problem: `"${noText}" is no text` }
  if ((payload.pod === undefined) === (payload.generateName === undefined)) {
    return { problem: 'it must state either "pod" or "generateName"' }
  }
  if (payload.defaultRoute !== undefined && payload.defaultRoute !== true)
    return { problem: '"defaultRoute" is not true' }
  if (payload.ips !== undefined && !isListOf(payload.ips, isText))
    return { problem: '"ips" is no list of texts' }
  if (!isListOf(payload.uplinks, value => hasTexts(value, 'master', 'vlans')))
    return { problem: '"uplinks" is malformed' }
  if (!isListOf(payload.digests, value => hasTexts(value, 'type', 'sha256')))
    return { problem: '"digests" is malformed' }
  // Each member has been looked at above; TypeScript cannot follow that through the lists.
  return payload as unknown as Claim
}

function isText(value: JsonValue | undefined): boolean {
  return typeof value === 'string' && value !== ''
}

function isListOf(value: JsonValue | undefined, isMember: (member: JsonValue) => boolean): boolean {
  return Array.isArray(value) && value.every(isMember)
}

function hasTexts(value: JsonValue, ...members: string[]): boolean {
  const object: JsonObject = isObject(value) ? value : {}
  return Object.keys(object).length === members.length && members.every(member => isText(object[member]))
}
