import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const unknownAttachment: Rule<'selection'> = {
  id: 'unknown-attachment',
  title: 'The pod selects a network that does not exist',
  severity: 'error',
  why: 'The pod is scheduled and then waits in ContainerCreating until the NAD appears, which is then attached without having been judged with the pod.',
  source: 'multus pkg/k8sclient/k8sclient.go getKubernetesDelegate()',
  good: { manifest: pod('storage') },
  bad: { manifest: pod('storrage') },

  *check({ selection, attachment, isTemplate }) {
    if (attachment !== undefined || selection.name === '') return
    const key = `${selection.namespace}/${selection.name}`
    // Workloads are often applied before their networks; the pods they make are judged when they come.
    const severity = isTemplate ? 'warning' : 'error'
    const message = `there is no NetworkAttachmentDefinition "${key}": create it first, or name one that exists`
    yield { severity, inside: ['name'], message }
  },
}
