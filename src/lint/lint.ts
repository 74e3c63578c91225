import type { RuleSettings } from '../config/values.ts'
import { groupKind, TENANT } from '../kube/group-kind.ts'
import type { Manifest } from '../kube/manifest.ts'
import { Inventory } from '../policy/inventory.ts'
import { describeProblem, putPolicy } from '../policy/put-policy.ts'
import { tenancyRules } from '../policy/rules/index.ts'
import { Batch, type Gathered, type Judged, type JudgeTask } from './batch.ts'
import type { LintFinding, LintResult, Source } from './result.ts'

export interface LintOptions {
  /** Files that others are judged by, without being linted. */
  readonly policy: readonly Source[]
  /** Objects of a live cluster that others are judged by; undefined where none was asked. */
  readonly cluster?: readonly Manifest[] | undefined
  readonly rules: RuleSettings
  /** Where manifests go that do not say so, as with `kubectl -n`. */
  readonly namespace: string
}

const NO_TENANT =
  'no Tenant was found, so the rules about who may reach what were left out: name the policy with --policy DIR, or a cluster with --cluster'

/**
 * Lints files with the rules of the webhook. Manifests see each other, whatever files they are in. Without any Tenant
 * the rules about who may reach what are left out, with one notice, unless a cluster was asked: one without Tenants
 * refuses everybody. Policy that cannot be read is a finding as well: without it the rest would be judged by other
 * facts than were meant.
 */
export function lint(sources: readonly Source[], options: LintOptions): LintResult {
  const batch = new Batch(sources, { namespace: options.namespace, isLinted: true })
  const gathered = batch.gather()
  const world = buildLintWorld([gathered], options)
  return conclude([gathered], [batch.judge(world)], world)
}

/** What everything is judged by, once all files have told what they hold. */
export interface LintWorld extends JudgeTask {
  /** Files may merely lack the policy; what a cluster has is all of it. */
  readonly knowsTenants: boolean
  /** What of the cluster's policy is not in force, so that nothing was judged by it. */
  readonly outOfForce: readonly string[]
  readonly given: Gathered
}

export function buildLintWorld(
  gathered: readonly Gathered[],
  { policy, cluster, rules, namespace }: LintOptions,
): LintWorld {
  const given = new Batch(policy, { namespace, isLinted: false }).gather()
  const manifests = [...(cluster ?? []), ...given.policy, ...gathered.flatMap(part => part.policy)]
  const knowsTenants = cluster !== undefined || manifests.some(manifest => groupKind(manifest) === TENANT)
  const left = knowsTenants ? {} : Object.fromEntries(tenancyRules.map(id => [id, 'off' as const]))
  const isPartial = cluster === undefined
  const outOfForce = cluster === undefined ? [] : findOutOfForce(cluster)
  return { policy: manifests, rules: { ...left, ...rules }, isPartial, knowsTenants, outOfForce, given }
}

/** Tenants of a cluster that cannot be read, or take what others hold, as the webhook leaves them out. */
function findOutOfForce(cluster: readonly Manifest[]): string[] {
  const policy = cluster.filter(manifest => groupKind(manifest).startsWith('socni.dev/'))
  return putPolicy(new Inventory(), policy)
    .filter(({ isInForce }) => !isInForce)
    .map(problem => `not in force in the cluster: ${describeProblem(problem.manifest, problem)}`)
}

/** Puts the parts of a run together, in the order of the files. */
export function conclude(
  gathered: readonly Gathered[],
  judged: readonly Judged[],
  { given, knowsTenants, outOfForce, rules }: LintWorld,
): LintResult {
  const unread = gathered.flatMap(part => part.findings).map(list => applySettings(list, rules))
  const found = withoutRepeats(judged.flatMap(part => part.findings))
  const makers = new Set(gathered.flatMap(part => part.networkMakers))
  const foreign = gathered.reduce((count, part) => count + part.foreign, 0)
  return {
    findings: [
      ...given.findings.flat(),
      ...unread.flatMap((list, index) => [...list, ...(found[index] ?? [])]),
    ],
    ignored: judged.flatMap(part => part.ignored.flat()),
    failures: [
      ...given.failures,
      ...gathered.flatMap(part => part.failures),
      ...judged.flatMap(part => part.failures),
    ],
    notices: [
      ...(knowsTenants ? [] : [NO_TENANT]),
      ...outOfForce,
      ...(makers.size === 0 ? [] : [makersNotice([...makers].sort())]),
      ...(foreign === 0 ? [] : [foreignNotice(foreign)]),
    ],
    files: unread.length,
    manifests: gathered.reduce((count, part) => count + part.manifests, 0),
  }
}

/** What is said of a network in this run is not said in full again of each pod that selects it. */
function withoutRepeats(found: readonly (readonly LintFinding[])[]): LintFinding[][] {
  const errors = found.flat().filter(({ severity }) => severity === 'error')
  const refused = new Set(errors.map(({ object }) => object))
  return found.map(list =>
    list.map(({ brief, ...finding }) =>
      brief !== undefined && refused.has(brief.object) ? { ...finding, message: brief.message } : finding,
    ),
  )
}

/** Settings from the command line also hold for what cannot be read, which is in no namespace. */
function applySettings(findings: readonly LintFinding[], rules: RuleSettings): LintFinding[] {
  return findings.flatMap(finding => {
    const setting = Object.hasOwn(rules, finding.rule) ? rules[finding.rule] : undefined
    if (setting === undefined) return [finding]
    return setting === 'off'
      ? []
      : [{ ...finding, severity: setting === 'deny' ? 'error' : 'warning' } as const]
  })
}

function makersNotice(kinds: readonly string[]): string {
  return `${kinds.join(', ')}: not judged here, as operators make the NetworkAttachmentDefinitions of these; the webhook judges what they make`
}

function foreignNotice(count: number): string {
  return count === 1
    ? '1 document is no object of a cluster and was left out'
    : `${count} documents are no objects of a cluster and were left out`
}
