import { isRecord, type Manifest } from '../kube/manifest.ts'
import { NAMESPACE } from '../kube/own-objects.ts'
import { ApiError, type KindOf, type KubeClient } from './client.ts'

/** The objects in which SOCNI keeps what is no resource of its own: the webhook makes them, socni-ctl changes them. */
export { CONFIGURATION_MAP, NAMESPACE } from '../kube/own-objects.ts'

/** Public keys and revocations, for the nodes. */
export const KEY_MAP = 'socni-keys'
/** The signing key and the key set. */
export const KEY_SECRET = 'socni-signing-key'
/** What each Tenant had when it was last looked at. */
export const HELD_MAP = 'socni-held'
/** The serving certificate and its authority. */
export const TLS_SECRET = 'socni-webhook-tls'

export const SECRET = { apiVersion: 'v1', kind: 'Secret' }
export const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' }

/**
 * Reads an object of SOCNI's own namespace, or makes it. Several replicas may try at once: one creates it, the
 * others read what that one made.
 */
export async function readOrCreate(
  client: KubeClient,
  kind: KindOf,
  name: string,
  make: () => object | Promise<object>,
): Promise<Manifest> {
  const known = await client.read(kind, name, NAMESPACE)
  if (known !== undefined) return known
  try {
    return await client.create({ ...kind, metadata: { name, namespace: NAMESPACE }, ...(await make()) })
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error
    const made = await client.read(kind, name, NAMESPACE)
    if (made === undefined) throw error
    return made
  }
}

/** The texts of a Secret or ConfigMap, as they are written; none where there is no such object. */
export function textsOf(object: Manifest | undefined): Readonly<Record<string, string>> {
  return isRecord(object?.data) ? (object.data as Record<string, string>) : {}
}

/** Secrets hold base64. */
export function encode(texts: Readonly<Record<string, string>>): Record<string, string> {
  return mapValues(texts, text => Buffer.from(text).toString('base64'))
}

export function decode(texts: Readonly<Record<string, string>>): Record<string, string> {
  return mapValues(texts, text => Buffer.from(text, 'base64').toString())
}

function mapValues(
  texts: Readonly<Record<string, string>>,
  change: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, change(text)]))
}
