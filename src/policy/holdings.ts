import type { Cluster } from '../config/cluster.ts'
import type { Grant, Tenant } from '../config/tenant.ts'
import { containsVlans, vlanSet } from '../net/vlan-set.ts'
import { grantedSegments, outerSegments } from './grants.ts'
import type { Segment } from './reach.ts'
import type { Rival, TenantSubject } from './subjects.ts'
import { SetMap } from './tenancy.ts'

interface Holding {
  readonly tenant: Tenant
  readonly grant: Grant
}

/** Which tenant holds which VLAN on which interface; each look-up costs the same, however many hold one. */
export class Holdings {
  readonly #held = new SetMap<Holding>()
  /** Who holds tags inside of a VLAN, by that VLAN. */
  readonly #inside = new SetMap<Holding>()
  readonly #masters = new SetMap<Holding>()

  put(tenant: Tenant, cluster: Cluster): void {
    for (const grant of tenant.vlans) {
      const holding = { tenant, grant }
      for (const key of heldKeys(grant, cluster)) this.#held.add(key, holding)
      for (const key of outerKeys(grant, cluster)) this.#inside.add(key, holding)
      for (const master of grant.masters) this.#masters.add(master, holding)
    }
  }

  /** With the cluster's facts that it was put with. */
  remove(tenant: Tenant, cluster: Cluster): void {
    const drop = (from: SetMap<Holding>, keys: readonly string[]): void => {
      for (const key of keys)
        for (const holding of from.get(key)) if (holding.tenant === tenant) from.delete(key, holding)
    }
    for (const grant of tenant.vlans) {
      drop(this.#held, heldKeys(grant, cluster))
      drop(this.#inside, outerKeys(grant, cluster))
      drop(this.#masters, grant.masters)
    }
  }

  /** Whether a grant names this interface. */
  isNamed(master: string): boolean {
    return this.#masters.get(master).size > 0
  }

  /** The tenants with a grant that names this interface or resource. */
  holdersOf(master: string): Tenant[] {
    return [...new Set([...this.#masters.get(master)].map(({ tenant }) => tenant))]
  }

  /**
   * Other tenants that hold one of this tenant's (VLAN, interface) pairs, tags inside of one, or the VLAN that its tags are
   * inside of, unless both grants are shared. Each is told once, by what is new to it: `before` is the tenant as it was.
   */
  rivalsOf(tenant: Tenant, cluster: Cluster, before?: Tenant): Rival[] {
    const older = new Set(before === undefined ? [] : this.#conflictsOf(before, cluster).map(({ id }) => id))
    const rivals = new Map<string, Rival>()
    for (const { id, rival } of this.#conflictsOf(tenant, cluster)) {
      const { name } = rival.tenant
      const isOlder = older.has(id)
      const noted = rivals.get(name)
      if (noted === undefined || (noted.isOlder && !isOlder)) rivals.set(name, { ...rival, isOlder })
    }
    return [...rivals.values()]
  }

  /** One for each VLAN that is in conflict. */
  #conflictsOf(tenant: Tenant, cluster: Cluster): { id: string; rival: Rival }[] {
    const conflicts = (grant: Grant, relation: Rival['relation'], segments: readonly Segment[]) => {
      const held = relation === 'inside' ? this.#inside : this.#held
      return segments.flatMap(keyed).flatMap(({ key, segment }) =>
        rivalsAmong(held.get(key), tenant, grant, relation, segment).map(rival => ({
          id: `${rival.tenant.name} ${relation} ${key}`,
          rival,
        })),
      )
    }
    return tenant.vlans.flatMap(grant => {
      const own = grantedSegments(grant, cluster)
      return [
        ...conflicts(grant, 'same', own),
        ...conflicts(grant, 'around', outerOf(grant, cluster)),
        ...conflicts(grant, 'inside', own),
      ]
    })
  }

  /** Other tenants that hold VLAN 1 where this one holds untagged traffic, or the reverse, unless both grants are shared. */
  nativeRivalsOf(tenant: Tenant, cluster: Cluster): TenantSubject['nativeRivals'] {
    return tenant.vlans.flatMap(grant =>
      grantedSegments(grant, cluster).flatMap(({ master, vlans }) =>
        [0, 1]
          .filter(id => containsVlans(vlans, vlanSet(id)))
          .flatMap(id =>
            rivalsAmong(this.#held.get(`${master} ${1 - id}`), tenant, grant, 'same', {
              master,
              vlans: vlanSet(1 - id),
            }).map(rival => ({ ...rival, master, holdsNative: id === 1 })),
          ),
      ),
    )
  }
}

function rivalsAmong(
  others: Iterable<Holding>,
  tenant: Tenant,
  grant: Grant,
  relation: Rival['relation'],
  segment: Segment,
): Rival[] {
  return [...others]
    .filter(other => other.tenant.name !== tenant.name && !(other.grant.shared && grant.shared))
    .map(other => ({
      tenant: other.tenant,
      grant,
      rivalGrant: other.grant,
      relation,
      segment,
      isOlder: false,
    }))
}

function heldKeys(grant: Grant, cluster: Cluster): string[] {
  return grantedSegments(grant, cluster).flatMap(keysOf)
}

function outerKeys(grant: Grant, cluster: Cluster): string[] {
  return outerOf(grant, cluster).flatMap(keysOf)
}

/** The VLANs that the tags of a grant are inside of. */
function outerOf(grant: Grant, cluster: Cluster): Segment[] {
  return grantedSegments(grant, cluster).flatMap(segment => outerSegments(segment, cluster))
}

function keysOf(segment: Segment): string[] {
  return keyed(segment).map(({ key }) => key)
}

/** One VLAN each. */
function keyed({ master, vlans }: Segment): { key: string; segment: Segment }[] {
  return vlans.ranges.flatMap(({ first, last }) =>
    Array.from({ length: last - first + 1 }, (_, index) => ({
      key: `${master} ${first + index}`,
      segment: { master, vlans: vlanSet(first + index) },
    })),
  )
}
