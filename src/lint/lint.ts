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

/** Text that is no manifest at all is a finding as well, so that it has a place and fails the run. */
const UNREADABLE = {
  rule: 'unreadable-manifest',
  severity: 'error' as Severity,
  title: 'The document is no Kubernetes object',
}

/**
 * Lints files with the rules of the webhook. Manifests see each other, whatever files they are in. Without any Tenant
 * the rules about who may reach what are left out, with one notice; all others run.
 */
export function lint(sources: readonly Source[], { policy, rules, namespace }: LintOptions): LintResult {
  const inventory = new Inventory()
  const located = [
    ...sources.map(source => ({ source, isLinted: true })),
    ...policy.map(source => ({ source, isLinted: false })),
  ].map(({ source, isLinted }) => ({
    source,
    isLinted,
    file: inNamespace(readLocated(source.text), namespace),
  }))
  const findings: LintFinding[] = located
    .filter(({ isLinted }) => isLinted)
    .flatMap(({ source, file }) => unreadable(source, file))
  const manifests = located.flatMap(({ file }) => file.manifests.map(({ manifest }) => manifest))
  // Facts about the cluster first: everything else is read by them.
  for (const manifest of manifests.sort((a, b) => Number(isCluster(b)) - Number(isCluster(a))))
    putManifest(inventory, manifest)
  const hasTenants = [...inventory.tenants()].length > 0
  const left: Record<string, 'off'> = hasTenants
    ? {}
    : Object.fromEntries(tenancyRules.map(id => [id, 'off']))

  for (const { source, file } of located.filter(({ isLinted }) => isLinted)) {
    for (const { manifest, place } of file.manifests) {
      const where = jurisdictionOf(manifest, inventory)
      for (const finding of effectiveFindings(judge(manifest, inventory), where, { ...left, ...rules })) {
        findings.push({
          ...finding,
          path: source.path,
          place: place(finding.at, finding.inside),
          object: describe(manifest),
        })
      }
    }
  }
  const notices = hasTenants
    ? []
    : [
        'no Tenant was found, so the rules about who may reach what were left out: name the policy with --policy DIR',
      ]
  return { findings, notices, files: sources.length, manifests: manifests.length }
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

function unreadable({ path }: Source, { problems }: LocatedFile): LintFinding[] {
  return problems.map(({ place, message }) => ({ ...UNREADABLE, message, at: [], path, place, object: '' }))
}

function isCluster(manifest: Manifest): boolean {
  return groupKind(manifest) === 'socni.dev/ClusterConfiguration'
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
