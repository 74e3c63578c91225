import type { Manifest } from '../kube/manifest.ts'
import { groupKind } from '../kube/workloads.ts'
import type { Jurisdiction } from '../policy/decision.ts'
import { effectiveFindings } from '../policy/decision.ts'
import type { Finding, Severity } from '../policy/finding.ts'
import { Inventory } from '../policy/inventory.ts'
import { judge } from '../policy/judge.ts'
import { putManifest } from '../policy/load.ts'
import { tenancyRules } from '../policy/rules/index.ts'
import { type LocatedFile, type Place, readLocated } from '../yaml/document.ts'

/** A file that is linted, or only gives policy to others. */
export interface Source {
  /** As people name it: a path from where they are, or `<stdin>`. */
  readonly path: string
  readonly text: string
}

/** A finding with its place in a file. */
export interface LintFinding extends Finding {
  readonly path: string
  readonly place: Place
  /** The object that it is about: `NetworkAttachmentDefinition finance/ledger`. */
  readonly object: string
}

export interface LintResult {
  readonly findings: readonly LintFinding[]
  /** What could not be looked at, and why. */
  readonly notices: readonly string[]
  readonly files: number
  readonly manifests: number
}

export interface LintOptions {
  /** Files that others are judged by, without being linted. */
  readonly policy: readonly Source[]
  /** Settings from the command line; they stand above all others. */
  readonly rules: Readonly<Record<string, 'off' | 'warn' | 'deny'>>
  /** Where manifests go that do not say so, as with `kubectl -n`. */
  readonly namespace: string
}

/** What has no rule of its own, so that it has a place and fails the run all the same. */
const UNREADABLE = {
  rule: 'unreadable-manifest',
  severity: 'error' as Severity,
  title: 'The document cannot be read',
}

const NO_TENANT =
  'no Tenant was found, so the rules about who may reach what were left out: name the policy with --policy DIR'

interface OpenFile {
  readonly path: string
  readonly file: LocatedFile
}

/**
 * Lints files with the rules of the webhook. Manifests see each other, whatever files they are in. Without any Tenant
 * the rules about who may reach what are left out, with one notice; all others run. Policy that cannot be read is a
 * finding as well: without it the rest would be judged by other facts than were meant.
 */
export function lint(sources: readonly Source[], { policy, rules, namespace }: LintOptions): LintResult {
  const open = ({ path, text }: Source): OpenFile => ({
    path,
    file: inNamespace(readLocated(text), namespace),
  })
  const [linted, given] = [sources.map(open), policy.map(open)]
  const inventory = new Inventory()
  const findings = [...linted, ...given].flatMap(unreadable)
  findings.push(...given.flatMap(file => fill(inventory, file, 'report tenants')))
  findings.push(...linted.flatMap(file => fill(inventory, file, 'leave tenants to their rule')))

  const hasTenants = [...inventory.tenants()].length > 0
  const left = hasTenants ? {} : Object.fromEntries(tenancyRules.map(id => [id, 'off' as const]))
  for (const { path, file } of linted) {
    for (const { manifest, place } of file.manifests) {
      const where = jurisdictionOf(manifest, inventory)
      for (const finding of effectiveFindings(judge(manifest, inventory), where, { ...left, ...rules })) {
        findings.push({
          ...finding,
          path,
          place: place(finding.at, finding.inside),
          object: describe(manifest),
        })
      }
    }
  }
  const manifests = linted.reduce((count, { file }) => count + file.manifests.length, 0)
  return { findings, notices: hasTenants ? [] : [NO_TENANT], files: sources.length, manifests }
}

function unreadable({ path, file }: OpenFile): LintFinding[] {
  return file.problems.map(({ place, message }) => ({
    ...UNREADABLE,
    message,
    at: [],
    path,
    place,
    object: '',
  }))
}

/** Puts the manifests of a file into the inventory, and reports those that say nothing that could be put there. */
function fill(
  inventory: Inventory,
  { path, file }: OpenFile,
  mode: 'report tenants' | 'leave tenants to their rule',
): LintFinding[] {
  return file.manifests.flatMap(({ manifest, place }) => {
    const problems = putManifest(inventory, manifest)
    if (mode === 'leave tenants to their rule' && groupKind(manifest) === 'socni.dev/Tenant') return []
    return problems.map(({ at, message }) => ({
      ...UNREADABLE,
      message,
      at,
      path,
      place: place(at),
      object: describe(manifest),
    }))
  })
}

/** Kinds that live outside of any namespace, among those that there are rules for. */
const CLUSTER_SCOPED: ReadonlySet<string> = new Set([
  'socni.dev/Tenant',
  'socni.dev/ClusterConfiguration',
  '/Namespace',
])

function inNamespace({ manifests, problems }: LocatedFile, namespace: string): LocatedFile {
  const placed = manifests.map(({ manifest, place }) => {
    const isPlaced = manifest.metadata.namespace !== undefined || CLUSTER_SCOPED.has(groupKind(manifest))
    return {
      place,
      manifest: isPlaced ? manifest : { ...manifest, metadata: { ...manifest.metadata, namespace } },
    }
  })
  return { manifests: placed, problems }
}

function jurisdictionOf({ metadata }: Manifest, inventory: Inventory): Jurisdiction {
  const namespace = typeof metadata.namespace === 'string' ? metadata.namespace : undefined
  return {
    cluster: inventory.cluster,
    tenant: namespace === undefined ? undefined : inventory.tenantOf(namespace),
    namespace,
  }
}

function describe({ kind, metadata }: Manifest): string {
  const name = metadata.name ?? metadata.generateName ?? ''
  return `${kind} ${metadata.namespace === undefined ? name : `${metadata.namespace}/${name}`}`
}
