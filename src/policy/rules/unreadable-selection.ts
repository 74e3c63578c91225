import { DEFAULT_NETWORK_ANNOTATION, NETWORKS_ANNOTATION } from '../../kube/annotations.ts'
import type { SelectionProblem } from '../../kube/selections.ts'
import { pod } from '../example.ts'
import type { Rule, Violation } from '../rule.ts'

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
    yield* violations(reading.problems, NETWORKS_ANNOTATION)
    yield* violations(defaultNetwork?.problems ?? [], DEFAULT_NETWORK_ANNOTATION)
  },
}

function* violations(problems: readonly SelectionProblem[], annotation: string): Iterable<Violation> {
  for (const { problem, at, message, placed, fix } of problems) {
    if (problem === 'unknown-key') continue
    // What Multus attaches all the same is no reason to refuse a pod.
    const severity = problem === 'disagreement' ? 'warning' : 'error'
    yield { severity, at: ['metadata', 'annotations', annotation], inside: at, message, placed, fix }
  }
}
