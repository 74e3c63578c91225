import { KEYS_FILE } from '../../src/claims/file-names.ts'
import { type ClaimKeys, firstKeyFiles } from '../../src/claims/files.ts'
import type { KubeClient } from '../../src/kube-api/client.ts'
import { decode, encode, KEY_SECRET, readOrCreate, SECRET, textsOf } from '../../src/kube-api/objects.ts'
import { keysOf, publish } from '../../src/store/key-objects.ts'

/** The keys of the cluster, made at the first start, with the public ones published for the nodes. */
export async function ensureKeys(client: KubeClient): Promise<ClaimKeys> {
  const secret = await readOrCreate(client, SECRET, KEY_SECRET, () => ({ data: encode(firstKeyFiles()) }))
  const files = decode(textsOf(secret))
  return keysOf(files, await publish(client, KEYS_FILE, files[KEYS_FILE] ?? ''))
}
