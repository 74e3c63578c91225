import { quote } from '../../json/quote.ts'
import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const unknownAttachment: Rule<'selection'> = {
  id: 'unknown-attachment',
  title: 'The pod selects an unknown network',
  severity: 'error',
  why: 'The pod is scheduled and then waits in ContainerCreating until the NAD appears, which is then attached without having been judged with the pod.',
  source: 'multus pkg/k8sclient/k8sclient.go getKubernetesDelegate()',
  good: { manifest: pod('storage') },
  bad: { manifest: pod('storrage') },

  *check({ selection, attachment, near, isTemplate, isPartial }) {
    if (attachment !== undefined || selection.name === '') return
    const key = `${selection.namespace}/${selection.name}`
    // Workloads are often applied before their networks; the pods they make are judged when they come.
    const severity = isTemplate ? 'warning' : 'error'
    const meant = near === undefined ? '' : `did you mean ${quote(near)}? Else `
    const message = isPartial
      ? `NetworkAttachmentDefinition "${key}" is in none of the files that were read: ${meant}name its file with --policy, ask a cluster with --cluster, or select one that exists`
      : `there is no NetworkAttachmentDefinition "${key}": ${meant}create it first, or name one that exists`
    yield { severity, inside: ['name'], message }
  },
}
