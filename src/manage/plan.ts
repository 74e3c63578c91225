import type { Revocation } from '../claims/revocations.ts'
import type { Grant } from '../config/tenant.ts'
import { nearWord } from '../json/distance.ts'
import type { Manifest } from '../kube/manifest.ts'
import { isRecord } from '../kube/manifest.ts'
import {
  intersectVlans,
  isEmptyVlans,
  NO_VLANS,
  parseVlanSet,
  printVlans,
  shareVlans,
  subtractVlans,
  uniteVlans,
  type VlanSet,
} from '../net/vlan-set.ts'
import { revocationsOf } from '../policy/grants.ts'
import { resolveSegment, type Segment } from '../policy/reach.ts'
import { applyEdits, type DocumentEdit, StoreError } from '../store/store.ts'
import { type StoredTenant, storedTenant, type World } from './world.ts'

/** What a command would change: nothing is written before all of it has been judged. */
export interface Plan {
  readonly changes: readonly Change[]
  /** A Tenant that goes. */
  readonly deleted?: Manifest
  /** Claims that no longer count. */
  readonly revocations?: readonly Omit<Revocation, 'notBefore'>[]
  /** What somebody should know of it, who may have meant it so. */
  readonly notes?: readonly string[]
}

export interface Change {
  /** The Tenant as it would be. */
  readonly after: Manifest
  /** What leads there from the Tenant that is; undefined when there is none yet. */
  readonly edit?: { readonly tenant: Manifest; readonly edits: readonly DocumentEdit[] }
}

/** A grant as people write it. */
export interface GrantText {
  readonly ids: string
  readonly masters: readonly string[]
  readonly subnets?: readonly string[]
  readonly mtu?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly shared?: true
}

/** A tenant gets VLANs that nobody holds; a tenant that does not exist yet gets its namespaces. */
export function planCreate(
  world: World,
  name: string,
  grant: GrantText,
  namespaces: readonly string[],
): Plan {
  const stored = storedTenant(world, name)
  const vlans = parseVlanSet(grant.ids) ?? NO_VLANS
  const own = stored === undefined ? [] : grant.masters.flatMap(master => grantsOf(stored, vlans, master))
  const [held] = own
  if (held !== undefined) {
    const both = printVlans(intersectVlans(held.grant.ids, vlans))
    throw new StoreError(`tenant "${name}" holds VLAN ${both} on ${held.grant.masters.join(', ')} already`)
  }
  return { changes: [addGrant(stored, name, grant, namespaces)] }
}

/** A tenant's VLANs become shared, and another tenant gets them too. Throws a StoreError when they are not its own. */
export function planGrant(world: World, owner: string, target: string, vlans: VlanSet): Plan {
  if (owner === target)
    throw new StoreError(`tenant "${owner}" cannot grant a VLAN to itself: name another --target-tenant`)
  const [stored, receiving] = [storedTenant(world, owner), storedTenant(world, target)]
  const held = stored === undefined ? [] : grantsOf(stored, vlans)
  const missing = subtractVlans(vlans, uniteVlans(...held.map(({ grant }) => grant.ids)))
  if (stored === undefined || !isEmptyVlans(missing)) throw new StoreError(holdsNot(world, owner, missing))
  const edits = held.flatMap(({ index, grant, text }) => shareEdits(index, grant, text, vlans))
  const texts = held.flatMap(each => lackingOf(receiving, each, vlans))
  const receiver = texts.reduce<Change | undefined>(
    (change, text) => addGrant(receiving, target, text, [target], change),
    undefined,
  )
  const changes = [...change(stored.manifest, edits), ...(receiver === undefined ? [] : [receiver])]
  if (changes.length === 0)
    throw new StoreError(`tenants "${owner}" and "${target}" share VLAN ${printVlans(vlans)} already`)
  return { changes }
}

/** What a tenant does not hold yet of the VLANs in another one's grant: a grant for all interfaces, or one for each. */
function lackingOf(
  target: StoredTenant | undefined,
  { grant, text }: HeldGrant,
  vlans: VlanSet,
): GrantText[] {
  const shared = intersectVlans(grant.ids, vlans)
  const byIds = new Map<string, string[]>()
  for (const master of grant.masters) {
    const own = target === undefined ? [] : grantsOf(target, shared, master)
    const lacking = subtractVlans(shared, uniteVlans(...own.map(each => each.grant.ids)))
    if (isEmptyVlans(lacking)) continue
    const ids = printVlans(lacking)
    byIds.set(ids, [...(byIds.get(ids) ?? []), master])
  }
  return [...byIds].map(([ids, masters]) => ({ ...text, ids, masters, shared: true }))
}

