import { quoteValue } from '../json/quote.ts'
import { type Path, printPath } from '../json/value.ts'
import { groupKind, NETWORK } from '../kube/group-kind.ts'
import type { Manifest } from '../kube/manifest.ts'
import { findPodTemplate } from '../kube/workloads.ts'
import type { Finding } from '../policy/finding.ts'
import type { DisputedScalar } from '../yaml/document.ts'
import { disputedScalar, type FileRule, invalidManifest } from './rules.ts'
import { checkSchema } from './schemas.ts'

/**
 * The findings of the rules, and what is wrong with how the manifest is written. About one field one of them speaks: what
 * a rule says of a Tenant is more to the point, but a configuration that is no text has no content to speak of.
 */
export function withFileFindings(
  manifest: Manifest,
  scalars: readonly DisputedScalar[],
  judged: readonly Finding[],
): Finding[] {
  const disputed = scalars
    .filter(({ at }) => isOurs(manifest, at))
    .map(scalar => findingOf(disputedScalar, scalar.at, messageOf(scalar)))
  const wrong = checkSchema(manifest)
  const problems = wrong.map(({ at, message }) => findingOf(invalidManifest, at, message))
  const isConfig = ({ at }: Pick<Finding, 'at'>): boolean => printPath(at) === 'spec.config'
  const isNoText = wrong.some(problem => isConfig(problem) || isConfig({ at: problem.meant ?? [] }))
  const kept = isNoText ? judged.filter(finding => !isConfig(finding)) : judged
  const said = new Set([...kept, ...disputed].map(({ at }) => printPath(at)))
  return [...kept, ...disputed, ...problems.filter(({ at }) => !said.has(printPath(at)))]
}

function findingOf({ id, severity, title }: FileRule, at: Path, message: string): Finding {
  return { rule: id, severity, title, message, at }
}

function messageOf({ written, kubectl, yaml12, isKey }: DisputedScalar): string {
  const what = isKey ? 'the key ' : ''
  const text = JSON.stringify(written)
  return `${what}${written} is ${quoteValue(kubectl)} to kubectl and ${quoteValue(yaml12)} in YAML 1.2: write ${text} with the quotes, or a value that both read alike`
}

/** The fields that rules read: all of our own resources and of NADs, the metadata of everything else. */
function isOurs(manifest: Manifest, at: Path): boolean {
  const kind = groupKind(manifest)
  if (kind.startsWith('socni.dev/') || kind === NETWORK) return true
  if (at[0] === 'metadata') return true
  const template = findPodTemplate(manifest)?.at
  return template !== undefined && [...template, 'metadata'].every((step, index) => at[index] === step)
}
