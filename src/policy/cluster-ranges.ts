import type { Cluster } from '../config/cluster.ts'
import type { Prefix } from '../net/prefix.ts'

/** The address ranges that the cluster itself needs, each with the words for a message. */
export function clusterRanges(cluster: Cluster): { what: string; prefix: Prefix }[] {
  return [
    ...cluster.podCIDRs.map(prefix => ({ what: 'pod range', prefix })),
    ...cluster.serviceCIDRs.map(prefix => ({ what: 'service range', prefix })),
    ...cluster.nodeCIDRs.map(prefix => ({ what: 'node range', prefix })),
  ]
}
