import { canonicalize } from '../json/canonical.ts'
import { readJson } from '../json/reader.ts'
import { isObject, type JsonObject, type JsonValue, type Path } from '../json/value.ts'
import type { Sha256 } from './digest.ts'

/**
 * A key is published as `next`, signs as `current` once every node has it, and still verifies as `retired` until it is
 * dropped: claims of running pods outlive it otherwise.
 */
export type KeyState = 'next' | 'current' | 'retired'

/** An Ed25519 public key as a JWK Set states it (RFC 8037 section 2). */
export interface PublicJwk {
  /** RFC 7638 thumbprint. */
  readonly kid: string
  readonly state: KeyState
  /** The 32 bytes of the key, base64url. */
  readonly x: string
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
export const STATE_MEMBER = 'socni.dev/state'

/** RFC 7638 section 3: SHA-256 over the required members in lexicographic order; for OKP those of RFC 8037 section 2. */
export function thumbprint(x: string, sha256: Sha256): string {
  return sha256(canonicalize({ crv: 'Ed25519', kty: 'OKP', x }))
}

/** Reads a JWK Set of Ed25519 public keys (RFC 7517 section 5). Throws a KeyError that names the member. */
export function parseJwkSet(text: string, sha256: Sha256): PublicJwk[] {
  const set = parseKeyFile(text)
  if (!Array.isArray(set.keys)) throw new KeyError(['keys'], '"keys" is not a list of JSON Web Keys')
  return set.keys.map((jwk, index) => {
    const at = ['keys', index]
    if (!isObject(jwk)) throw new KeyError(at, 'a key must be an object')
    if (jwk.d !== undefined)
      throw new KeyError([...at, 'd'], 'a private key stands among the public ones: remove it, and rotate it')
    const state = jwk[STATE_MEMBER] ?? 'current'
    if (!isKeyState(state))
      throw new KeyError([...at, STATE_MEMBER], 'a key is "next", "current" or "retired"')
    return { ...checkJwk(jwk, at, sha256), state }
  })
}

/** The public members of a JWK, and that its key id is its thumbprint. */
export function checkJwk(jwk: JsonObject, at: Path, sha256: Sha256): { kid: string; x: string } {
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519')
    throw new KeyError(at, 'only keys of "kty": "OKP", "crv": "Ed25519" sign claims')
  const { x, kid } = jwk
  if (typeof x !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(x))
    throw new KeyError([...at, 'x'], '"x" is no Ed25519 public key')
  const print = thumbprint(x, sha256)
  if (kid !== undefined && kid !== print)
    throw new KeyError([...at, 'kid'], `the key id is not the key's RFC 7638 thumbprint, "${print}"`)
  return { kid: print, x }
}

/** The object in a file of keys. */
export function parseKeyFile(text: string): JsonObject {
  const reading = readJson(text)
  if (!reading.ok)
    throw new KeyError(reading.problems[0]?.at ?? [], reading.problems[0]?.message ?? 'no JSON')
  if (!isObject(reading.value)) throw new KeyError([], 'a file of keys holds a JSON object')
  return reading.value
}

function isKeyState(value: JsonValue): value is KeyState {
  return value === 'next' || value === 'current' || value === 'retired'
}
