import { KEYS_FILE } from '../../src/claims/file-names.ts'
import { type ClaimKeys, firstKeyFiles } from '../../src/claims/files.ts'
import type { KubeClient } from '../../src/kube-api/client.ts'
import {
  CONFIG_MAP,
  CONFIGURATION_MAP,
  decode,
  encode,
  KEY_SECRET,
  NAMESPACE,
  readOrCreate,
  SECRET,
  textsOf,
} from '../../src/kube-api/objects.ts'
import { keysOf, NODE_FACTS, publish } from '../../src/store/key-objects.ts'
import { nodeFacts } from '../../src/store/node-facts.ts'
import { parseConfiguration } from './cluster-configuration.ts'

/**
 * The keys of the cluster, made at the first start, with the public ones published for the nodes. The facts come along:
 * the guards' pods wait for this ConfigMap, and see what is written to it later when the kubelet looks at them again, after a minute or more.
 */
export async function ensureKeys(client: KubeClient): Promise<ClaimKeys> {
  const secret = await readOrCreate(client, SECRET, KEY_SECRET, () => ({ data: encode(firstKeyFiles()) }))
  const files = decode(textsOf(secret))
  return keysOf(files, await publish(client, KEYS_FILE, files[KEYS_FILE] ?? '', () => firstFacts(client)))
}

/** None where the configuration is missing or wrong, which the store says when it follows it. */
async function firstFacts(client: KubeClient): Promise<Readonly<Record<string, string>>> {
  const map = await client.read(CONFIG_MAP, CONFIGURATION_MAP.name, NAMESPACE)
  try {
    return { [NODE_FACTS]: nodeFacts(parseConfiguration(textsOf(map))) }
  } catch {
    return {}
  }
}
