import { readJsonForm } from './json-form.ts'
import type { Selection, SelectionProblem, SelectionsReading } from './selection.ts'
import { isShortForm, readShortForm } from './short-form.ts'

/**
 * Reads the networks annotation exactly as Multus does. Any error makes Multus refuse the whole annotation, so one
 * unreadable element is enough for the pod to wait in ContainerCreating.
 * Source: multus pkg/k8sclient/k8sclient.go parsePodNetworkAnnotation().
 */
export function readSelections(annotation: string | undefined, podNamespace: string): SelectionsReading {
  if (annotation === undefined || annotation === '') return { form: 'none', selections: [], problems: [] }
  return isShortForm(annotation)
    ? readShortForm(annotation, podNamespace)
    : readJsonForm(annotation, podNamespace)
}

/** What v1.multus-cni.io/default-network selects instead of Flannel; NADs are looked for in Multus's own namespace. */
export interface DefaultNetwork {
  readonly selection: Selection | undefined
  readonly problems: readonly SelectionProblem[]
}

/** Source: multus pkg/k8sclient/k8sclient.go tryLoadK8sPodDefaultNetwork(); an empty list makes Multus panic. */
export function readDefaultNetwork(annotation: string | undefined): DefaultNetwork | undefined {
  if (annotation === undefined || annotation === '') return undefined
  const { selections, problems } = readSelections(annotation, 'kube-system')
  if (selections.length === 1) return { selection: selections[0], problems }
  // What cannot be read names nothing, and that needs no second word.
  if (problems.some(({ problem }) => problem === 'unreadable')) return { selection: undefined, problems }
  const message = `"v1.multus-cni.io/default-network" must name exactly one network, not ${selections.length}`
  return { selection: undefined, problems: [...problems, { problem: 'unreadable', at: [], message }] }
}
