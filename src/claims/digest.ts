import { createHash } from 'node:crypto'
import { canonicalize } from '../json/canonical.ts'
import type { JsonObject } from '../json/value.ts'

/**
 * What the runtime writes into a plugin's configuration on the node (libcni InjectConf; multus for deviceID and
 * pciBusID), so that a digest must not cover it. Nothing can be smuggled in through these keys: an author-set args,
 * runtimeConfig or prevResult is refused, and devices are compared as masters, by their facts.
 */
const RUNTIME_KEYS: ReadonlySet<string> = new Set([
  'name',
  'cniVersion',
  'args',
  'runtimeConfig',
  'prevResult',
  'deviceID',
  'pciBusID',
  'cni.dev/valid-attachments',
  'cni.dev/attachments',
])

/** SHA-256, base64url, of one plugin's configuration in canonical form (RFC 8785) without what the runtime injects. */
export function configurationDigest(body: JsonObject): string {
  const authored = Object.fromEntries(Object.entries(body).filter(([key]) => !RUNTIME_KEYS.has(key)))
  return createHash('sha256').update(canonicalize(authored)).digest('base64url')
}
