import type { KindOf } from './client.ts'

/** The kinds that rules know something from. */
export const KINDS = {
  tenant: { apiVersion: 'socni.dev/v1alpha1', kind: 'Tenant' },
  namespace: { apiVersion: 'v1', kind: 'Namespace' },
  network: { apiVersion: 'k8s.cni.cncf.io/v1', kind: 'NetworkAttachmentDefinition' },
  pod: { apiVersion: 'v1', kind: 'Pod' },
} as const satisfies Readonly<Record<string, KindOf>>

/** Field selector of pods that have not ended: those that have attach to nothing, and use nothing. */
export const PODS_NOT_ENDED = 'status.phase!=Succeeded,status.phase!=Failed'
