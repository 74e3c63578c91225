import type { Manifest } from '../src/kube/manifest.ts'
import { exampleWorld } from '../src/policy/example.ts'
import { Inventory } from '../src/policy/inventory.ts'
import { putManifest } from '../src/policy/put-policy.ts'

/** The inventory of the example world, and what a test adds to it. */
export function exampleInventory(...given: readonly Manifest[]): Inventory {
  const inventory = new Inventory()
  for (const manifest of [...exampleWorld, ...given]) {
    const problems = putManifest(inventory, manifest)
    if (problems.length > 0) throw new Error(`${manifest.metadata.name}: ${JSON.stringify(problems)}`)
  }
  return inventory
}
