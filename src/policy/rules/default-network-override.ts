import { quoteValue } from '../../json/quote.ts'
import { DEFAULT_NETWORK_ANNOTATION } from '../../kube/annotations.ts'
import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const defaultNetworkOverride: Rule<'pod'> = {
  id: 'default-network-override',
  title: "The pod replaces the cluster's own network",
  severity: 'error',
  why: 'eth0 then comes from any NAD of any namespace, without namespace isolation: no Flannel, no NetworkPolicy, and the address is the pod’s choice.',
  source: 'multus pkg/k8sclient/k8sclient.go tryLoadK8sPodDefaultNetwork(); docs/readers.md "Selections"',
  good: { manifest: pod('storage') },
  bad: {
    manifest: pod(undefined, {
      metadata: { annotations: { [DEFAULT_NETWORK_ANNOTATION]: 'logistics/fleet' } },
    }),
  },

  *check({ metadata, defaultNetwork, defaultNetworkAt }) {
    if (defaultNetwork === undefined) return
    const value = metadata.annotations?.[DEFAULT_NETWORK_ANNOTATION] ?? defaultNetwork.selection?.name
    yield {
      at: defaultNetworkAt,
      message: `${quoteValue(value)} would take the place of Flannel on eth0: select it as a further network instead`,
    }
  },
}
