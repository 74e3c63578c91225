import type { Facts } from '../cni/facts/facts.ts'
import { NETWORK_STATUS_ANNOTATIONS, NETWORKS_ANNOTATION } from '../kube/annotations.ts'
import { isRecord, type ObjectMeta } from '../kube/manifest.ts'
import type { Selection } from '../kube/selection.ts'
import { readSelections } from '../kube/selections.ts'
import { containsVlans, hasTags, NATIVE, printVlans } from '../net/vlan-set.ts'
import type { Inventory } from './inventory.ts'
import { passThrough, type Segment, uplinksInPod } from './reach.ts'
import type { Attachment, Through } from './subjects.ts'

/** Flannel's interface: what is tagged there stays in the cluster's own network. */
const CLUSTER_INTERFACE = 'eth0'

/** The networks of a pod, by the interface that each is on; undefined stands for one that is not there. */
type Networks = ReadonlyMap<string, readonly (Attachment | undefined)[]>

/**
 * The interfaces of a pod: the networks that are on each, and what each is on in the end; undefined where that are more ways
 * than are followed.
 */
export interface PodInterfaces {
  readonly networks: Networks
  readonly segments: ReadonlyMap<string, readonly Segment[]> | undefined
}

/** Ways of a network through an interface of the pod: many times what anyone needs, and each is looked at in all grants. */
export const MAX_PASSAGES = 1000

/** Which network is on which interface. */
type Placed = Pick<Selection, 'namespace' | 'name' | 'interface'>

export function podInterfaces(selections: readonly Placed[], inventory: Inventory): PodInterfaces {
  const byInterface = Map.groupBy(selections, selection => selection.interface)
  const networks = new Map(
    [...byInterface].map(([name, on]) => [
      name,
      on.map(({ namespace, name }) => inventory.attachment(namespace, name)),
    ]),
  )
  return { networks, segments: segmentsOf(networks) }
}

/**
 * The same with what was there before an UPDATE, by the annotation and by Multus's word: the interface that a network rides
 * on may be the old one still when this network is attached, and stays so where the new one cannot be.
 */
export function podInterfacesBefore(
  selections: readonly Placed[],
  before: ObjectMeta,
  namespace: string,
  inventory: Inventory,
): PodInterfaces {
  const { annotations = {} } = before
  const chosen = readSelections(annotations[NETWORKS_ANNOTATION], namespace).selections
  const attached = NETWORK_STATUS_ANNOTATIONS.flatMap(key => readStatus(annotations[key]))
  return podInterfaces([...selections, ...chosen, ...attached], inventory)
}

/** The networks that Multus says are attached; the cluster's own is none of them. What cannot be read says nothing. */
function readStatus(text: string | undefined): Placed[] {
  const entries = text === undefined ? [] : parse(text)
  return entries.filter(isRecord).flatMap(entry => {
    const [namespace, name, ...others] = String(entry.name).split('/')
    if (namespace === undefined || name === undefined || others.length > 0) return []
    if (typeof entry.interface !== 'string' || entry.interface === CLUSTER_INTERFACE) return []
    return [{ namespace, name, interface: entry.interface }]
  })
}

function parse(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

/** What each interface is on: what its networks reach on the host, and what they reach through other interfaces. */
function segmentsOf(networks: Networks): Map<string, Segment[]> | undefined {
  const riders = Map.groupBy(
    [...networks].flatMap(([rider, on]) =>
      on.flatMap(network =>
        uplinksInPod(network?.facts?.uplinks ?? []).map(({ master, vlans }) => ({ rider, master, vlans })),
      ),
    ),
    ({ master }) => master.name ?? CLUSTER_INTERFACE,
  )
  const found = new Map<string, Segment[]>()
  const seen = new Set<string>()
  const queue: [name: string, segment: Segment][] = []
  const add = (name: string, { master, vlans }: Segment): void => {
    const key = JSON.stringify([name, master, printVlans(vlans)])
    if (seen.has(key)) return
    seen.add(key)
    const segments = found.get(name) ?? []
    segments.push({ master, vlans })
    found.set(name, segments)
    queue.push([name, { master, vlans }])
  }
  for (const [name, on] of networks)
    for (const segment of on.flatMap(network => network?.reach ?? [])) add(name, segment)
  // It grows while it is worked off: each segment goes once through each network that rides on its interface.
  let passed = 0
  for (const [name, segment] of queue) {
    const above = riders.get(name) ?? []
    passed += above.length
    if (passed > MAX_PASSAGES) return undefined
    for (const { rider, vlans } of above)
      for (const passage of passThrough(segment, vlans)) add(rider, passage)
  }
  return found
}

/** What a network reaches through interfaces of the pod that other networks made, or had made before an UPDATE. */
export function throughPod(
  attachment: Attachment | undefined,
  interfaces: PodInterfaces,
  before: PodInterfaces,
): Through {
  const riding = uplinksInPod(attachment?.facts?.uplinks ?? [])
  const [now, then] = [interfaces.segments, before.segments]
  if (riding.length > 0 && (now === undefined || then === undefined))
    return { segments: [], before: [], unknown: [], isBeyondCount: true }
  const passages = (segments: PodInterfaces['segments']) =>
    riding.flatMap(({ master, vlans }) =>
      (segments?.get(master.name ?? CLUSTER_INTERFACE) ?? []).flatMap(segment => passThrough(segment, vlans)),
    )
  const carriers = riding
    .filter(({ vlans }) => hasTags(vlans))
    .flatMap(({ master }) => [...carriersOf(master.name ?? CLUSTER_INTERFACE, before.networks)])
  const unknown = carriers.filter(
    name => name !== CLUSTER_INTERFACE && !areReadable(before.networks.get(name)),
  )
  return { segments: passages(now), before: passages(then), unknown: [...new Set(unknown)] }
}

/** An interface of the pod, and those others of the pod that its frames leave through with their tags (macvlan, bond). */
function carriersOf(name: string, networks: Networks, passed: Set<string> = new Set()): ReadonlySet<string> {
  if (passed.has(name)) return passed
  passed.add(name)
  const uplinks = (networks.get(name) ?? []).flatMap(network => network?.facts?.uplinks ?? [])
  for (const { master, vlans } of uplinksInPod(uplinks)) {
    if (master.name !== undefined && containsVlans(vlans, NATIVE)) carriersOf(master.name, networks, passed)
  }
  return passed
}

/**
 * Whether a network is there, and what makes its interfaces can be read: not where nodes have the configuration (nodeNetworks), or
 * the type is only vouched for. What comes behind it in a list works on the interface that is there.
 */
function areReadable(on: readonly (Attachment | undefined)[] | undefined): boolean {
  return (
    on?.every(
      network => network?.network !== undefined && network.facts !== undefined && areMade(network.facts),
    ) ?? false
  )
}

function areMade({ types }: Facts): boolean {
  const [maker] = types.filter(({ role }) => role === 'plugin')
  return maker?.known === true && types.every(({ role, known }) => role !== 'delegate' || known)
}
