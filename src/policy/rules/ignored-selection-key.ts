import { NETWORKS_ANNOTATION } from '../../kube/annotations.ts'
import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const ignoredSelectionKey: Rule<'pod'> = {
  id: 'ignored-selection-key',
  title: 'Multus ignores a key of this network selection',
  severity: 'warning',
  why: 'Keys such as `vlan` or `gateway` look as if they chose something, and choose nothing.',
  source: 'multus pkg/types/types.go NetworkSelectionElement; sriov-network-device-plugin #242',
  good: { manifest: pod([{ name: 'storage', ips: ['10.100.1.7/24'] }]) },
  bad: { manifest: pod([{ name: 'storage', vlan: 200 }]) },

  *check({ reading }) {
    for (const { problem, at, message } of reading.problems) {
      if (problem === 'unknown-key')
        yield { at: ['metadata', 'annotations', NETWORKS_ANNOTATION], inside: at, message }
    }
  },
}
