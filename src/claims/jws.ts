import { readJson } from '../json/reader.ts'
import { isObject, type JsonObject, type JsonValue } from '../json/value.ts'

/**
 * Compact JWS (RFC 7515 section 7.1) with EdDSA over Ed25519 (RFC 8037 section 3.1), and nothing else. Only its form: the
 * guard does the cryptography otherwise than the webhook (signature.ts).
 */

/** A claim has about one KiB; an annotation could hold 256 KiB. */
const MAX_LENGTH = 16 * 1024

/** The `typ` keeps a token that this key signed for another purpose from being taken for a claim (RFC 8725 3.11). */
const TYPE = 'socni-claim+jwt'

export type JwsFailure = 'form' | 'algorithm' | 'key' | 'signature'

export type JwsVerification =
  | { readonly ok: true; readonly payload: JsonValue }
  | { readonly ok: false; readonly failed: JwsFailure; readonly message: string }

/** A JWS that is well-formed, of a key that we know: what is left is whether the signature holds. */
export interface SealedJws<Key> {
  readonly ok: true
  readonly key: Key
  /** What was signed (RFC 7515 section 5.2 step 8). */
  readonly input: Buffer
  readonly signature: Buffer
  readonly payload: Buffer
}

/** Prints the part of a JWS that is signed. */
export function signingInput(payload: object, kid: string): string {
  return `${encode({ alg: 'EdDSA', kid, typ: TYPE })}.${encode(payload)}`
}

/** Checks form, header and key, in this order. */
export function openJws<Key>(
  jws: string,
  keys: ReadonlyMap<string, Key>,
): SealedJws<Key> | (JwsVerification & { ok: false }) {
  if (jws.length > MAX_LENGTH) return fail('form', `it is longer than ${MAX_LENGTH} characters`)
  const [header = '', payload = '', signature = '', ...rest] = jws.split('.')
  const parts = [header, payload, signature].map(decode)
  const [headerBytes, payloadBytes, signatureBytes] = parts
  if (rest.length > 0 || !headerBytes || !payloadBytes || !signatureBytes) {
    return fail('form', 'it is not three parts of base64url with dots between them')
  }
  const members = parse(headerBytes)
  if (!isObject(members)) return fail('form', 'its header is no JSON object')
  const wrong = checkHeader(members)
  if (wrong !== undefined) return fail('algorithm', wrong)
  const key = typeof members.kid === 'string' ? keys.get(members.kid) : undefined
  if (key === undefined) {
    return fail(
      'key',
      `the key "${String(members.kid).slice(0, 64)}" that signed it is none of ours, or was dropped`,
    )
  }
  return {
    ok: true,
    key,
    input: Buffer.from(`${header}.${payload}`),
    signature: signatureBytes,
    payload: payloadBytes,
  }
}

/** The payload, which is read only when the signature holds. */
export function unsealPayload(payload: Buffer, holds: boolean): JwsVerification {
  if (!holds) return fail('signature', 'its signature does not fit')
  const value = parse(payload)
  return value === undefined ? fail('form', 'its payload is no JSON') : { ok: true, payload: value }
}

/** Header and payload as they are written, whoever signed them: for people who look at one, never for a decision. */
export function readUnverified(jws: string): { header: JsonValue; payload: JsonValue } | undefined {
  const [header, payload] = jws
    .split('.')
    .slice(0, 2)
    .map(part => parse(Buffer.from(part, 'base64url')))
  return jws.length > MAX_LENGTH || header === undefined || payload === undefined
    ? undefined
    : { header, payload }
}

function fail(failed: JwsFailure, message: string): JwsVerification & { ok: false } {
  return { ok: false, failed, message }
}

/** Exactly the members that we write: no `crit`, no embedded key, no key address. */
function checkHeader(header: JsonObject): string | undefined {
  if (header.alg !== 'EdDSA') return `its algorithm is ${JSON.stringify(header.alg)}, and only "EdDSA" counts`
  if (header.typ !== TYPE) return `its type is ${JSON.stringify(header.typ)}, not "${TYPE}"`
  const extra = Object.keys(header).find(member => !['alg', 'kid', 'typ'].includes(member))
  return extra === undefined ? undefined : `its header holds "${extra.slice(0, 40)}", which no claim has`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** Strict base64url (RFC 4648 section 5 without padding): each byte string has exactly one spelling. */
function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return text !== '' && bytes.toString('base64url') === text ? bytes : undefined
}

function parse(bytes: Buffer): JsonValue | undefined {
  const text = bytes.toString()
  const reading = Buffer.from(text).equals(bytes) ? readJson(text) : undefined
  return reading?.ok ? reading.value : undefined
}
