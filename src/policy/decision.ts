import type { Cluster } from '../config/cluster.ts'
import type { Tenant } from '../config/tenant.ts'
import type { Enforcement, RuleSetting, RuleSettings } from '../config/values.ts'
import type { Finding } from './finding.ts'

/** What becomes of findings: the request is refused for the denied ones, the user is shown the warned ones. */
export interface Decision {
  readonly denied: readonly Finding[]
  readonly warned: readonly Finding[]
  /** Findings that were neither refused nor shown, since the namespace is only audited. */
  readonly audited: readonly Finding[]
  /** Nothing stands against it, whatever the enforcement: only then is a claim signed. */
  readonly isClean: boolean
}

/** Where a request takes place: settings of the namespace stand above its tenant's, and these above the cluster's. */
export interface Jurisdiction {
  readonly cluster: Cluster
  readonly tenant: Tenant | undefined
  readonly namespace: string | undefined
}

/** Applies rule settings, then the enforcement. */
export function decide(findings: readonly Finding[], where: Jurisdiction): Decision {
  const effective = effectiveFindings(findings, where)
  const errors = effective.filter(({ severity }) => severity === 'error')
  const warnings = effective.filter(({ severity }) => severity === 'warning')
  const enforcement = enforcementOf(where)
  return {
    denied: enforcement === 'deny' ? errors : [],
    warned: enforcement === 'warn' ? [...errors, ...warnings] : enforcement === 'deny' ? warnings : [],
    audited: enforcement === 'audit' ? effective : [],
    isClean: errors.length === 0,
  }
}

/** The findings after the settings of their rules, each cause once; `override` stands above all of them. */
export function effectiveFindings(
  findings: readonly Finding[],
  where: Jurisdiction,
  override: RuleSettings = {},
): Finding[] {
  const effective = findings.flatMap(finding =>
    applySetting(finding, ownSetting(override, finding.rule) ?? settingOf(finding.rule, where)),
  )
  // By their rules: what a tenant writes may have tens of thousands of findings.
  const errors = Map.groupBy(
    effective.filter(({ severity }) => severity === 'error'),
    ({ rule }) => rule,
  )
  return effective.filter(finding => {
    const louder = SAID_BY.get(finding.rule) ?? []
    return !louder.some(rule => errors.get(rule)?.some(other => isEcho(finding, other)))
  })
}

/**
 * Rules that say less of the same place than another one does. Only where that one is an error, after all settings: leaving
 * the second word out must let nothing pass.
 */
const SAID_BY: ReadonlyMap<string, readonly string[]> = new Map([
  ['interface-not-granted', ['protected-interface', 'unreadable-config']],
  ['unknown-attachment', ['unreadable-selection']],
  ['unreadable-selection', ['default-network-override']],
])

/** Whether the other one is about the same place, or what it is in: of a configuration there is much to say besides. */
function isEcho(finding: Finding, other: Finding): boolean {
  const [place = [], around = []] = [finding, other].map(({ at, inside = [] }) => [...at, ...inside])
  if (other.rule === 'unreadable-config' && around.length < place.length) return false
  return around.every((step, index) => place[index] === step)
}

/** What becomes of errors there. */
export function enforcementOf({ cluster, tenant, namespace }: Jurisdiction): Enforcement {
  return namespaceSettings(cluster, namespace)?.enforcement ?? tenant?.enforcement ?? cluster.enforcement
}

/** What somebody made of a rule; undefined where nobody made anything of it. */
export function settingOf(
  rule: string,
  { cluster, tenant, namespace }: Jurisdiction,
): RuleSetting | undefined {
  return (
    ownSetting(namespaceSettings(cluster, namespace)?.rules, rule) ??
    ownSetting(tenant?.rules, rule) ??
    ownSetting(cluster.rules, rule)
  )
}

function namespaceSettings(cluster: Cluster, namespace: string | undefined) {
  return namespace !== undefined && Object.hasOwn(cluster.namespaces, namespace)
    ? cluster.namespaces[namespace]
    : undefined
}

function ownSetting(settings: RuleSettings | undefined, rule: string): RuleSetting | undefined {
  return settings !== undefined && Object.hasOwn(settings, rule) ? settings[rule] : undefined
}

function applySetting(finding: Finding, setting: RuleSetting | undefined): Finding[] {
  if (setting === 'off') return []
  if (setting === undefined) return [finding]
  return [{ ...finding, severity: setting === 'deny' ? 'error' : 'warning' }]
}
