import { type Grant, readTenant, type Tenant } from '../config/tenant.ts'
import { printPrefix } from '../net/prefix.ts'
import { intersectVlans, printVlans, shareVlans, type VlanSet } from '../net/vlan-set.ts'
import { grantedSegments } from '../policy/grants.ts'
import { orphansOf } from '../policy/orphans.ts'
import { doMeet } from '../policy/reach.ts'
import type { Attachment } from '../policy/subjects.ts'
import type { Plan } from './plan.ts'
import type { World } from './world.ts'

/** A grant, and what uses it. */
export interface GrantOverview {
  readonly vlans: string
  readonly masters: readonly string[]
  readonly tenant: string
  readonly namespaces: readonly string[]
  readonly shared: boolean
  readonly subnets: readonly string[]
  readonly mtu?: number
  readonly labels: Readonly<Record<string, string>>
  /** NADs of the tenant that reach one of these VLANs, or of those that were asked for, as `namespace/name`. */
  readonly networks: readonly string[]
  /** Pods that select one of those, as `namespace/name`. */
  readonly pods: readonly string[]
}

/** Every grant, or those that hold one of some VLANs, in the order of the VLANs. */
export function overviewOf(world: World, vlans?: VlanSet): GrantOverview[] {
  const { uses } = world.inventory
  const attachments = [...world.inventory.attachments()]
  const grants = [...world.tenants.values()].flatMap(({ tenant }) =>
    tenant.vlans.map(grant => ({ tenant, grant })),
  )
  return grants
    .filter(({ grant }) => vlans === undefined || shareVlans(grant.ids, vlans))
    .sort((a, b) => firstOf(a.grant) - firstOf(b.grant) || (a.tenant.name < b.tenant.name ? -1 : 1))
    .map(({ tenant, grant }) => {
      const asked = vlans === undefined ? grant : { ...grant, ids: intersectVlans(grant.ids, vlans) }
      const networks = attachments.filter(attachment => isUnder(attachment, tenant, asked, world))
      return {
        vlans: printVlans(grant.ids),
        masters: grant.masters,
        tenant: tenant.name,
        namespaces: tenant.namespaces,
        shared: grant.shared,
        subnets: grant.subnets.map(printPrefix),
        ...(grant.mtu !== undefined && { mtu: grant.mtu }),
        labels: grant.labels,
        networks: networks.map(nameOf),
        pods: [...new Set(networks.flatMap(({ namespace, name }) => [...uses.of(namespace, name)]))],
      }
    })
}

/** NADs that lose a VLAN by a plan, as `namespace/name`. */
export function networksLosing({ changes }: Plan, { tenants, inventory }: World): string[] {
  return changes.flatMap(({ after }) => {
    const before = tenants.get(after.metadata.name ?? '')?.tenant
    const reading = readTenant(after)
    const orphans =
      before === undefined ? [] : orphansOf(before, reading.ok ? reading.value : undefined, inventory)
    return orphans.map(({ attachment }) => nameOf(attachment))
  })
}

function isUnder(attachment: Attachment, tenant: Tenant, grant: Grant, { inventory }: World): boolean {
  if (inventory.tenantOf(attachment.namespace)?.name !== tenant.name) return false
  const segments = grantedSegments(grant, inventory.cluster)
  return attachment.reach.some(reached => segments.some(segment => doMeet(segment, reached)))
}

function nameOf({ namespace, name }: Attachment): string {
  return `${namespace}/${name}`
}

function firstOf({ ids }: Grant): number {
  return ids.ranges[0]?.first ?? 0
}
