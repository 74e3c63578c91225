import type { Manifest } from './manifest.ts'

/** Kinds that are asked for in many places, as groupKind names them. */
export const NETWORK = 'k8s.cni.cncf.io/NetworkAttachmentDefinition'
export const TENANT = 'socni.dev/Tenant'
export const CLUSTER_CONFIGURATION = 'socni.dev/ClusterConfiguration'

/** API group and kind: `apps/Deployment`, `/Pod` for the core group. */
export function groupKind({ apiVersion, kind }: Pick<Manifest, 'apiVersion' | 'kind'>): string {
  return `${apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''}/${kind}`
}