/** A tenant loses VLANs, and its claims for them no longer count. */
export function planRevoke(world: World, name: string, vlans: VlanSet, master: string | undefined): Plan {
  const { inventory } = world
  const stored = storedTenant(world, name)
  const held = stored === undefined ? [] : grantsOf(stored, vlans, master)
  if (stored === undefined || held.length === 0) {
    throw new StoreError(holdsNot(world, name, vlans, master))
  }
  // From the last to the first: removing one moves those behind it, and what is appended stands behind all.
  const edits = held.toReversed().flatMap(each => takeAway(each, vlans, master))
  const segments = held.flatMap(({ grant }) =>
    (master === undefined ? grant.masters : [master]).flatMap(name =>
      resolveSegment({ master: name, vlans: intersectVlans(grant.ids, vlans) }, inventory.cluster),
    ),
  )
  // Without an interface it is all of them, also those on which it held them once; claims say what a name stands for.
  const isNamed = (segment: Segment): boolean => isEmptyVlans(subtractVlans(segment.vlans, vlans))
  const lost = master === undefined ? [{ vlans }, ...segments.filter(segment => !isNamed(segment))] : segments
  return {
    changes: change(stored.manifest, edits),
    revocations: revocationsOf(name, lost, inventory.cluster),
    notes: stillShared(world, stored, vlans, master),
  }
}

/** Who shared one of these VLANs with this tenant, and nobody else: whether the mark was made for it alone nobody knows. */
function stillShared(
  { tenants }: World,
  loser: StoredTenant,
  vlans: VlanSet,
  master: string | undefined,
): string[] {
  const idsOn = (stored: StoredTenant, name: string): VlanSet =>
    uniteVlans(...grantsOf(stored, vlans, name).map(({ grant }) => grant.ids))
  const owners = [...tenants.values()].filter(stored => stored !== loser)
  return owners.flatMap(owner => {
    const shared = grantsOf(owner, vlans, master).filter(({ grant }) => grant.shared)
    return shared.flatMap(({ grant: { ids, masters } }) =>
      masters.flatMap(name => {
        const lost = master === undefined || master === name ? idsOn(loser, name) : NO_VLANS
        const others = owners.filter(stored => stored !== owner).map(stored => idsOn(stored, name))
        const left = subtractVlans(intersectVlans(intersectVlans(ids, vlans), lost), uniteVlans(...others))
        return isEmptyVlans(left)
          ? []
          : [`still marked as shared: VLAN ${printVlans(left)} on ${name} of tenant ${owner.tenant.name}`]
      }),
    )
  })
}

/** A grant without some VLANs, on one of its interfaces or on all. */
function takeAway(
  { index, grant, text }: HeldGrant,
  vlans: VlanSet,
  master: string | undefined,
): DocumentEdit[] {
  const rest = subtractVlans(grant.ids, vlans)
  const elsewhere = master === undefined ? [] : grant.masters.filter(other => other !== master)
  if (elsewhere.length === 0) {
    return isEmptyVlans(rest)
      ? [{ action: 'remove', at: grantAt(index) }]
      : [{ action: 'set', at: [...grantAt(index), 'ids'], value: printVlans(rest) }]
  }
  if (isEmptyVlans(rest)) return [{ action: 'set', at: [...grantAt(index), 'masters'], value: elsewhere }]
  const kept = { ...text, ids: printVlans(intersectVlans(grant.ids, vlans)), masters: elsewhere }
  return [
    { action: 'set', at: [...grantAt(index), 'ids'], value: printVlans(rest) },
    { action: 'append', at: ['spec', 'vlans'], value: kept },
  ]
}

interface HeldGrant {
  readonly index: number
  readonly grant: Grant
  readonly text: Record<string, unknown>
}

/** The grants that hold one of these VLANs. */
function grantsOf({ tenant, manifest }: StoredTenant, vlans: VlanSet, master?: string): HeldGrant[] {
  const texts = isRecord(manifest.spec) && Array.isArray(manifest.spec.vlans) ? manifest.spec.vlans : []
  return tenant.vlans
    .map((grant, index) => ({ index, grant, text: texts[index] as Record<string, unknown> }))
    .filter(
      ({ grant }) => shareVlans(grant.ids, vlans) && (master === undefined || grant.masters.includes(master)),
    )
}

