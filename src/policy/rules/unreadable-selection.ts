import type { Path } from '../../json/value.ts'
import { NETWORKS_ANNOTATION } from '../../kube/annotations.ts'
import type { SelectionProblem } from '../../kube/selection.ts'
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

  *check({ reading, defaultNetwork, defaultNetworkAt }) {
    yield* violations(reading.problems, ['metadata', 'annotations', NETWORKS_ANNOTATION])
    yield* violations(defaultNetwork?.problems ?? [], defaultNetworkAt)
  },
}

function* violations(problems: readonly SelectionProblem[], at: Path): Iterable<Violation> {
  for (const { problem, at: inside, message, placed, fix } of problems) {
    if (problem === 'unknown-key') continue
    // What Multus attaches all the same is no reason to refuse a pod.
    const severity = problem === 'disagreement' ? 'warning' : 'error'
    yield { severity, at, inside, message, placed, fix }
  }
}
