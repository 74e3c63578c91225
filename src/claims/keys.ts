import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto'
import { canonicalize } from '../json/canonical.ts'
import { readJson } from '../json/reader.ts'
import { isObject, type JsonObject, type JsonValue, type Path } from '../json/value.ts'

/**
 * A key is published as `next`, signs as `current` once every node has it, and still verifies as `retired` until it is
 * dropped: claims of running pods outlive it otherwise.
 */
export type KeyState = 'next' | 'current' | 'retired'

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

/** Why a file of keys is refused. */
export class KeyError extends Error {
  readonly code = 'ERR_SOCNI_KEY'
  readonly at: Path

  constructor(at: Path, message: string) {
    super(message)
    this.at = at
  }
}

/** The member of a JWK that holds its state; RFC 7517 section 4 lets readers ignore members they do not know. */
const STATE_MEMBER = 'socni.dev/state'

/** A new Ed25519 key pair. */
export function generateSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { kid: thumbprint(publicMember(privateKey)), key: privateKey }
}

/** The public half of a signing key. */
export function publish(key: SigningKey, state: KeyState): PublicKey {
  return { kid: key.kid, state, key: createPublicKey(key.key) }
}

/** RFC 7638 section 3: SHA-256 over the required members in lexicographic order; for OKP those of RFC 8037 section 2. */
export function thumbprint(x: string): string {
  return createHash('sha256')
    .update(canonicalize({ crv: 'Ed25519', kty: 'OKP', x }))
    .digest('base64url')
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
  const set = parseObject(text)
  if (!Array.isArray(set.keys)) throw new KeyError(['keys'], '"keys" is not a list of JSON Web Keys')
  const keys = new Map<string, PublicKey>()
  for (const [index, jwk] of set.keys.entries()) {
    const at = ['keys', index]
    if (!isObject(jwk)) throw new KeyError(at, 'a key must be an object')
    if (jwk.d !== undefined)
      throw new KeyError([...at, 'd'], 'a private key stands among the public ones: remove it, and rotate it')
    const state = jwk[STATE_MEMBER] ?? 'current'
    if (!isKeyState(state))
      throw new KeyError([...at, STATE_MEMBER], 'a key is "next", "current" or "retired"')
    const { kid, x } = checkJwk(jwk, at)
    keys.set(kid, {
      kid,
      state,
      key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }),
    })
  }
  return keys
}

/** Prints a private JWK (RFC 8037 appendix A.1). */
export function printSigningKey({ kid, key }: SigningKey): string {
  const { x, d } = key.export({ format: 'jwk' })
  return `${JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x, d, kid }, null, 2)}\n`
}

/** Reads a private JWK. Throws a KeyError that names the member, never its value. */
export function parseSigningKey(text: string): SigningKey {
  const jwk = parseObject(text)
  const { kid, x } = checkJwk(jwk, [])
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

function isKeyState(value: JsonValue): value is KeyState {
  return value === 'next' || value === 'current' || value === 'retired'
}

function checkJwk(jwk: JsonObject, at: Path): { kid: string; x: string } {
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519')
    throw new KeyError(at, 'only keys of "kty": "OKP", "crv": "Ed25519" sign claims')
  const { x, kid } = jwk
  if (typeof x !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(x))
    throw new KeyError([...at, 'x'], '"x" is no Ed25519 public key')
  if (kid !== undefined && kid !== thumbprint(x)) {
    throw new KeyError([...at, 'kid'], `the key id is not the key's RFC 7638 thumbprint, "${thumbprint(x)}"`)
  }
  return { kid: thumbprint(x), x }
}

function parseObject(text: string): JsonObject {
  const reading = readJson(text)
  if (!reading.ok)
    throw new KeyError(reading.problems[0]?.at ?? [], reading.problems[0]?.message ?? 'no JSON')
  if (!isObject(reading.value)) throw new KeyError([], 'a file of keys holds a JSON object')
  return reading.value
}

/** The `x` of a public key, or of the public half of a private one. */
function publicMember(key: KeyObject): string {
  return key.export({ format: 'jwk' }).x ?? ''
}
