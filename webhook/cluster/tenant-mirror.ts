import type { Manifest } from '../../src/kube/manifest.ts'
import { Inventory } from '../../src/policy/inventory.ts'
import { describeProblem, putManifest, putPolicy } from '../../src/policy/put-policy.ts'
import type { Mirror } from './mirror.ts'

export interface TenantMirror extends Mirror {
  /** What the cluster is has changed, and with it what Tenants take from each other. */
  judgeAgain(): void
}

/**
 * Tenants that slipped in while no webhook judged them: one that cannot be read stays as it was before, and of two that
 * take each other's VLANs the older one stays, in every replica alike.
 */
export function tenantMirror(inventory: Inventory, report: (problems: string[]) => void): TenantMirror {
  const good = new Map<string, Manifest>()
  const unreadable = new Map<string, string>()
  const take = (tenant: Manifest): void => {
    const name = tenant.metadata.name ?? ''
    const [problem] = putManifest(new Inventory(), tenant)
    unreadable.delete(name)
    if (problem === undefined) good.set(name, tenant)
    else unreadable.set(name, describeProblem(tenant, problem))
  }
  const rebuild = (): void => {
    for (const { name } of [...inventory.tenants()]) inventory.removeTenant(name)
    // Those of one second go by their names, or two replicas would keep another one each.
    const named = [...good].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, tenant]) => tenant)
    const conflicts = putPolicy(inventory, named).filter(({ isInForce }) => !isInForce)
    report([...unreadable.values(), ...conflicts.map(problem => describeProblem(problem.manifest, problem))])
  }
  return {
    replace: async manifests => {
      const tenants = await Array.fromAsync(manifests)
      const names = new Set(tenants.map(({ metadata }) => metadata.name))
      for (const name of good.keys()) if (!names.has(name)) good.delete(name)
      unreadable.clear()
      for (const tenant of tenants) take(tenant)
      rebuild()
    },
    put: manifest => {
      // The status is written whenever a pod comes or goes, and says nothing of the policy.
      if (isSameSpec(manifest, good.get(manifest.metadata.name ?? ''))) return
      take(manifest)
      rebuild()
    },
    remove: ({ metadata: { name = '' } }) => {
      good.delete(name)
      unreadable.delete(name)
      rebuild()
    },
    judgeAgain: rebuild,
  }
}

/** The API server counts up `generation` when the spec changes, and then only. */
function isSameSpec({ metadata }: Manifest, known: Manifest | undefined): boolean {
  const { uid, generation } = metadata
  return (
    generation !== undefined &&
    uid !== undefined &&
    known?.metadata.uid === uid &&
    known.metadata.generation === generation
  )
}
