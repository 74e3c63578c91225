import { readTenant, type Tenant } from '../config/tenant.ts'
import type { Manifest } from '../kube/manifest.ts'
import { groupKind } from '../kube/workloads.ts'
import { Inventory } from '../policy/inventory.ts'
import { describeProblem, putManifest, putPolicy } from '../policy/load.ts'
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
  readonly inventory: Inventory
}

/** Reads a store. Throws a StoreError naming the document and field that cannot be read. */
export async function readWorld(store: PolicyStore): Promise<World> {
  return buildWorld(await store.list())
}

/** The policy as a webhook has it in force, which says what it leaves out of a store. Throws as readWorld. */
export async function readInForce(store: PolicyStore, say: (text: string) => void): Promise<Inventory> {
  const { manifests } = await readWorld(store)
  const inventory = new Inventory()
  for (const problem of putPolicy(inventory, manifests))
    if (!problem.isInForce) say(`note: not in force: ${describeProblem(problem.manifest, problem)}\n`)
  return inventory
}

/** The configuration comes first: everything else is read by the cluster's facts. */
export function buildWorld(manifests: readonly Manifest[]): World {
  const inventory = new Inventory()
  const tenants = new Map<string, StoredTenant>()
  const isConfiguration = (manifest: Manifest): boolean =>
    groupKind(manifest) === 'socni.dev/ClusterConfiguration'
  const ordered = [
    ...manifests.filter(isConfiguration),
    ...manifests.filter(manifest => !isConfiguration(manifest)),
  ]
  for (const manifest of ordered) {
    const [problem] = putManifest(inventory, manifest)
    if (problem !== undefined) throw new StoreError(describeProblem(manifest, problem))
    if (groupKind(manifest) !== 'socni.dev/Tenant') continue
    const reading = readTenant(manifest)
    if (reading.ok) tenants.set(reading.value.name, { tenant: reading.value, manifest })
  }
  return { manifests, tenants, inventory }
}
