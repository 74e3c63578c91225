import { REVOCATIONS_FILE } from '../claims/file-names.ts'
import { type ClaimKeys, readKeyFiles } from '../claims/files.ts'
import {
  mergeRevocation,
  parseRevocations,
  printRevocations,
  type Revocation,
} from '../claims/revocations.ts'
import type { KubeClient } from '../kube-api/client.ts'
import { CONFIG_MAP, KEY_MAP, KEY_SECRET, NAMESPACE, readOrCreate, textsOf } from '../kube-api/objects.ts'

/** For people: where a cluster's signing key is. */
export const KEY_PLACE = `Secret ${NAMESPACE}/${KEY_SECRET}`
/** What the guard has to know of the configuration. */
export const NODE_FACTS = 'facts.json'

/** The keys in the Secret's files, and the revocations in the ConfigMap's. Throws a KeyError. */
export function keysOf(
  files: Readonly<Record<string, string>>,
  map: Readonly<Record<string, string>>,
): ClaimKeys {
  return readKeyFiles(name => (name === REVOCATIONS_FILE ? map[REVOCATIONS_FILE] : files[name]), KEY_PLACE)
}

/**
 * Publishes the public keys, or another text, to the nodes; returns what the ConfigMap holds then. Where there was none it
 * begins with what `first` says besides.
 */
export async function publish(
  client: KubeClient,
  key: string,
  text: string,
  first: () => Promise<Readonly<Record<string, string>>> = async () => ({}),
): Promise<Readonly<Record<string, string>>> {
  const make = async (): Promise<object> => ({ data: { ...(await first()), [key]: text } })
  const map = await readOrCreate(client, CONFIG_MAP, KEY_MAP, make)
  const data = { ...textsOf(map), [key]: text }
  if (textsOf(map)[key] !== text) await client.replace({ ...map, data })
  return data
}

/** Adds revocations to those that the nodes get. Whoever wrote in between is noticed (409), so that none is lost. */
export async function publishRevocations(client: KubeClient, added: readonly Revocation[]): Promise<void> {
  const map = await readOrCreate(client, CONFIG_MAP, KEY_MAP, () => ({ data: {} }))
  const known = textsOf(map)[REVOCATIONS_FILE]
  const revocations = added.reduce(mergeRevocation, known === undefined ? [] : parseRevocations(known))
  await client.replace({
    ...map,
    data: { ...textsOf(map), [REVOCATIONS_FILE]: printRevocations(revocations) },
  })
}
