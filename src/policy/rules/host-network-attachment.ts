import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const hostNetworkAttachment: Rule<'pod'> = {
  id: 'host-network-attachment',
  title: "A pod on the host's network selects further networks",
  severity: 'error',
  why: 'No CNI plugin runs for such a pod, so the networks never come; the dynamic networks controller would attach them to the node itself.',
  source:
    'Kubernetes PodSpec hostNetwork; CRI sandbox with NODE network; dynamic networks controller pkg/controller/pod.go',
  good: { manifest: pod('storage') },
  bad: { manifest: pod('storage', { spec: { hostNetwork: true } }) },

  *check({ spec, selections }) {
    if (spec.hostNetwork !== true || selections.length === 0) return
    yield {
      at: ['spec', 'hostNetwork'],
      message:
        'a pod with "hostNetwork": true gets no networks from Multus: remove this field, or the networks',
    }
  },
}
