import { sign as signBytes, verify as verifyBytes } from 'node:crypto'
import type { Claim } from './claim.ts'
import { type JwsVerification, openJws, signingInput, unsealPayload } from './jws.ts'
import type { KeySet, SigningKey } from './keys.ts'

/** Signs a claim. The caller has judged what it states. */
export function signClaim(payload: Claim, { kid, key }: SigningKey): string {
  const input = signingInput(payload, kid)
  return `${input}.${signBytes(null, Buffer.from(input), key).toString('base64url')}`
}

/** Checks form, header, key and signature, in this order. */
export function verifyJws(jws: string, keys: KeySet): JwsVerification {
  const sealed = openJws(jws, keys)
  if (!sealed.ok) return sealed
  return unsealPayload(sealed.payload, verifyBytes(null, sealed.input, sealed.key.key, sealed.signature))
}
