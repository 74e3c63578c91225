import { type Cluster, readCluster } from '../../src/config/cluster.ts'
import { printPath } from '../../src/json/value.ts'
import type { AdmissionRequest } from '../../src/kube/admission.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { CONFIGURATION_MAP, NAMESPACE, textsOf } from '../../src/kube-api/objects.ts'
import { Inventory } from '../../src/policy/inventory.ts'
import { judge } from '../../src/policy/judge.ts'
import type { Decide } from '../../src/review/context.ts'
import { warningsOf } from '../../src/review/warnings.ts'
import { readClusterConfiguration } from '../../src/store/cluster-configuration.ts'
import { contradictions, type OwnAddresses } from './own-addresses.ts'

/** Reads the text in ConfigMap socni-configuration. Throws an Error that says what is wrong with it, and where. */
export function parseConfiguration(data: Readonly<Record<string, string>>): Cluster {
  return clusterOf(readClusterConfiguration(data))
}

function clusterOf(manifest: Manifest): Cluster {
  const reading = readCluster(manifest)
  if (reading.ok) return reading.value
  throw new Error(
    reading.problems
      .map(({ at, message }) => `${CONFIGURATION_MAP.key}: ${printPath(at)}: ${message}`)
      .join('; '),
  )
}

/**
 * Refuses a configuration that could not be read, before what was there is replaced by it, and warns of one that is not
 * of the cluster that we are in. Everything else goes on.
 */
export function withConfigurationChecked(decide: Decide, own: OwnAddresses): Decide {
  return (request, phase) => {
    if (!isConfiguration(request) || request.operation === 'DELETE') return decide(request, phase)
    try {
      const manifest = readClusterConfiguration(textsOf(request.object ?? undefined))
      const contradicted = contradictions(clusterOf(manifest), own)
      const warnings = [...warningsOf(judge(manifest, new Inventory())), ...contradicted]
      return { uid: request.uid, allowed: true, ...(warnings.length > 0 && { warnings }) }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const status = { status: 'Failure' as const, code: 422, reason: 'Invalid', message }
      return { uid: request.uid, allowed: false, status }
    }
  }
}

function isConfiguration({ kind, namespace, name }: AdmissionRequest): boolean {
  return kind.kind === 'ConfigMap' && namespace === NAMESPACE && name === CONFIGURATION_MAP.name
}
