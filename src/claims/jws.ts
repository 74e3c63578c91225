import { sign as signBytes, verify as verifyBytes } from 'node:crypto'
import { readJson } from '../json/reader.ts'
import { isObject, type JsonObject, type JsonValue } from '../json/value.ts'
import type { Claim } from './claim.ts'
import type { KeySet, SigningKey } from './keys.ts'

/** Compact JWS (RFC 7515 section 7.1) with EdDSA over Ed25519 (RFC 8037 section 3.1), and nothing else. */

/** A claim has about one KiB; an annotation could hold 256 KiB. */
const MAX_LENGTH = 16 * 1024

/** The `typ` keeps a token that this key signed for another purpose from being taken for a claim (RFC 8725 3.11). */
const TYPE = 'socni-claim+jwt'

export type JwsFailure = 'form' | 'algorithm' | 'key' | 'signature'

export type JwsVerification =
  | { readonly ok: true; readonly payload: JsonValue }
  | { readonly ok: false; readonly failed: JwsFailure; readonly message: string }

/** Signs a claim. The caller has judged what it states. */
export function signClaim(payload: Claim, { kid, key }: SigningKey): string {
  const header = encode({ alg: 'EdDSA', kid, typ: TYPE })
  const input = `${header}.${encode(payload)}`
  return `${input}.${signBytes(null, Buffer.from(input), key).toString('base64url')}`
}

/** Checks form, header, key and signature, in this order. The payload is read only after its signature holds. */
export function verifyJws(jws: string, keys: KeySet): JwsVerification {
  if (jws.length > MAX_LENGTH) return fail('form', `it is longer than ${MAX_LENGTH} characters`)
  const [header = '', payload = '', signature = '', ...rest] = jws.split('.')
  const parts = [header, payload, signature].map(decode)
  if (rest.length > 0 || parts.some(part => part === undefined)) {
    return fail('form', 'it is not three parts of base64url with dots between them')
  }
  const [headerBytes, payloadBytes, signatureBytes] = parts
  const members = headerBytes && parse(headerBytes)
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
  const input = Buffer.from(`${header}.${payload}`)
  if (!signatureBytes || !payloadBytes || !verifyBytes(null, input, key.key, signatureBytes)) {
    return fail('signature', 'its signature does not fit')
  }
  const value = parse(payloadBytes)
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

function fail(failed: JwsFailure, message: string): JwsVerification {
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
