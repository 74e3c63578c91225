import type { DocumentProblem } from '../config/document.ts'
import { readTenant, type Tenant } from '../config/tenant.ts'
import { CLUSTER_CONFIGURATION, groupKind, TENANT } from '../kube/group-kind.ts'
import { type Manifest, readMetadata } from '../kube/manifest.ts'
import { Inventory } from '../policy/inventory.ts'
import { describeProblem, putManifest, putPolicy } from '../policy/put-policy.ts'
import { type PolicyStore, StoreError } from '../store/store.ts'

/** A Tenant as it is read, and as it is written: an edit's paths lead through the second. */
export interface StoredTenant {
  readonly tenant: Tenant
  readonly manifest: Manifest
}

/** What a store holds, ready to be asked. */
export interface World {
  readonly manifests: readonly Manifest[]
  readonly tenants: ReadonlyMap<string, StoredTenant>
  /** Tenants that slipped in and cannot be read, by name, with what is wrong with them: all others can be changed. */
  readonly unreadable: ReadonlyMap<string, string>
  readonly inventory: Inventory
}

type Say = (text: string) => void
type Describe = (manifest: Manifest, problem: DocumentProblem) => string

/**
 * Reads a store, and says what of it cannot be read. Throws a StoreError naming the field of a cluster configuration that
 * cannot be: everything else is read by it.
 */
export async function readWorld(store: PolicyStore, say: Say): Promise<World> {
  const world = buildWorld(await store.list(), describeIn(store))
  for (const problem of world.unreadable.values()) say(outOfForce(problem))
  return world
}

/** The same for commands that show a policy: it says of every Tenant why it is not in force. Throws as readWorld. */
export async function readShownWorld(store: PolicyStore, say: Say): Promise<World> {
  const world = buildWorld(await store.list(), describeIn(store))
  forceOf(world, store, say)
  return world
}

/**
 * The policy as a webhook has it in force, which says what it leaves out of a store; `listed` is what the store holds, where
 * somebody has read it already. Throws as readWorld.
 */
export async function readInForce(
  store: PolicyStore,
  say: Say,
  listed?: readonly Manifest[],
): Promise<Inventory> {
  return forceOf(buildWorld(listed ?? (await store.list()), describeIn(store)), store, say)
}

function forceOf({ manifests }: World, store: PolicyStore, say: Say): Inventory {
  const inventory = new Inventory()
  for (const problem of putPolicy(inventory, manifests))
    if (!problem.isInForce) say(outOfForce(describeIn(store)(problem.manifest, problem)))
  return inventory
}

function outOfForce(problem: string): string {
  return `note: not in force: ${problem}\n`
}

/** With the place in front, where the store knows one. */
function describeIn(store: PolicyStore): Describe {
  return (manifest, problem) => {
    const place = store.placeOf(manifest, problem.at)
    return `${place === undefined ? '' : `${place}: `}${describeProblem(manifest, problem)}`
  }
}

/** The configuration comes first: everything else is read by the cluster's facts. Throws as readWorld. */
export function buildWorld(manifests: readonly Manifest[], describe: Describe = describeProblem): World {
  const inventory = new Inventory()
  const tenants = new Map<string, StoredTenant>()
  const unreadable = new Map<string, string>()
  const isConfiguration = (manifest: Manifest): boolean => groupKind(manifest) === CLUSTER_CONFIGURATION
  const ordered = [
    ...manifests.filter(isConfiguration),
    ...manifests.filter(manifest => !isConfiguration(manifest)),
  ]
  for (const manifest of ordered) {
    const [problem] = putManifest(inventory, manifest)
    if (problem !== undefined && isConfiguration(manifest)) throw new StoreError(describe(manifest, problem))
    if (groupKind(manifest) !== TENANT) continue
    if (problem !== undefined)
      unreadable.set(readMetadata(manifest.metadata).name ?? '', describe(manifest, problem))
    const reading = readTenant(manifest)
    if (reading.ok) tenants.set(reading.value.name, { tenant: reading.value, manifest })
  }
  return { manifests, tenants, unreadable, inventory }
}

/** A Tenant that is to be changed; undefined when there is none. Throws a StoreError for one that cannot be read. */
export function storedTenant({ tenants, unreadable }: World, name: string): StoredTenant | undefined {
  const problem = unreadable.get(name)
  if (problem !== undefined) throw new StoreError(`${problem}; correct or delete this Tenant first`)
  return tenants.get(name)
}
