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
  const tagging = tagsInPod(attachment?.facts?.uplinks ?? [])
  const segments = tagging.flatMap(({ master, vlans }): Segment[] =>
    [...openMasters(master.name ?? CLUSTER_INTERFACE, interfaces)].map(name => ({
      master: name,
      vlans: subtractVlans(vlans, NATIVE),
    })),
  )
  const unknown = tagging
    .map(({ master }) => master.name ?? CLUSTER_INTERFACE)
    .filter(name => name !== CLUSTER_INTERFACE && !interfaces.has(name))
  return { segments, unknown }
}

/** The host interfaces that see the tags of an interface of the pod, also through others of the pod (macvlan, bond). */
function openMasters(
  name: string,
  interfaces: PodInterfaces,
  passed: Set<string> = new Set(),
): ReadonlySet<string> {
  const masters = new Set<string>()
  if (passed.has(name)) return masters
  passed.add(name)
  for (const { reach, facts } of interfaces.get(name) ?? []) {
    for (const { master, vlans } of reach)
      if (containsVlans(vlans, NATIVE) || countVlans(vlans) > 1) masters.add(master)
    for (const { master, vlans } of facts?.uplinks ?? []) {
      if (!master.inContainer || master.name === undefined || !containsVlans(vlans, NATIVE)) continue
      for (const below of openMasters(master.name, interfaces, passed)) masters.add(below)
    }
  }
  return masters
}
