import type { Facts } from '../cni/facts/facts.ts'
import type { Selection } from '../kube/selections.ts'
import { containsVlans, countVlans, NATIVE, subtractVlans } from '../net/vlan-set.ts'
import type { Inventory } from './inventory.ts'
import { type Segment, tagsInPod } from './reach.ts'
import type { Attachment, Through } from './subjects.ts'

/** Flannel's interface: what is tagged there stays in the cluster's own network. */
const CLUSTER_INTERFACE = 'eth0'

/** The networks of a pod that are there, by the interface that each is on. */
export type PodInterfaces = ReadonlyMap<string, readonly Attachment[]>

export function podInterfaces(selections: readonly Selection[], inventory: Inventory): PodInterfaces {
  const attachmentOf = ({ namespace, name }: Selection) => inventory.attachment(namespace, name) ?? []
  const byInterface = Map.groupBy(selections, selection => selection.interface)
  return new Map([...byInterface].map(([name, on]) => [name, on.flatMap(attachmentOf)]))
}

/**
 * What a network reaches by tagging frames on an interface of the pod that another network made. Where that is untagged on
 * the host, or a trunk, a tag is the host's VLAN; inside of one VLAN it belongs to whoever holds that one.
 */
export function throughPod(attachment: Attachment | undefined, interfaces: PodInterfaces): Through {
  const tagging = tagsInPod(attachment?.facts?.uplinks ?? []).map(({ master, vlans }) => ({
    vlans: subtractVlans(vlans, NATIVE),
    carriers: [...carriersOf(master.name ?? CLUSTER_INTERFACE, interfaces)],
  }))
  const segments = tagging.flatMap(({ vlans, carriers }): Segment[] => {
    const masters = new Set(carriers.flatMap(name => openMasters(interfaces.get(name) ?? [])))
    return [...masters].map(master => ({ master, vlans }))
  })
  const unknown = tagging
    .flatMap(({ carriers }) => carriers)
    .filter(name => name !== CLUSTER_INTERFACE && !isReadable(interfaces.get(name)))
  return { segments, unknown: [...new Set(unknown)] }
}

/** An interface of the pod, and those others of the pod that its frames leave through with their tags (macvlan, bond). */
function carriersOf(
  name: string,
  interfaces: PodInterfaces,
  passed: Set<string> = new Set(),
): ReadonlySet<string> {
  if (passed.has(name)) return passed
  passed.add(name)
  const uplinks = (interfaces.get(name) ?? []).flatMap(({ facts }) => facts?.uplinks ?? [])
  for (const { master, vlans } of uplinks) {
    if (master.inContainer && master.name !== undefined && containsVlans(vlans, NATIVE))
      carriersOf(master.name, interfaces, passed)
  }
  return passed
}

/** The host interfaces that see the tags of frames from these networks. */
function openMasters(on: readonly Attachment[]): string[] {
  return on
    .flatMap(({ reach }) => reach)
    .filter(({ vlans }) => containsVlans(vlans, NATIVE) || countVlans(vlans) > 1)
    .map(({ master }) => master)
}

/**
 * Whether a network is there, and what makes its interfaces can be read: not where nodes have the configuration (nodeNetworks), or
 * the type is only vouched for. What comes behind it in a list works on the interface that is there.
 */
function isReadable(on: readonly Attachment[] | undefined): boolean {
  return (
    on?.every(({ network, facts }) => network !== undefined && facts !== undefined && areMade(facts)) ?? false
  )
}

function areMade({ types }: Facts): boolean {
  const [maker] = types.filter(({ role }) => role === 'plugin')
  return maker?.known === true && types.every(({ role, known }) => role !== 'delegate' || known)
}
