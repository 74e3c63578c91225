import { CLUSTER_CONFIGURATION, groupKind } from '../kube/group-kind.ts'
import type { Manifest } from '../kube/manifest.ts'
import { CONFIGURATION_MAP, NAMESPACE } from '../kube-api/objects.ts'
import { readManifests } from '../yaml/document.ts'

/**
 * The one ClusterConfiguration in the text of ConfigMap socni-configuration. Throws an Error that says what is wrong with
 * the text, and where.
 */
export function readClusterConfiguration(data: Readonly<Record<string, string>>): Manifest {
  const { key, name } = CONFIGURATION_MAP
  const { manifests, problems } = readManifests(data[key] ?? '')
  const [unreadable] = problems
  if (unreadable !== undefined) throw new Error(`${key}:${unreadable.line}: ${unreadable.message}`)
  const [manifest, second] = manifests
  if (manifest === undefined || groupKind(manifest) !== CLUSTER_CONFIGURATION || second !== undefined)
    throw new Error(
      `ConfigMap ${NAMESPACE}/${name} has no "${key}" with one ClusterConfiguration in it (docs/policy.md)`,
    )
  return manifest
}
