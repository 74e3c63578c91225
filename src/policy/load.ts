import { readCluster } from '../config/cluster.ts'
import type { DocumentProblem } from '../config/document.ts'
import { readTenant } from '../config/tenant.ts'
import { quote } from '../json/quote.ts'
import { printPath } from '../json/value.ts'
import { type Manifest, readMetadata } from '../kube/manifest.ts'
import { groupKind } from '../kube/workloads.ts'
import type { Inventory } from './inventory.ts'

/** A problem with a manifest, for who sees only the sentence: `Tenant "finance" spec.vlans[0].ids: …`. */
export function describeProblem({ kind, metadata }: Manifest, { at, message }: DocumentProblem): string {
  return `${kind} ${quote(readMetadata(metadata).name ?? '')} ${printPath(at)}: ${message}`
}

/** Puts a manifest into the inventory, if it is of a kind that rules need to know. Returns what is wrong with it. */
export function putManifest(inventory: Inventory, given: Manifest): readonly DocumentProblem[] {
  const manifest = { ...given, metadata: readMetadata(given.metadata) }
  switch (groupKind(manifest)) {
    case 'socni.dev/Tenant': {
      const reading = readTenant(manifest)
      if (!reading.ok) return reading.problems
      inventory.putTenant(reading.value)
      return []
    }
    case 'socni.dev/ClusterConfiguration': {
      const reading = readCluster(manifest)
      if (!reading.ok) return reading.problems
      inventory.setCluster(reading.value)
      return []
    }
    case 'k8s.cni.cncf.io/NetworkAttachmentDefinition':
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
