import {
  type ClaimKeys,
  type KeyFileChanges,
  nextKeyFiles,
  readKeyFiles,
  rotatedKeyFiles,
} from '../claims/files.ts'
import type { Manifest } from '../kube/manifest.ts'
import { ApiError, type ClusterAccess, type KubeClient } from '../kube-api/client.ts'
import {
  CONFIG_MAP,
  decode,
  encode,
  KEY_MAP,
  KEY_SECRET,
  NAMESPACE,
  SECRET,
  textsOf,
} from '../kube-api/objects.ts'
import { connect } from './cluster.ts'
import { StoreError } from './store.ts'

/** Where keys are kept, and changed. */
export interface KeyStore {
  /** For people: `.socni/keys`, or the Secret. */
  readonly place: string
  read(): Promise<ClaimKeys>
  publishNext(): Promise<ClaimKeys>
  rotate(): Promise<ClaimKeys>
}

const PLACE = `Secret ${NAMESPACE}/${KEY_SECRET}`
const PUBLIC_KEYS = 'keys.json'

/** The keys of a cluster's webhook; public halves are published to the nodes in the same step. */
export function openClusterKeys(access: ClusterAccess): KeyStore {
  const client = connect(access)
  const change = (compute: typeof nextKeyFiles) =>
    explained(client, async () => {
      const secret = await readSecret(client)
      const files = decode(textsOf(secret))
      const changed = compute(name => files[name], PLACE)
      const after = merge(files, changed)
      // Replicas sign with a new key as soon as they see it, so the nodes are told first.
      await publish(client, after[PUBLIC_KEYS] ?? '')
      await client.replace({ ...secret, data: encode(after) })
      return readKeyFiles(name => after[name], PLACE)
    })
  return {
    place: PLACE,
    read: () =>
      explained(client, async () => {
        const files = decode(textsOf(await readSecret(client)))
        return readKeyFiles(name => files[name], PLACE)
      }),
    publishNext: () => change(nextKeyFiles),
    rotate: () => change(rotatedKeyFiles),
  }
}

async function readSecret(client: KubeClient): Promise<Manifest> {
  const secret = await client.read(SECRET, KEY_SECRET, NAMESPACE)
  if (secret === undefined)
    throw new StoreError(`${PLACE} is not there: the webhook makes it when it starts (docs/install.md)`)
  return secret
}

async function publish(client: KubeClient, keys: string): Promise<void> {
  const map = await client.read(CONFIG_MAP, KEY_MAP, NAMESPACE)
  const data = { ...textsOf(map), [PUBLIC_KEYS]: keys }
  const metadata = map?.metadata ?? { name: KEY_MAP, namespace: NAMESPACE }
  await (map === undefined
    ? client.create({ ...CONFIG_MAP, metadata, data })
    : client.replace({ ...map, data }))
}

function merge(files: Readonly<Record<string, string>>, changed: KeyFileChanges): Record<string, string> {
  const merged = Object.entries({ ...files, ...changed })
  return Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== undefined))
}

async function explained<T>(client: KubeClient, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof ApiError ? new StoreError(`${client.server}: ${error.message}`) : error
  }
}
