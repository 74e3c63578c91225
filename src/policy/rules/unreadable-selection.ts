import { DEFAULT_NETWORK_ANNOTATION, NETWORKS_ANNOTATION } from '../../kube/annotations.ts'
import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const unreadableSelection: Rule<'pod'> = {
  id: 'unreadable-selection',
  title: 'The networks annotation cannot be read, or is read differently by others',
  severity: 'error',
  why: 'Multus refuses the whole annotation for one wrong element, and Go understands keys that a checker overlooks.',
  source:
    'multus pkg/k8sclient/k8sclient.go parsePodNetworkAnnotation(); Go encoding/json; dynamic networks controller pkg/annotations',
  good: { manifest: pod('storage@net1') },
  bad: { manifest: pod('[{"name": "storage", "Namespace": "logistics"}]') },

  *check({ reading, defaultNetwork }) {
    for (const { problem, at, message } of reading.problems) {
      if (problem !== 'unknown-key') yield { at: networks, inside: at, message }
    }
    for (const { problem, at, message } of defaultNetwork?.problems ?? []) {
      if (problem !== 'unknown-key') yield { at: defaultNetworkAt, inside: at, message }
    }
  },
}

const networks = ['metadata', 'annotations', NETWORKS_ANNOTATION]
const defaultNetworkAt = ['metadata', 'annotations', DEFAULT_NETWORK_ANNOTATION]
