import { KEYS_FILE } from '../claims/file-names.ts'
import {
  type ClaimKeys,
  changedKeyFiles,
  type KeyChange,
  type KeyFileChanges,
  readPublicFiles,
  type VerificationKeys,
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
import { KEY_PLACE, keysOf, NODE_FACTS, publish } from './key-objects.ts'
import { StoreError } from './store.ts'

/** What nodes get. */
export interface PublishedKeys extends VerificationKeys {
  /** What the guard has to know of the cluster's configuration; a directory has none. */
  readonly facts?: string | undefined
}

/** Where keys are kept, and changed. */
export interface KeyStore {
  /** For people: `.socni/keys`, or the Secret. */
  readonly place: string
  /** With the key that signs: in a cluster, for whoever may read the Secret. */
  read(): Promise<ClaimKeys>
  /** What nodes get, without any secret. */
  published(): Promise<PublishedKeys>
  publishNext(): Promise<ClaimKeys>
  rotate(): Promise<ClaimKeys>
  drop(kid: string): Promise<ClaimKeys>
  /** Throws what a change would throw, and writes nothing. */
  check(change: KeyChange, kid?: string): Promise<void>
}

/** The keys of a cluster's webhook; public halves are published to the nodes in the same step. */
export function openClusterKeys(access: ClusterAccess): KeyStore {
  const client = connect(access)
  const compute = async (what: KeyChange, kid: string) => {
    const secret = await readSecret(client)
    const files = decode(textsOf(secret))
    return { secret, files, changed: changedKeyFiles(what, name => files[name], KEY_PLACE, kid) }
  }
  const change = (what: KeyChange, kid = '') =>
    explained(client, async () => {
      const { secret, files, changed } = await compute(what, kid)
      const after = merge(files, changed)
      // Replicas sign with a new key as soon as they see it, so the nodes are told first.
      await publish(client, KEYS_FILE, after[KEYS_FILE] ?? '')
      await client.replace({ ...secret, data: encode(after) })
      return keysOf(after, {})
    })
  return {
    place: KEY_PLACE,
    read: () => explained(client, async () => keysOf(decode(textsOf(await readSecret(client))), {})),
    published: () => explained(client, () => readPublished(client)),
    publishNext: () => change('generate'),
    rotate: () => change('rotate'),
    drop: kid => change('drop', kid),
    check: (what, kid = '') =>
      explained(client, async () => {
        await compute(what, kid)
      }),
  }
}

async function readPublished(client: KubeClient): Promise<PublishedKeys> {
  const map = await client.read(CONFIG_MAP, KEY_MAP, NAMESPACE)
  const place = `ConfigMap ${NAMESPACE}/${KEY_MAP}`
  if (map === undefined)
    throw new StoreError(`${place} is not there: the webhook makes it when it starts (docs/install.md)`)
  const texts = textsOf(map)
  return { ...readPublicFiles(name => texts[name], place), facts: texts[NODE_FACTS] }
}

async function readSecret(client: KubeClient): Promise<Manifest> {
  const secret = await client.read(SECRET, KEY_SECRET, NAMESPACE)
  if (secret === undefined)
    throw new StoreError(`${KEY_PLACE} is not there: the webhook makes it when it starts (docs/install.md)`)
  return secret
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
