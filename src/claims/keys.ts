import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  checkJwk,
  KeyError,
  type KeyState,
  parseJwkSet,
  parseKeyFile,
  STATE_MEMBER,
  thumbprint,
} from './jwk.ts'
import { sha256 } from './sha256.ts'

export interface PublicKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string
  readonly state: KeyState
  readonly key: KeyObject
}

/** The public keys that claims are verified with, by key id. */
export type KeySet = ReadonlyMap<string, PublicKey>

export interface SigningKey {
  readonly kid: string
  readonly key: KeyObject
}

/** A new Ed25519 key pair. Its id is typed after `keys drop`, so that it never looks like an option. */
export function generateSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  const kid = thumbprint(publicMember(privateKey), sha256)
  return kid.startsWith('-') ? generateSigningKey() : { kid, key: privateKey }
}

/** The public half of a signing key. */
export function publicKeyOf(key: SigningKey, state: KeyState): PublicKey {
  return { kid: key.kid, state, key: createPublicKey(key.key) }
}

/**
 * The next state of a key set: what signed so far retires, what was published as next signs. Keys that had retired
 * before are dropped only by name, since nobody can tell whether a pod still carries a claim of theirs.
 */
export function rotate(keys: KeySet): KeySet {
  const hasNext = [...keys.values()].some(key => key.state === 'next')
  if (!hasNext)
    throw new KeyError([], 'no key is published as "next": publish one, and wait until every node has it')
  const successor: Readonly<Record<KeyState, KeyState>> = {
    next: 'current',
    current: 'retired',
    retired: 'retired',
  }
  return new Map([...keys].map(([kid, key]) => [kid, { ...key, state: successor[key.state] }]))
}

/**
 * The set without a key that has retired: its claims no longer count. Throws a KeyError for one that signs, or will, and
 * for one that is not there.
 */
export function drop(keys: KeySet, kid: string): KeySet {
  const key = keys.get(kid)
  const retired = [...keys.values()].filter(({ state }) => state === 'retired')
  if (key?.state !== 'retired') {
    const state = key === undefined ? 'is no key here' : `is "${key.state}"`
    const choice = retired.map(known => known.kid).join(', ') || 'none has retired: rotate first'
    throw new KeyError([], `"${kid}" ${state}, and only keys that have retired can be dropped: ${choice}`)
  }
  return new Map([...keys].filter(([other]) => other !== kid))
}

/** Prints a JWK Set (RFC 7517 section 5) of public keys. */
export function printKeySet(keys: KeySet): string {
  const jwks = [...keys.values()].map(({ kid, state, key }) => ({
    kty: 'OKP',
    crv: 'Ed25519',
    x: publicMember(key),
    kid,
    use: 'sig',
    alg: 'EdDSA',
    [STATE_MEMBER]: state,
  }))
  return `${JSON.stringify({ keys: jwks }, null, 2)}\n`
}

/** Reads a JWK Set of Ed25519 public keys. Throws a KeyError that names the member. */
export function parseKeySet(text: string): KeySet {
  const keys = parseJwkSet(text, sha256).map(({ kid, state, x }): PublicKey => {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    return { kid, state, key }
  })
  return new Map(keys.map(key => [key.kid, key]))
}

/** Prints a private JWK (RFC 8037 appendix A.1). */
export function printSigningKey({ kid, key }: SigningKey): string {
  const { x, d } = key.export({ format: 'jwk' })
  return `${JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x, d, kid }, null, 2)}\n`
}

/** Reads a private JWK. Throws a KeyError that names the member, never its value. */
export function parseSigningKey(text: string): SigningKey {
  const jwk = parseKeyFile(text)
  const { kid, x } = checkJwk(jwk, [], sha256)
  const { d } = jwk
  if (typeof d !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(d))
    throw new KeyError(['d'], 'the private key is no Ed25519 key')
  return { kid, key: importPrivateKey(x, d) }
}

function importPrivateKey(x: string, d: string): KeyObject {
  const mismatch = new KeyError(['x'], 'the public half does not belong to the private one')
  try {
    const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x, d }, format: 'jwk' })
    if (publicMember(key) === x) return key
  } catch {
    throw mismatch
  }
  throw mismatch
}

/** The `x` of a public key, or of the public half of a private one. */
function publicMember(key: KeyObject): string {
  return key.export({ format: 'jwk' }).x ?? ''
}
