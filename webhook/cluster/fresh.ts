import type { AdmissionRequest } from '../../src/kube/admission.ts'
import { NETWORKS_ANNOTATION } from '../../src/kube/annotations.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { readSelections } from '../../src/kube/selections.ts'
import { findPodTemplate } from '../../src/kube/workloads.ts'
import type { KubeClient } from '../../src/kube-api/client.ts'
import { KINDS } from '../../src/kube-api/kinds.ts'
import type { Inventory } from '../../src/policy/inventory.ts'
import { putManifest } from '../../src/policy/load.ts'
import type { Decide } from '../../src/review/context.ts'
import type { Assignments } from './assign.ts'
import type { Journal } from './reflector.ts'

/** No pod has more networks that a rule would let through; further ones are left to the mirror. */
const MAX_LOOKUPS = 16

/**
 * Asks the API server itself for what the mirror may not have yet: the pod that is being bound, and the networks and
 * labels that a pod was created right behind. What cannot be read stays unknown, and the rules refuse it.
 */
export function withFreshObjects(
  decide: Decide,
  client: KubeClient,
  inventory: Inventory,
  assignments: Assignments,
  log: Journal,
): Decide {
  const look = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      log.warn({ err: error }, 'the API server cannot be asked; what is known of it counts')
    }
  }
  return async (request, phase) => {
    if (request.subResource === 'binding' || request.kind.kind === 'Binding') {
      const { namespace = '', name = request.object?.metadata.name ?? '' } = request
      await look(async () => {
        const pod = await client.read(KINDS.pod, name, namespace)
        if (pod !== undefined) inventory.putPod(pod)
      })
      try {
        return await decide(request, phase)
      } finally {
        inventory.removePod(namespace, name)
      }
    }
    await look(() => findUnknown(request, client, inventory))
    if (phase === 'validate') await look(() => assignments.look(request))
    return decide(request, phase)
  }
}

async function findUnknown(
  request: AdmissionRequest,
  client: KubeClient,
  inventory: Inventory,
): Promise<void> {
  const namespace = request.namespace ?? ''
  const annotation = request.object && networksOf(request.object)
  if (typeof annotation !== 'string' || namespace === '') return
  const { selections } = readSelections(annotation, namespace)
  const unknown = selections
    .filter(({ namespace: other, name }) => inventory.attachment(other, name) === undefined)
    .slice(0, MAX_LOOKUPS)
  const [home, ...networks] = await Promise.all([
    inventory.tenantOf(namespace) === undefined ? client.read(KINDS.namespace, namespace) : undefined,
    ...unknown.map(({ namespace: other, name }) => client.read(KINDS.network, name, other)),
  ])
  if (home !== undefined) putManifest(inventory, home)
  for (const network of networks) {
    // The watch may have been faster, and know more by now.
    const { namespace: other = '', name = '' } = network?.metadata ?? {}
    if (network !== undefined && inventory.attachment(other, name) === undefined)
      putManifest(inventory, network)
  }
}

function networksOf(object: Manifest): string | undefined {
  return findPodTemplate(object)?.metadata.annotations?.[NETWORKS_ANNOTATION]
}
