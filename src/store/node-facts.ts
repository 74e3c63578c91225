import type { Cluster } from '../config/cluster.ts'
import type { KubeClient } from '../kube-api/client.ts'
import { CONFIG_MAP, KEY_MAP, readOrCreate, textsOf } from '../kube-api/objects.ts'

/** In the ConfigMap for the nodes, beside the public keys. */
export const NODE_FACTS = 'facts.json'

/** What of the configuration the guard has to know, as its guard.json has it: what it reads must be what was claimed. */
export function nodeFacts({
  primaryInterface,
  interfaces,
  allowedCniArgs,
  exemptNamespaces,
}: Cluster): string {
  return `${JSON.stringify({ primaryInterface, interfaces, allowedCniArgs, exemptNamespaces }, null, 2)}\n`
}

/** Tells the nodes. */
export async function publishFacts(client: KubeClient, facts: string): Promise<void> {
  const map = await readOrCreate(client, CONFIG_MAP, KEY_MAP, () => ({ data: { [NODE_FACTS]: facts } }))
  const data = textsOf(map)
  if (data[NODE_FACTS] !== facts) await client.replace({ ...map, data: { ...data, [NODE_FACTS]: facts } })
}
