import { RUNTIME_KEYS } from '../cni/spec.ts'
import { canonicalize } from '../json/canonical.ts'
import type { JsonObject } from '../json/value.ts'

/** SHA-256 of a text, base64url. The guard has one of its own: Node's module would cost it a millisecond to load. */
export type Sha256 = (text: string) => string

/** The hash of one plugin's configuration in canonical form (RFC 8785) without what the runtime injects. */
export function configurationDigest(body: JsonObject, sha256: Sha256): string {
  const authored = Object.fromEntries(Object.entries(body).filter(([key]) => !RUNTIME_KEYS.has(key)))
  return sha256(canonicalize(authored))
}
