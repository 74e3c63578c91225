import { readCluster } from '../config/cluster.ts'
import { readTenant } from '../config/tenant.ts'
import type { Path } from '../json/value.ts'
import type { Manifest } from '../kube/manifest.ts'
import { asGiven, evaluate } from './evaluate.ts'
import type { Finding } from './finding.ts'
import type { Inventory } from './inventory.ts'
import { orphansOf } from './orphans.ts'
import { allRules, nearestRule, rules } from './rules/index.ts'

/** A Tenant, as it is written. */
export function judgeTenant(
  manifest: Manifest,
  inventory: Inventory,
  before: Manifest | undefined,
): Finding[] {
  const reading = readTenant(manifest)
  const tenant = reading.ok ? reading.value : undefined
  const reread = before && readTenant(before)
  const known = reread?.ok ? reread.value : undefined
  const subject = {
    problems: reading.ok ? [] : reading.problems,
    tenant,
    cluster: inventory.cluster,
    rivals: tenant === undefined ? [] : inventory.rivalsOf(tenant, known),
    nativeRivals: tenant === undefined ? [] : inventory.nativeRivalsOf(tenant),
    contested: tenant === undefined ? [] : inventory.contestedBy(tenant, known),
    exempt:
      tenant === undefined
        ? []
        : inventory.claimedBy(tenant).filter(name => inventory.cluster.exemptNamespaces.includes(name)),
    orphans: known !== undefined && tenant !== undefined ? orphansOf(known, tenant, inventory) : [],
  }
  return [
    ...evaluate(subject, rules.tenant, asGiven),
    ...judgeSettings([[['spec', 'rules'], tenant?.rules ?? {}]]),
  ]
}

/** The ClusterConfiguration; one that cannot be read is refused where it is read. */
export function judgeCluster(manifest: Manifest): Finding[] {
  const reading = readCluster(manifest)
  if (!reading.ok) return []
  const { rules: settings, namespaces } = reading.value
  const ofNamespaces = Object.entries(namespaces).map(
    ([namespace, own]) => [['spec', 'namespaces', namespace, 'rules'], own.rules] as const,
  )
  return judgeSettings([[['spec', 'rules'], settings], ...ofNamespaces])
}

/** Settings of rules, and where they stand. */
function judgeSettings(settings: readonly (readonly [at: Path, rules: object])[]): Finding[] {
  const ids = allRules.map(({ id }) => id)
  const unknownRules = settings.flatMap(([at, own]) =>
    Object.keys(own)
      .filter(id => !ids.includes(id))
      .map(id => ({ id, at: [...at, id], near: nearestRule(id, ids) })),
  )
  return evaluate({ unknownRules }, rules.settings, asGiven)
}
