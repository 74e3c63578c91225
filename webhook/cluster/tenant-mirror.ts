import type { Manifest } from '../../src/kube/manifest.ts'
import { Inventory } from '../../src/policy/inventory.ts'
import { judge } from '../../src/policy/judge.ts'
import { describeProblem, putManifest } from '../../src/policy/load.ts'
import type { Mirror } from './mirror.ts'

/**
 * Tenants that slipped in while no webhook judged them: one that cannot be read stays as it was before, and of two that
 * take each other's VLANs the older one stays, in every replica alike.
 */
export function tenantMirror(inventory: Inventory, report: (problems: string[]) => void): Mirror {
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
    const problems = [...unreadable.values()]
    for (const tenant of [...good.values()].sort(byAge)) {
      const conflicts = judge(tenant, inventory).filter(({ severity }) => severity === 'error')
      problems.push(...conflicts.map(conflict => describeProblem(tenant, conflict)))
      if (conflicts.length === 0) putManifest(inventory, tenant)
    }
    report(problems)
  }
  return {
    replace: manifests => {
      const names = new Set(manifests.map(({ metadata }) => metadata.name))
      for (const name of good.keys()) if (!names.has(name)) good.delete(name)
      unreadable.clear()
      for (const manifest of manifests) take(manifest)
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

function byAge(a: Manifest, b: Manifest): number {
  const [one, other] = [a, b].map(({ metadata }) => `${metadata.creationTimestamp ?? ''} ${metadata.name}`)
  return (one ?? '') < (other ?? '') ? -1 : 1
}
