import type { Cluster } from '../../config/cluster.ts'
import { NETWORK_STATUS_ANNOTATIONS } from '../../kube/annotations.ts'
import { pod } from '../example.ts'
import { isListed } from '../requester.ts'
import type { Rule } from '../rule.ts'

export const forgedNetworkStatus: Rule<'pod'> = {
  id: 'forged-network-status',
  title: 'The pod writes its own network status',
  severity: 'error',
  why: 'The dynamic networks controller takes the status for what is attached: a forged one makes it detach networks, or run DEL with any NAD.',
  source: 'multus-dynamic-networks-controller pkg/controller/pod.go',
  good: { manifest: pod('storage') },
  bad: {
    request: { before: pod('storage') },
    manifest: pod('storage', { metadata: { annotations: { 'k8s.v1.cni.cncf.io/network-status': '[]' } } }),
  },

  *check({ metadata, before, isTemplate, user, groups, cluster }) {
    if (isStatusWriter(user, groups, cluster)) return
    for (const key of NETWORK_STATUS_ANNOTATIONS) {
      const value = metadata.annotations?.[key]
      if (value === before?.annotations?.[key]) continue
      // Nobody asks yet: it is a file, and of a new pod the webhook leaves it out.
      if (user === undefined && before === undefined && !isTemplate) {
        yield {
          severity: 'warning',
          at: ['metadata', 'annotations', key],
          message: `"${key}" is left out of a new pod, as Multus writes it anew: remove it`,
        }
        continue
      }
      const who = user === undefined ? 'a manifest' : `"${user}"`
      const deed = value === undefined ? 'removed' : 'written'
      const instead = before?.annotations?.[key] === undefined ? 'leave it out' : 'leave it as it was'
      yield {
        // The pods of a workload lose what their template has (as one copied from a pod does).
        severity: isTemplate ? 'warning' : 'error',
        at: ['metadata', 'annotations', key],
        message: `"${key}" is ${deed} by ${who}, but belongs to Multus: ${instead}`,
      }
    }
  },
}

/** Whether this is Multus or the dynamic networks controller, by the name or a group that the configuration lists. */
export function isStatusWriter(
  user: string | undefined,
  groups: readonly string[],
  { networkStatusWriters }: Cluster,
): boolean {
  return isListed(networkStatusWriters, user, groups)
}
