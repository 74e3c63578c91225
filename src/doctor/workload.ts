import type { Answer } from '../kube/installed.ts'
import type { Manifest } from '../kube/manifest.ts'

/** What a check reads of a pod; the API server has seen to its shape (core/v1 Pod). */
export interface Pod {
  readonly metadata: {
    readonly name: string
    readonly labels?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
  }
  readonly spec: { readonly nodeName?: string }
  readonly status?: {
    readonly phase?: string
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly message?: string
    }[]
    readonly containerStatuses?: readonly {
      readonly state?: {
        readonly waiting?: ContainerState
        readonly terminated?: ContainerState
      }
    }[]
  }
}

interface ContainerState {
  readonly reason?: string
  readonly message?: string
}

/** What a check reads of a Deployment or DaemonSet (apps/v1). */
export interface Workload {
  readonly metadata: { readonly generation?: number }
  readonly spec: {
    readonly replicas?: number
    readonly template: {
      readonly spec: { readonly containers: readonly { readonly image?: string; readonly args?: string[] }[] }
    }
  }
  readonly status?: {
    readonly observedGeneration?: number
    readonly readyReplicas?: number
    readonly updatedReplicas?: number
    readonly desiredNumberScheduled?: number
    readonly numberReady?: number
  }
}

/** The pods that a workload of ours has made and that stay (one that was evicted is none); undefined where nobody says which there are. */
export function podsOf(pods: Answer<readonly Manifest[]>, name: string): readonly Pod[] | undefined {
  if (!('is' in pods)) return undefined
  return ((pods.is ?? []) as unknown as readonly Pod[]).filter(
    ({ metadata: { labels, deletionTimestamp }, status }) =>
      labels?.['app.kubernetes.io/name'] === name &&
      deletionTimestamp === undefined &&
      status?.phase !== 'Failed' &&
      status?.phase !== 'Succeeded',
  )
}

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true
}

/** A pod that is not ready, with what Kubernetes says about it. */
export function describePod({ metadata, spec, status }: Pod): string {
  const states = status?.containerStatuses?.flatMap(({ state }) => state?.waiting ?? state?.terminated ?? [])
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled')
  const told =
    states?.map(({ reason, message }) => [reason, message].filter(Boolean).join(': ')) ??
    (scheduled?.status === 'False' ? [scheduled.message ?? 'it is on no node'] : [])
  const where = spec.nodeName === undefined ? '' : ` on ${spec.nodeName}`
  return `${metadata.name}${where}: ${told.filter(Boolean).join('; ') || (status?.phase ?? 'not started')}`
}
