import { type Cluster, readCluster } from '../../src/config/cluster.ts'
import { printPath } from '../../src/json/value.ts'
import type { AdmissionRequest } from '../../src/kube/admission.ts'
import { groupKind } from '../../src/kube/workloads.ts'
import { CONFIGURATION, NAMESPACE, textsOf } from '../../src/kube-api/objects.ts'
import type { Decide } from '../../src/review/review.ts'
import { readManifests } from '../../src/yaml/document.ts'

/** Reads the text in ConfigMap socni-configuration. Throws an Error that says what is wrong with it, and where. */
export function parseConfiguration(data: Readonly<Record<string, string>>): Cluster {
  const { key } = CONFIGURATION
  const { manifests, problems } = readManifests(data[key] ?? '')
  const [unreadable] = problems
  if (unreadable !== undefined) throw new Error(`${key}:${unreadable.line}: ${unreadable.message}`)
  const [manifest, second] = manifests
  if (
    manifest === undefined ||
    groupKind(manifest) !== 'socni.dev/ClusterConfiguration' ||
    second !== undefined
  )
    throw new Error(`its data has no "${key}" with one ClusterConfiguration in it (docs/policy.md)`)
  const reading = readCluster(manifest)
  if (reading.ok) return reading.value
  throw new Error(
    reading.problems.map(({ at, message }) => `${key}: ${printPath(at)}: ${message}`).join('; '),
  )
}

/** Refuses a configuration that could not be read, before what was there is replaced by it. Everything else goes on. */
export function withConfigurationChecked(decide: Decide): Decide {
  return (request, phase) => {
    if (!isConfiguration(request) || request.operation === 'DELETE') return decide(request, phase)
    try {
      parseConfiguration(textsOf(request.object ?? undefined))
      return { uid: request.uid, allowed: true }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const status = { status: 'Failure' as const, code: 422, reason: 'Invalid', message }
      return { uid: request.uid, allowed: false, status }
    }
  }
}

function isConfiguration({ kind, namespace, name }: AdmissionRequest): boolean {
  return kind.kind === 'ConfigMap' && namespace === NAMESPACE && name === CONFIGURATION.name
}
