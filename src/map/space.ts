import type { Cluster } from '../config/cluster.ts'
import type { Grant, Tenant } from '../config/tenant.ts'
import { isEmptyVlans, LAST_VLAN, printVlans, vlanSet } from '../net/vlan-set.ts'
import { grantedSegments, ungranted } from '../policy/grants.ts'
import type { Attachment } from '../policy/subjects.ts'

/**
 * What a VLAN of an interface is: nobody's, a tenant's, several tenants' who all share it, in use by an attachment, or
 * contested: held by several who do not share it, or used by a tenant that does not hold it.
 */
export type VlanState = 'free' | 'granted' | 'shared' | 'used' | 'conflict'

/** Neighbouring VLANs with the same owners and users. */
export interface VlanRangeUse {
  readonly first: number
  readonly last: number
  readonly state: VlanState
  readonly tenants: readonly string[]
  /** NADs as `namespace/name`. */
  readonly networks: readonly string[]
  readonly pods: number
}

export interface InterfaceUse {
  readonly name: string
  /** Every id from 0 (untagged) to 4094, in order. */
  readonly ranges: readonly VlanRangeUse[]
}

export interface VlanSpace {
  readonly interfaces: readonly InterfaceUse[]
}

/** An attachment with whose namespace it is in, and how many pods select it. */
export interface AttachmentUse {
  readonly attachment: Attachment
  readonly tenant: Tenant | undefined
  readonly pods: number
}

/** A stretch of VLANs on an interface that somebody holds or uses. */
type Stretch = { readonly first: number; readonly last: number } & (
  | { readonly kind: 'grant'; readonly tenant: Tenant; readonly grant: Grant }
  /** Granted also by what it is inside of (802.1Q in 802.1Q). */
  | { readonly kind: 'use'; readonly use: AttachmentUse; readonly isGranted: boolean }
)

/**
 * Reads the VLAN space of every interface that is granted or used. One sweep over the ends of the stretches, so that
 * the cost follows what is written and not the 4,095 ids.
 */
export function readSpace(
  tenants: readonly Tenant[],
  attachments: readonly AttachmentUse[],
  cluster: Cluster,
): VlanSpace {
  const stretches = new Map<string, Stretch[]>()
  const add = (name: string, stretch: Stretch): void => {
    const list = stretches.get(name)
    if (list === undefined) stretches.set(name, [stretch])
    else list.push(stretch)
  }
  for (const tenant of tenants) {
    for (const grant of tenant.vlans) {
      for (const { master, vlans } of grantedSegments(grant, cluster))
        for (const { first, last } of vlans.ranges) add(master, { first, last, kind: 'grant', tenant, grant })
    }
  }
  for (const use of attachments) {
    for (const segment of use.attachment.reach) {
      const isGranted =
        use.tenant !== undefined && isEmptyVlans(ungranted(use.tenant, segment, cluster).vlans)
      for (const { first, last } of segment.vlans.ranges)
        add(segment.master, { first, last, kind: 'use', use, isGranted })
    }
  }
  const interfaces = [...stretches].sort(([a], [b]) => (a < b ? -1 : 1))
  return { interfaces: interfaces.map(([name, list]) => ({ name, ranges: sweep(list) })) }
}

function sweep(stretches: readonly Stretch[]): VlanRangeUse[] {
  const starts = new Set([0])
  for (const { first, last } of stretches) {
    starts.add(first)
    if (last < LAST_VLAN) starts.add(last + 1)
  }
  const edges = [...starts].filter(start => start <= LAST_VLAN).sort((a, b) => a - b)
  const byStart = stretches.toSorted((a, b) => a.first - b.first)
  let next = 0
  let active: Stretch[] = []
  const ranges: VlanRangeUse[] = []
  for (const [index, first] of edges.entries()) {
    const last = (edges[index + 1] ?? LAST_VLAN + 1) - 1
    active = active.filter(stretch => stretch.last >= first)
    for (
      let stretch = byStart[next];
      stretch !== undefined && stretch.first <= first;
      stretch = byStart[next]
    ) {
      if (stretch.last >= first) active.push(stretch)
      next++
    }
    const range = { first, last, ...describe(active) }
    const previous = ranges.at(-1)
    if (previous !== undefined && isSameUse(previous, range))
      ranges[ranges.length - 1] = { ...previous, last }
    else ranges.push(range)
  }
  return ranges
}

function describe(active: readonly Stretch[]): Omit<VlanRangeUse, 'first' | 'last'> {
  const grants = active.filter(stretch => stretch.kind === 'grant')
  const stretches = active.filter(stretch => stretch.kind === 'use')
  const uses = stretches.map(({ use }) => use)
  const owners = new Set(grants.map(({ tenant }) => tenant.name))
  const isContested = owners.size > 1 && grants.some(({ grant }) => !grant.shared)
  const isIntruded = stretches.some(
    ({ use: { tenant }, isGranted }) => !isGranted && !owners.has(tenant?.name ?? ''),
  )
  const isUsed = uses.length > 0
  const state =
    isContested || isIntruded
      ? 'conflict'
      : isUsed
        ? 'used'
        : owners.size > 1
          ? 'shared'
          : owners.size === 1
            ? 'granted'
            : 'free'
  const users = new Map(uses.map(use => [`${use.attachment.namespace}/${use.attachment.name}`, use]))
  return {
    state,
    tenants: [...owners].sort(),
    networks: [...users.keys()].sort(),
    pods: [...users.values()].reduce((sum, use) => sum + use.pods, 0),
  }
}

function isSameUse(a: VlanRangeUse, b: VlanRangeUse): boolean {
  const key = ({ state, tenants, networks }: VlanRangeUse): string =>
    JSON.stringify([state, tenants, networks])
  return key(a) === key(b)
}

/** `native`, `100` or `200-209`. */
export function printRange({ first, last }: Pick<VlanRangeUse, 'first' | 'last'>): string {
  return printVlans(vlanSet({ first, last }))
}
