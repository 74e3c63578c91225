import type { KubeClient } from '../../src/kube-api/client.ts'
import { NODE_FACTS, publish } from '../../src/store/key-objects.ts'
import { nodeFacts } from '../../src/store/node-facts.ts'
import type { Journal } from './reflector.ts'
import type { ClusterStore } from './store.ts'

/** Publishes what the guards have to know of the configuration, where they were told something else. */
export async function tellNodes(
  client: KubeClient,
  store: Pick<ClusterStore, 'inventory' | 'published'>,
  log: Journal,
): Promise<void> {
  const facts = nodeFacts(store.inventory.cluster)
  if (store.published()[NODE_FACTS] === facts) return
  await publish(client, NODE_FACTS, facts)
  log.info({ facts }, 'the nodes are told what the configuration says')
}
