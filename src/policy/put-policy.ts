import { readCluster } from '../config/cluster.ts'
import type { DocumentProblem } from '../config/document.ts'
import { readTenant } from '../config/tenant.ts'
import { quote } from '../json/quote.ts'
import { printPath } from '../json/value.ts'
import { CLUSTER_CONFIGURATION, groupKind, NETWORK, TENANT } from '../kube/group-kind.ts'
import { type Manifest, readMetadata } from '../kube/manifest.ts'
import { withNamespace } from '../kube/workloads.ts'
import { effectiveFindings } from './decision.ts'
import type { Finding } from './finding.ts'
import type { Inventory } from './inventory.ts'
import { judge, jurisdictionOf } from './judge.ts'

/** A problem with a manifest, for who sees only the sentence: `Tenant "finance" spec.vlans[0].ids: …`. */
export function describeProblem({ kind, metadata }: Manifest, { at, message }: DocumentProblem): string {
  return `${kind} ${quote(readMetadata(metadata).name ?? '')} ${printPath(at)}: ${message}`
}

/** What is wrong with a manifest of a policy, whether or not that is in force all the same. */
export interface PolicyProblem extends DocumentProblem {
  readonly manifest: Manifest
  readonly isInForce: boolean
}

/**
 * Puts a policy in force that nobody admitted: the configuration first, since everything else is read by the cluster's facts,
 * then Tenants, the older ones first. One that cannot be read, or takes what one before it holds, is left out.
 */
export function putPolicy(inventory: Inventory, manifests: readonly Manifest[]): PolicyProblem[] {
  const ranked = manifests.toSorted((a, b) => rankOf(a) - rankOf(b) || compareAge(a, b))
  return ranked.flatMap(manifest => {
    const findings = isPolicy(manifest) ? judge(manifest, inventory) : []
    const where = jurisdictionOf(manifest, inventory)
    const isRefused = effectiveFindings(findings.filter(isError), where).some(isError)
    const unread = isRefused ? [] : putManifest(inventory, manifest)
    const isInForce = !isRefused && unread.length === 0
    return [...effectiveFindings(findings, where), ...unread].map(({ at, message }) => ({
      manifest,
      at,
      message,
      isInForce,
    }))
  })
}

/** A warning that a setting makes an error refuses what is new, and takes nobody's networks away. */
function isError({ severity }: Finding): boolean {
  return severity === 'error'
}

function isPolicy(manifest: Manifest): boolean {
  return groupKind(manifest).startsWith('socni.dev/')
}

function rankOf(manifest: Manifest): number {
  return groupKind(manifest) === CLUSTER_CONFIGURATION ? 0 : isPolicy(manifest) ? 1 : 2
}

/** Files have no age, and stay in their order. */
function compareAge(a: Manifest, b: Manifest): number {
  const [one = '', other = ''] = [a, b].map(({ metadata: { creationTimestamp: time } }) =>
    typeof time === 'string' ? time : '',
  )
  return one === other ? 0 : one < other ? -1 : 1
}

/** Puts a manifest into the inventory, if it is of a kind that rules need to know. Returns what is wrong with it. */
export function putManifest(inventory: Inventory, given: Manifest): readonly DocumentProblem[] {
  // Files may leave the namespace out, which puts them where kubectl would; what an API server has names it.
  const manifest = withNamespace({ ...given, metadata: readMetadata(given.metadata) }, 'default')
  switch (groupKind(manifest)) {
    case TENANT: {
      const reading = readTenant(manifest)
      if (!reading.ok) return reading.problems
      inventory.putTenant(reading.value)
      return []
    }
    case CLUSTER_CONFIGURATION: {
      const reading = readCluster(manifest)
      if (!reading.ok) return reading.problems
      inventory.setCluster(reading.value)
      return []
    }
    case NETWORK:
      inventory.putAttachment(manifest)
      return []
    case '/Namespace':
      inventory.putNamespace(manifest.metadata.name ?? '', manifest.metadata.labels)
      return []
    case '/Pod':
      inventory.putPod(manifest)
      inventory.uses.put(manifest.metadata)
      return []
    default:
      return []
  }
}
