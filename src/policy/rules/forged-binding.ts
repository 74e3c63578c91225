import {
  DEFAULT_NETWORK_ANNOTATION,
  NETWORK_STATUS_ANNOTATIONS,
  NETWORKS_ANNOTATION,
} from '../../kube/annotations.ts'
import { withClaim } from '../../kube/selection-claims.ts'
import { readSelections } from '../../kube/selections.ts'
import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

const binding = (annotations: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Binding',
  metadata: { name: 'teller', namespace: 'finance', annotations },
  target: { apiVersion: 'v1', kind: 'Node', name: 'node-1' },
})

export const forgedBinding: Rule<'binding'> = {
  id: 'forged-binding',
  title: 'The Binding changes what the pod attaches to',
  severity: 'error',
  why: 'The API server copies the annotations of a Binding onto the pod, past every rule on pods.',
  source: 'kubernetes pkg/registry/core/pod/storage/storage.go assignPod()',
  good: { given: [pod('storage')], manifest: binding({ note: 'scheduled' }) },
  bad: { given: [pod('storage')], manifest: binding({ [NETWORKS_ANNOTATION]: 'logistics/fleet' }) },

  *check({ metadata, pod: bound }) {
    const { annotations = {}, namespace = '' } = metadata
    for (const key of [DEFAULT_NETWORK_ANNOTATION, ...NETWORK_STATUS_ANNOTATIONS]) {
      if (annotations[key] === undefined || annotations[key] === bound?.annotations?.[key]) continue
      yield { at: ['metadata', 'annotations', key], message: `a Binding may not set "${key}": leave it out` }
    }
    const networks = annotations[NETWORKS_ANNOTATION]
    if (
      networks === undefined ||
      sameSelections(networks, bound?.annotations?.[NETWORKS_ANNOTATION], namespace)
    )
      return
    const message = `a Binding may not choose other networks than the pod does: leave "${NETWORKS_ANNOTATION}" out`
    yield { at: ['metadata', 'annotations', NETWORKS_ANNOTATION], message }
  },
}

/** Whether two annotations select the same but for the claims that they carry. */
function sameSelections(one: string, other: string | undefined, namespace: string): boolean {
  const bare = (annotation: string | undefined) =>
    JSON.stringify(
      readSelections(annotation, namespace).selections.map(selection => withClaim(selection, undefined)),
    )
  return (
    readSelections(one, namespace).problems.every(({ problem }) => problem === 'unknown-key') &&
    bare(one) === bare(other)
  )
}
