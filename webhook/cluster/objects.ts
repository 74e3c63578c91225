import { type ClaimKeys, firstKeyFiles, readKeyFiles } from '../../src/claims/files.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { ApiError, type KindOf, type KubeClient } from '../../src/kube-api/client.ts'
import {
  CONFIG_MAP,
  decode,
  encode,
  KEY_MAP,
  KEY_SECRET,
  NAMESPACE,
  SECRET,
  textsOf,
} from '../../src/kube-api/objects.ts'

const PUBLIC_KEYS = 'keys.json'

/**
 * Reads an object of the webhook's own namespace, or makes it. Several replicas may try at once: one creates it, the
 * others read what that one made.
 */
export async function readOrCreate(
  client: KubeClient,
  kind: KindOf,
  name: string,
  make: () => object,
): Promise<Manifest> {
  const known = await client.read(kind, name, NAMESPACE)
  if (known !== undefined) return known
  try {
    return await client.create({ ...kind, metadata: { name, namespace: NAMESPACE }, ...make() })
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 409)) throw error
    const made = await client.read(kind, name, NAMESPACE)
    if (made === undefined) throw error
    return made
  }
}

/** The keys of the cluster, made at the first start, with the public ones published for the nodes. */
export async function openClusterKeys(client: KubeClient): Promise<ClaimKeys> {
  const secret = await readOrCreate(client, SECRET, KEY_SECRET, () => ({ data: encode(firstKeyFiles()) }))
  const publicKeys = decode(textsOf(secret))[PUBLIC_KEYS] ?? ''
  const map = await readOrCreate(client, CONFIG_MAP, KEY_MAP, () => ({ data: { [PUBLIC_KEYS]: publicKeys } }))
  const data = textsOf(map)
  if (data[PUBLIC_KEYS] !== publicKeys)
    await client.replace({ ...map, data: { ...data, [PUBLIC_KEYS]: publicKeys } })
  return keysOf(textsOf(secret), data)
}

/** The keys in a Secret's data, and the revocations in the ConfigMap's. Throws a KeyError. */
export function keysOf(
  secret: Readonly<Record<string, string>>,
  map: Readonly<Record<string, string>>,
): ClaimKeys {
  const files = decode(secret)
  const revocations = map['revocations.json']
  return readKeyFiles(
    name => (name === 'revocations.json' ? revocations : files[name]),
    `Secret ${NAMESPACE}/${KEY_SECRET}`,
  )
}
