import { ALL_VLANS, printVlans, uniteVlans } from '../net/vlan-set.ts'
import { type DocumentEdit, StoreError } from '../store/store.ts'
import { change, noTenant, type Plan } from './plan.ts'
import { type StoredTenant, storedTenant, type World } from './world.ts'

/** A tenant gets a namespace, whose pods may then join its VLANs. */
export function planAddNamespace(world: World, name: string, namespace: string): Plan {
  const { tenant, manifest } = knownTenant(world, name)
  if (tenant.namespaces.includes(namespace))
    throw new StoreError(`tenant "${name}" has namespace "${namespace}" already`)
  const edit: DocumentEdit = { action: 'append', at: ['spec', 'namespaces'], value: namespace }
  return { changes: change(manifest, [edit]) }
}

/** A tenant loses a namespace, and the claims of its pods there no longer count. */
export function planRemoveNamespace(world: World, name: string, namespace: string): Plan {
  const { tenant, manifest } = knownTenant(world, name)
  const index = tenant.namespaces.indexOf(namespace)
  if (index === -1) {
    const isSelected = world.inventory.tenantOf(namespace)?.name === name
    throw new StoreError(
      isSelected
        ? `namespace "${namespace}" is of tenant "${name}" by its namespaceSelector: take the label off the namespace`
        : `tenant "${name}" does not name namespace "${namespace}": it has ${tenant.namespaces.join(', ') || 'none'}`,
    )
  }
  if (tenant.namespaces.length === 1 && tenant.namespaceSelector === undefined)
    throw new StoreError(
      `"${namespace}" is the only namespace of tenant "${name}": add another one first, or delete the tenant`,
    )
  return {
    changes: change(manifest, [{ action: 'remove', at: ['spec', 'namespaces', index] }]),
    // As the webhook revokes what a Tenant loses by other means (webhook/cluster/withdrawals.ts).
    revocations: [{ tenant: name, namespace, vlans: ALL_VLANS }],
  }
}

/** A tenant that holds nothing goes. */
export function planDeleteTenant(world: World, name: string): Plan {
  const { tenant, manifest } = knownTenant(world, name)
  const held = printVlans(uniteVlans(...tenant.vlans.map(({ ids }) => ids)))
  if (tenant.vlans.length > 0)
    throw new StoreError(
      `tenant "${name}" holds VLAN ${held}: take these away first, with socni-ctl --tenant-id ${name} delete --id ${held}`,
    )
  return { changes: [], deleted: manifest }
}

function knownTenant(world: World, name: string): StoredTenant {
  const stored = storedTenant(world, name)
  if (stored === undefined) throw new StoreError(noTenant(world, name))
  return stored
}
