import type { Tenant } from '../../src/config/tenant.ts'
import { readJson } from '../../src/json/reader.ts'
import { isObject } from '../../src/json/value.ts'
import {
  isEmptyVlans,
  NO_VLANS,
  parseVlanSet,
  printVlans,
  subtractVlans,
  uniteVlans,
  type VlanSet,
} from '../../src/net/vlan-set.ts'
import { grantedSegments } from '../../src/policy/grants.ts'
import type { Inventory } from '../../src/policy/inventory.ts'
import type { Segment } from '../../src/policy/reach.ts'

/** What a tenant has, whether it is in force or not: namespaces, and VLANs by the host interface that they are on. */
export interface TenantHolding {
  readonly namespaces: ReadonlySet<string>
  readonly vlans: ReadonlyMap<string, VlanSet>
}

/** What there is of each tenant, by its name. */
export type TenantHoldings = ReadonlyMap<string, TenantHolding>

/** What a tenant had and no longer has. */
export interface Loss {
  readonly namespaces: readonly string[]
  readonly segments: readonly Segment[]
}

export const NOTHING: TenantHolding = { namespaces: new Set(), vlans: new Map() }

export function holdingOf(tenant: Tenant, inventory: Inventory): TenantHolding {
  const segments = tenant.vlans.flatMap(grant => grantedSegments(grant, inventory.cluster))
  return { namespaces: new Set(inventory.claimedBy(tenant)), vlans: byMaster(segments) }
}

/** What of `before` is not in `after`. A namespace that is gone takes its pods with it, and is no loss. */
export function lossOf(
  before: TenantHolding,
  after: TenantHolding,
  isThere: (namespace: string) => boolean,
): Loss {
  return {
    namespaces: [...before.namespaces].filter(name => !after.namespaces.has(name) && isThere(name)),
    segments: [...before.vlans].flatMap(([master, held]) => {
      const vlans = subtractVlans(held, after.vlans.get(master) ?? NO_VLANS)
      return isEmptyVlans(vlans) ? [] : [{ master, vlans }]
    }),
  }
}

/** A holding with what it lost. */
export function withLoss({ namespaces, vlans }: TenantHolding, loss: Loss): TenantHolding {
  const segments = [...vlans].map(([master, held]) => ({ master, vlans: held }))
  return {
    namespaces: new Set([...namespaces, ...loss.namespaces]),
    vlans: byMaster([...segments, ...loss.segments]),
  }
}

/** `{"finance": {"namespaces": ["finance"], "vlans": {"eth0": "100-109"}}}`, in order, so that equal holdings are equal texts. */
export function printHoldings(holdings: TenantHoldings): string {
  const entries = [...holdings].sort(byName).map(([tenant, { namespaces, vlans }]) => [
    tenant,
    {
      namespaces: [...namespaces].sort(),
      vlans: Object.fromEntries([...vlans].sort(byName).map(([master, held]) => [master, printVlans(held)])),
    },
  ])
  return `${JSON.stringify(Object.fromEntries(entries))}\n`
}

/** Reads that text; undefined when it is none, so that nothing is taken for lost which nobody knows of. */
export function parseHoldings(text: string): TenantHoldings | undefined {
  const reading = readJson(text)
  if (!reading.ok || !isObject(reading.value)) return undefined
  const holdings = new Map<string, TenantHolding>()
  for (const [tenant, entry] of Object.entries(reading.value)) {
    const { namespaces, vlans } = isObject(entry) ? entry : {}
    if (!Array.isArray(namespaces) || !isObject(vlans)) return undefined
    const names = namespaces.filter(name => typeof name === 'string')
    const sets = Object.entries(vlans).map(
      ([master, held]) => [master, typeof held === 'string' ? parseVlanSet(held) : undefined] as const,
    )
    const known = sets.filter((pair): pair is readonly [string, VlanSet] => pair[1] !== undefined)
    if (names.length < namespaces.length || known.length < sets.length) return undefined
    holdings.set(tenant, { namespaces: new Set(names), vlans: new Map(known) })
  }
  return holdings
}

function byMaster(segments: readonly Segment[]): Map<string, VlanSet> {
  const sets = new Map<string, VlanSet>()
  for (const { master, vlans } of segments) sets.set(master, uniteVlans(sets.get(master) ?? NO_VLANS, vlans))
  return sets
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0
}
