import { groupKind } from './group-kind.ts'
import type { Manifest } from './manifest.ts'

/** Where our objects in a cluster are (manifests/base). */
export const NAMESPACE = 'socni-system'
export const CONFIGURATION_MAP = { name: 'socni-configuration', key: 'cluster.yaml' }

/** Whether this is the ConfigMap with the cluster's configuration. Kustomize and Helm write the namespace into it later. */
export function isConfigurationMap(manifest: Manifest): boolean {
  const { name, namespace = NAMESPACE } = manifest.metadata
  return groupKind(manifest) === '/ConfigMap' && name === CONFIGURATION_MAP.name && namespace === NAMESPACE
}
