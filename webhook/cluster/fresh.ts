import { isBinding } from '../../src/kube/admission.ts'
import type { KubeClient } from '../../src/kube-api/client.ts'
import { KINDS } from '../../src/kube-api/kinds.ts'
import type { Inventory } from '../../src/policy/inventory.ts'
import type { Decide } from '../../src/review/context.ts'
import type { Assignments } from './assign.ts'
import { type CatchUp, tryToAsk } from './catch-up.ts'
import type { Journal } from './reflector.ts'

/**
 * Asks the API server itself for what no mirror has: the pod that is being bound, with its networks as they are now, and
 * whether who asks may assign a Tenant. What cannot be read stays unknown, and the rules refuse it.
 */
export function withFreshObjects(
  decide: Decide,
  client: KubeClient,
  inventory: Inventory,
  catchUp: CatchUp,
  assignments: Assignments,
  log: Journal,
): Decide {
  return async (request, phase) => {
    if (isBinding(request)) {
      const { namespace = '', name = request.object?.metadata.name ?? '' } = request
      await tryToAsk(log, async () => {
        const pod = await client.read(KINDS.pod, name, namespace)
        if (pod === undefined) return
        inventory.putPod(pod)
        if (phase === 'mutate') await catchUp.networksOf(pod)
      })
      try {
        return await decide(request, phase)
      } finally {
        inventory.removePod(namespace, name)
      }
    }
    if (phase === 'validate') await tryToAsk(log, () => assignments.look(request))
    return decide(request, phase)
  }
}
