import type { SubnetFact } from '../cni/facts/facts.ts'
import type { Tenant } from '../config/tenant.ts'
import { sharesAddresses } from '../net/ip.ts'
import { covers, printPrefix } from '../net/prefix.ts'
import type { PrefixTable } from '../net/prefix-table.ts'
import { intersectVlans, isEmptyVlans, uniteVlans, type VlanSet } from '../net/vlan-set.ts'
import { describeAttachment } from './describe.ts'
import type { Attachment, Overlap, SharedStore } from './subjects.ts'

/** A subnet that somebody holds: a tenant by its grant, or an attachment by giving out its addresses. */
export type Holder =
  | { readonly kind: 'grant'; readonly tenant: Tenant }
  | { readonly kind: 'attachment'; readonly attachment: Attachment; readonly fact: SubnetFact }

/** Nobody reads more of them; and one is enough to refuse. */
const MAX_OVERLAPS = 20

/**
 * Subnets that are another tenant's: granted to it and not to this one, or given out by its attachments on a VLAN that
 * this attachment reaches as well. The same subnet on two separate VLANs is nobody's business. A tenant may have
 * thousands of attachments with equal subnets, so each attachment is looked at once.
 */
export function findOverlaps(
  attachment: Attachment,
  tenant: Tenant,
  subnets: PrefixTable<Holder>,
  tenantOf: (namespace: string) => Tenant | undefined,
): Overlap[] {
  const granted = tenant.vlans.flatMap(grant => grant.subnets)
  const own = vlansByMaster(attachment)
  const owners = new Map<Attachment, string | undefined>()
  const ownerOf = (other: Attachment): string | undefined => {
    if (owners.has(other)) return owners.get(other)
    const otherTenant = tenantOf(other.namespace)
    const isForeign = otherTenant !== undefined && otherTenant.name !== tenant.name
    const owner = isForeign && sharesSegment(own, other) ? describeAttachment(other, otherTenant) : undefined
    owners.set(other, owner)
    return owner
  }
  const overlaps: Overlap[] = []
  for (const fact of attachment.facts?.subnets ?? []) {
    const isGranted = granted.some(mine => covers(mine, fact.subnet))
    for (const { prefix, value: holder } of subnets.overlapping(fact.subnet)) {
      let owner: string | undefined
      if (holder.kind === 'attachment') {
        if (holder.attachment.namespace === attachment.namespace) continue
        owner = ownerOf(holder.attachment)
        if (owner === undefined || !sharesAddresses(fact, holder.fact)) continue
      } else {
        if (isGranted || holder.tenant.name === tenant.name) continue
        owner = `tenant "${holder.tenant.name}"`
      }
      overlaps.push({ at: fact.at, subnet: fact.subnet, other: prefix, owner })
      if (overlaps.length === MAX_OVERLAPS) return overlaps
    }
  }
  return overlaps
}

/** Networks of other tenants that take the same addresses from what whereabouts gives out once in the cluster. */
export function findCommonRanges(
  attachment: Attachment,
  tenant: Tenant,
  subnets: PrefixTable<Holder>,
  tenantOf: (namespace: string) => Tenant | undefined,
): SharedStore[] {
  const own = vlansByMaster(attachment)
  // Thousands of networks may have these addresses, in a few namespaces.
  const owners = new Map<string, Tenant | undefined>([[attachment.namespace, undefined]])
  const ownerOf = (namespace: string): Tenant | undefined => {
    if (!owners.has(namespace)) {
      const other = tenantOf(namespace)
      owners.set(namespace, other?.name === tenant.name ? undefined : other)
    }
    return owners.get(namespace)
  }
  return (attachment.facts?.subnets ?? []).flatMap(fact => {
    if (!fact.isClusterWide) return []
    for (const { value: holder } of subnets.overlapping(fact.subnet)) {
      if (holder.kind !== 'attachment' || !holder.fact.isClusterWide) continue
      const other = ownerOf(holder.attachment.namespace)
      if (other === undefined || !sharesAddresses(fact, holder.fact)) continue
      // In one VLAN it is more than that.
      if (sharesSegment(own, holder.attachment)) continue
      const owner = describeAttachment(holder.attachment, other)
      return [{ kind: 'range', at: fact.at, name: printPrefix(fact.subnet), owner }]
    }
    return []
  })
}

function vlansByMaster({ reach }: Attachment): ReadonlyMap<string, VlanSet> {
  const byMaster = Map.groupBy(reach, ({ master }) => master)
  return new Map(
    [...byMaster].map(([master, segments]) => [master, uniteVlans(...segments.map(({ vlans }) => vlans))]),
  )
}

function sharesSegment(own: ReadonlyMap<string, VlanSet>, { reach }: Attachment): boolean {
  return reach.some(({ master, vlans }) => {
    const mine = own.get(master)
    return mine !== undefined && !isEmptyVlans(intersectVlans(mine, vlans))
  })
}
