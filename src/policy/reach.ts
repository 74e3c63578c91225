import type { Master, Uplink } from '../cni/facts/facts.ts'
import type { Cluster } from '../config/cluster.ts'
import { readVlanName } from '../net/interface-name.ts'
import {
  containsVlans,
  countVlans,
  intersectVlans,
  isEmptyVlans,
  NATIVE,
  shareVlans,
  subtractVlans,
  type VlanSet,
  vlanSet,
} from '../net/vlan-set.ts'

/** VLANs on a host interface, after names that hide a VLAN have been resolved. */
export interface Segment {
  readonly master: string
  readonly vlans: VlanSet
}

/** Whether traffic of one may be traffic of the other. */
export function doMeet(a: Segment, b: Segment): boolean {
  return a.master === b.master && shareVlans(a.vlans, b.vlans)
}

/**
 * What an uplink reaches. Untagged traffic on `eth0.300` is VLAN 300 on eth0. Tags on top of it (802.1Q in 802.1Q)
 * stay a segment of `eth0.300`, carried in VLAN 300 of eth0.
 */
export interface Reach extends Segment {
  readonly uplink: Uplink
}

/** What is known of the names of host interfaces; the guard on the node knows no more of the cluster. */
export type NetworkNames = Pick<Cluster, 'interfaces' | 'primaryInterface'>

/** Longer chains of names are no configuration that anyone has; a cycle in the cluster's map must end. */
const MAX_CHAIN = 8

/** Everything that a set of uplinks reaches on the host. Masters inside the pod are no host interfaces. */
export function resolveReach(
  uplinks: readonly Uplink[],
  cluster: NetworkNames,
  resourceName: string | undefined,
): Reach[] {
  return uplinks
    .filter(uplink => !uplink.master.inContainer)
    .flatMap(uplink => {
      const master = masterName(uplink, cluster, resourceName)
      return resolveSegment({ master, vlans: uplink.vlans }, cluster).map(segment => ({ ...segment, uplink }))
    })
}

/** Interfaces of the pod that are ridden on (linkInContainer); plugins before 1.3.0 look for them on the node. */
export function ridesInPod(uplinks: readonly Uplink[]): Master[] {
  return uplinks
    .map(({ master }) => master)
    .filter(({ inContainer, use }) => inContainer && use !== 'enslave')
}

/** Uplinks on interfaces of the pod itself: what they reach depends on what these are on. */
export function uplinksInPod(uplinks: readonly Uplink[]): Uplink[] {
  return uplinks.filter(({ master }) => master.inContainer)
}

/** Whether it needs a claim: a network of the host is reached, or may be, through an interface of the pod. */
export function reachesHost(reach: readonly Segment[], uplinks: readonly Uplink[]): boolean {
  return reach.length > 0 || uplinksInPod(uplinks).length > 0
}

/**
 * What is reached through an interface of the pod: `untagged` what that one has; `tagged` a VLAN of the host interface;
 * `inside` no more than the VLAN that the tag is in (802.1Q in 802.1Q), which belongs to whoever holds that one.
 */
export interface Passage extends Segment {
  readonly how: 'untagged' | 'tagged' | 'inside'
}

/** What frames with these tags reach by an interface of the pod that is on a segment, untagged there or a trunk or in a VLAN. */
export function passThrough({ master, vlans: carried }: Segment, vlans: VlanSet): Passage[] {
  const tags = subtractVlans(vlans, NATIVE)
  const seesTags = containsVlans(carried, NATIVE) || countVlans(carried) > 1
  return [
    ...(containsVlans(vlans, NATIVE) ? [{ master, vlans: carried, how: 'untagged' } as const] : []),
    ...(isEmptyVlans(tags)
      ? []
      : [
          seesTags
            ? ({ master, vlans: tags, how: 'tagged' } as const)
            : ({ master, vlans: carried, how: 'inside' } as const),
        ]),
  ]
}

/**
 * A segment in terms of physical interfaces: the untagged part of a sub-interface belongs to its parent, and all of what is
 * itself untagged there (a bridge over eth0), tags and all.
 */
export function resolveSegment(segment: Segment, cluster: NetworkNames, depth = 0): Segment[] {
  const hidden = hiddenVlan(segment.master, cluster)
  if (hidden === undefined || depth >= MAX_CHAIN) return [segment]
  if (hidden.vlan === 0)
    return resolveSegment({ master: hidden.parent, vlans: segment.vlans }, cluster, depth + 1)
  const tagged = subtractVlans(segment.vlans, NATIVE)
  return [
    ...(containsVlans(segment.vlans, NATIVE)
      ? resolveSegment({ master: hidden.parent, vlans: vlanSet(hidden.vlan) }, cluster, depth + 1)
      : []),
    ...(tagged.ranges.length > 0 ? [{ master: segment.master, vlans: tagged }] : []),
  ]
}

/** What untagged traffic on a host interface is: the interface itself, or the VLAN that its name hides. */
export function untagged(name: string, cluster: NetworkNames): Segment {
  const itself = { master: name, vlans: NATIVE }
  const [resolved = itself] = resolveSegment(itself, cluster)
  return resolved
}

/** What a segment has of a host interface: all of it by its name, or the VLAN that the name hides. */
export function shareOf(segment: Segment, name: string, cluster: NetworkNames): Segment | undefined {
  if (name === segment.master) return segment
  const hidden = untagged(name, cluster)
  const vlans = intersectVlans(segment.vlans, hidden.vlans)
  return hidden.master !== segment.master || isEmptyVlans(vlans) ? undefined : { ...hidden, vlans }
}

/** The VLAN that a name stands for: by the cluster's map, else by the form `eth0.300`. */
export function hiddenVlan(
  name: string,
  cluster: NetworkNames,
): { parent: string; vlan: number } | undefined {
  return Object.hasOwn(cluster.interfaces, name) ? cluster.interfaces[name] : readVlanName(name)
}

function masterName({ master }: Uplink, cluster: NetworkNames, resourceName: string | undefined): string {
  if (master.use !== 'device') return master.name ?? cluster.primaryInterface
  const resource = resourceName !== undefined && isDeviceResource(resourceName) ? resourceName : undefined
  return master.name ?? resource ?? 'a device that the runtime chooses'
}

/**
 * Whether a resource is that of a device plugin, which all have a domain. Any other name is of a ResourceClaim, for which its
 * maker asks for the device (multus pkg/kubeletclient/kubeletclient.go getDRAResources()).
 */
export function isDeviceResource(name: string): boolean {
  return name.includes('/')
}
