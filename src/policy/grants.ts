import type { Revocation } from '../claims/revocations.ts'
import type { Cluster } from '../config/cluster.ts'
import type { Grant, Tenant } from '../config/tenant.ts'
import type { Path } from '../json/value.ts'
import { covers, type Prefix, printPrefix } from '../net/prefix.ts'
import {
  ALL_VLANS,
  containsVlans,
  NO_VLANS,
  subtractVlans,
  uniteVlans,
  type VlanSet,
  vlanSet,
} from '../net/vlan-set.ts'
import { doMeet, hiddenVlan, resolveSegment, type Segment } from './reach.ts'
import type { Attachment } from './subjects.ts'

/** The segments that a grant stands for, resolved as the attachments' are: native on `eth0.300` is 300 on eth0. */
export function grantedSegments(grant: Grant, cluster: Cluster): Segment[] {
  return grant.masters.flatMap(master => resolveSegment({ master, vlans: grant.ids }, cluster))
}

/**
 * What no longer counts once a tenant has lost some VLANs, on an interface or on any: claims for these, and for what is
 * tagged inside of them on an interface whose name hides that.
 */
export function revocationsOf(
  tenant: string,
  lost: readonly (Pick<Segment, 'vlans'> & Partial<Segment>)[],
  { interfaces }: Cluster,
): Omit<Revocation, 'notBefore'>[] {
  const hidden = Object.entries(interfaces).filter(([, { parent, vlan }]) =>
    lost.some(({ master = parent, vlans }) => master === parent && containsVlans(vlans, vlanSet(vlan))),
  )
  return [
    ...lost.map(segment => ({ tenant, ...segment })),
    ...hidden.map(([master]) => ({ tenant, vlans: ALL_VLANS, master })),
  ]
}

/** Every VLAN of the tenant on this interface. */
export function grantedOn(tenant: Tenant, master: string, cluster: Cluster): VlanSet {
  const segments = tenant.vlans.flatMap(grant => grantedSegments(grant, cluster))
  return uniteVlans(...segments.filter(segment => segment.master === master).map(segment => segment.vlans))
}

/**
 * Which VLANs of a segment the tenant was not granted, and whether it was granted any on that interface.
 * Tags inside a VLAN (802.1Q in 802.1Q) belong to whoever holds the outer VLAN, or were granted by themselves.
 */
export function ungranted(
  tenant: Tenant,
  segment: Segment,
  cluster: Cluster,
): { vlans: VlanSet; masterGranted: boolean } {
  const granted = grantedOn(tenant, segment.master, cluster)
  const vlans = subtractVlans(segment.vlans, granted)
  const outer = outerSegments(segment, cluster)
  const holds = ({ master, vlans }: Segment): boolean =>
    containsVlans(grantedOn(tenant, master, cluster), vlans)
  if (outer.length > 0 && outer.every(holds)) {
    return { vlans: NO_VLANS, masterGranted: true }
  }
  return { vlans, masterGranted: granted.ranges.length > 0 }
}

/** What of a segment the tenant was granted. */
export function granted(tenant: Tenant, segment: Segment, cluster: Cluster): VlanSet {
  return subtractVlans(segment.vlans, ungranted(tenant, segment, cluster).vlans)
}

/** Their subnets, each once. */
export function subnetsOf(grants: readonly Grant[]): Prefix[] {
  return [...new Set(grants.flatMap(grant => grant.subnets))]
}

/** Whether these grants say which addresses a network may use; one without subnets leaves the choice to the tenant. */
export function limitSubnets(grants: readonly Grant[]): boolean {
  return grants.length > 0 && grants.every(grant => grant.subnets.length > 0)
}

/**
 * Subnets of a network that are in none of those granted for the segments that it reaches, with the place of each and what would be
 * accepted; none where a grant leaves the choice to the tenant.
 */
export function straySubnets(
  attachment: Attachment | undefined,
  segments: readonly Segment[],
  tenant: Tenant,
  cluster: Cluster,
): { prefix: string; at: Path; accepted: string }[] {
  const grants = segments.flatMap(segment => grantsFor(tenant, segment, cluster))
  if (!limitSubnets(grants)) return []
  const granted = subnetsOf(grants)
  const accepted = granted.map(printPrefix).join(', ')
  return (attachment?.facts?.subnets ?? [])
    .filter(({ subnet }) => !granted.some(prefix => covers(prefix, subnet)))
    .map(({ subnet, at }) => ({ prefix: printPrefix(subnet), at, accepted }))
}

/**
 * The grants under which a tenant may use a segment: those that hold one of its VLANs on its interface; without any, those of the
 * VLAN that the interface itself is in.
 */
export function grantsFor(tenant: Tenant, segment: Segment, cluster: Cluster): Grant[] {
  const own = grantsOn(tenant, [segment], cluster)
  return own.length > 0 ? own : grantsOn(tenant, outerSegments(segment, cluster), cluster)
}

function grantsOn(tenant: Tenant, segments: readonly Segment[], cluster: Cluster): Grant[] {
  return tenant.vlans.filter(grant =>
    grantedSegments(grant, cluster).some(granted => segments.some(segment => doMeet(granted, segment))),
  )
}

/** The VLAN that tags of this segment are inside of (802.1Q in 802.1Q), if its interface is in one, by whatever name. */
export function outerSegments({ master }: Segment, cluster: Cluster): Segment[] {
  const outer = hiddenVlan(master, cluster)
  return outer === undefined
    ? []
    : resolveSegment({ master: outer.parent, vlans: vlanSet(outer.vlan) }, cluster)
}
