import type { SubnetFact } from '../cni/facts/facts.ts'
import type { Tenant } from '../config/tenant.ts'
import { sharesAddresses } from '../net/ip.ts'
import { covers, printPrefix } from '../net/prefix.ts'
import type { PrefixTable } from '../net/prefix-table.ts'
import { shareVlans, uniteVlans, type VlanSet } from '../net/vlan-set.ts'
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
  counts: (other: Attachment) => boolean,
): Overlap[] {
  const own = vlansByMaster(attachment)
  const owners = new Map<Attachment, string | undefined>()
  const ownerOf = (other: Attachment): string | undefined => {
    if (owners.has(other)) return owners.get(other)
    const otherTenant = tenantOf(other.namespace)
    const isForeign = otherTenant !== undefined && otherTenant.name !== tenant.name && counts(other)
    const owner = isForeign && sharesSegment(own, other) ? describeAttachment(other, otherTenant) : undefined
    owners.set(other, owner)
    return owner
  }
  const overlaps: Overlap[] = []
  for (const fact of attachment.facts?.subnets ?? []) {
    const isGranted = isGrantedTo(tenant, fact)
    for (const { prefix, value: holder } of subnets.overlapping(fact.subnet)) {
      let owner: string | undefined
      if (holder.kind === 'attachment') {
        if (holder.attachment.namespace === attachment.namespace) continue
        owner = ownerOf(holder.attachment)
        if (owner === undefined || !sharesAddresses(fact, holder.fact)) continue
        if (isGranted && !isGrantedTo(tenantOf(holder.attachment.namespace), holder.fact)) continue
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

/** Whether the tenant was granted these addresses, and they are its own: who was not may be first, and is wrong all the same. */
function isGrantedTo(tenant: Tenant | undefined, { subnet }: SubnetFact): boolean {
  return tenant?.vlans.some(({ subnets }) => subnets.some(mine => covers(mine, subnet))) ?? false
}

/**
 * Networks of other tenants that take the same addresses from what whereabouts gives out once in the cluster. What is no tenant's
 * takes them from a tenant also where that has no network yet, and never the other way round.
 */
export function findCommonRanges(
  attachment: Attachment,
  tenant: Tenant | undefined,
  subnets: PrefixTable<Holder>,
  tenantOf: (namespace: string) => Tenant | undefined,
  counts: (other: Attachment) => boolean,
): SharedStore[] {
  // That it reaches a VLAN is enough to refuse it.
  if (tenant === undefined && attachment.reach.length > 0) return []
  const own = vlansByMaster(attachment)
  // Thousands of networks may have these addresses, in a few namespaces.
  const owners = new Map<string, Tenant | undefined>([[attachment.namespace, undefined]])
  const ownerOf = (namespace: string): Tenant | undefined => {
    if (!owners.has(namespace)) {
      const other = tenantOf(namespace)
      owners.set(namespace, other?.name === tenant?.name ? undefined : other)
    }
    return owners.get(namespace)
  }
  return (attachment.facts?.subnets ?? []).flatMap(fact => {
    if (!fact.isClusterWide) return []
    for (const { value: holder } of subnets.overlapping(fact.subnet)) {
      const shared = { kind: 'range', at: fact.at, name: printPrefix(fact.subnet) } as const
      if (holder.kind === 'grant') {
        if (tenant === undefined) return [{ ...shared, owner: `tenant "${holder.tenant.name}"` }]
        continue
      }
      const other = ownerOf(holder.attachment.namespace)
      if (other === undefined || !holder.fact.isClusterWide || !counts(holder.attachment)) continue
      if (!sharesAddresses(fact, holder.fact)) continue
      if (isGrantedTo(tenant, fact) && !isGrantedTo(other, holder.fact)) continue
      // In one VLAN it is more than that.
      if (sharesSegment(own, holder.attachment)) continue
      return [{ ...shared, owner: describeAttachment(holder.attachment, other) }]
    }
    return []
  })
}

/** Of these attachments those that give out some of the same addresses, each once. */
export function* findSharers(
  attachment: Attachment,
  among: Iterable<Attachment>,
  subnets: PrefixTable<Holder>,
): Iterable<Attachment> {
  const left = new Set(among)
  for (const fact of attachment.facts?.subnets ?? [])
    for (const { value: holder } of subnets.overlapping(fact.subnet)) {
      if (holder.kind !== 'attachment' || !left.has(holder.attachment)) continue
      if (!sharesAddresses(fact, holder.fact)) continue
      left.delete(holder.attachment)
      yield holder.attachment
    }
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
    return mine !== undefined && shareVlans(mine, vlans)
  })
}
