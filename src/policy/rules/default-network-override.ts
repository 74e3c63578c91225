import { quote } from '../../json/quote.ts'
import { DEFAULT_NETWORK_ANNOTATION } from '../../kube/annotations.ts'
import type { DefaultNetwork } from '../../kube/selections.ts'
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
    yield {
      at: defaultNetworkAt,
      message: `${nameOf(metadata.annotations?.[DEFAULT_NETWORK_ANNOTATION], defaultNetwork)} would take the place of Flannel on eth0: select it as a further network instead`,
    }
  },
}

/** As it is written, but for JSON, of which nobody needs to see the braces. */
function nameOf(annotation: string | undefined, { selection }: DefaultNetwork): string {
  if (annotation !== undefined && !/^\s*[[{]/.test(annotation)) return quote(annotation)
  if (selection === undefined) return 'the network that the annotation names'
  return quote(annotation === undefined ? selection.name : `${selection.namespace}/${selection.name}`)
}