function shareEdits(index: number, { ids, shared }: Grant, text: object, vlans: VlanSet): DocumentEdit[] {
  if (shared) return []
  const rest = subtractVlans(ids, vlans)
  if (isEmptyVlans(rest)) return [{ action: 'set', at: [...grantAt(index), 'shared'], value: true }]
  return [
    { action: 'set', at: [...grantAt(index), 'ids'], value: printVlans(rest) },
    {
      action: 'append',
      at: ['spec', 'vlans'],
      value: { ...text, ids: printVlans(intersectVlans(ids, vlans)), shared: true },
    },
  ]
}

function addGrant(
  stored: StoredTenant | undefined,
  name: string,
  grant: GrantText,
  namespaces: readonly string[],
  earlier?: Change,
): Change {
  const append: DocumentEdit = { action: 'append', at: ['spec', 'vlans'], value: grant }
  if (earlier?.edit !== undefined) {
    const edits = [...earlier.edit.edits, append]
    return { after: applyEdits(earlier.edit.tenant, edits), edit: { tenant: earlier.edit.tenant, edits } }
  }
  if (earlier !== undefined) return { after: applyEdits(earlier.after, [append]) }
  if (stored !== undefined) {
    return {
      after: applyEdits(stored.manifest, [append]),
      edit: { tenant: stored.manifest, edits: [append] },
    }
  }
  return {
    after: {
      apiVersion: 'socni.dev/v1alpha1',
      kind: 'Tenant',
      metadata: { name },
      spec: { namespaces: [...namespaces], vlans: [grant] },
    },
  }
}

/** Some edits of a Tenant; none change nothing. */
export function change(tenant: Manifest, edits: readonly DocumentEdit[]): Change[] {
  return edits.length === 0 ? [] : [{ after: applyEdits(tenant, edits), edit: { tenant, edits } }]
}

function grantAt(index: number): (string | number)[] {
  return ['spec', 'vlans', index]
}

/** That a tenant holds no such VLAN, and what it or who else does; or that another tenant is perhaps meant. */
function holdsNot({ tenants }: World, name: string, vlans: VlanSet, master?: string): string {
  const grants = tenants.get(name)?.tenant.vlans ?? []
  if (!tenants.has(name) && nearTenant(tenants, name) !== undefined) return noTenant({ tenants }, name)
  const held = grants.map(({ ids, masters }) => `${printVlans(ids)} on ${masters.join(', ')}`)
  const more = held.length > MAX_LISTED ? `, and ${held.length - MAX_LISTED} more` : ''
  const instead = held.length === 0 ? '' : `, but ${held.slice(0, MAX_LISTED).join(', ')}${more}`
  const where = master === undefined ? '' : ` on ${master}`
  return `tenant "${name}" holds no VLAN ${printVlans(vlans)}${where}${instead}: ${holdersOf(tenants, vlans, master)}`
}

/** A tenant may have many grants, and a message is for a person. */
const MAX_LISTED = 5

/** That there is no such tenant, and which one is perhaps meant. */
export function noTenant({ tenants }: Pick<World, 'tenants'>, name: string): string {
  const meant = nearTenant(tenants, name)
  const others = [...tenants.keys()]
  const more = others.length > MAX_LISTED ? ', …' : ''
  const instead =
    meant === undefined
      ? `: there is ${others.slice(0, MAX_LISTED).join(', ') || 'none'}${more}`
      : `, did you mean "${meant}"?`
  return `there is no tenant "${name}"${instead}`
}

function nearTenant(tenants: World['tenants'], name: string): string | undefined {
  return nearWord(name, [...tenants.keys()], name.length < SHORT ? 1 : NEAR)
}

/** Letters that a misspelt name may differ in; a short one is another name sooner. */
const NEAR = 2
const SHORT = 6

/** Who holds it instead, for a message. */
function holdersOf(tenants: World['tenants'], vlans: VlanSet, master?: string): string {
  const holders = [...tenants.values()].filter(stored => grantsOf(stored, vlans, master).length > 0)
  return holders.length === 0
    ? 'no tenant does; make it with socni-ctl create'
    : `${holders.map(({ tenant }) => `"${tenant.name}"`).join(', ')} does`
}
