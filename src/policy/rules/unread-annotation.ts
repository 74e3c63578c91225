import { quote } from '../../json/quote.ts'
import { printPath } from '../../json/value.ts'
import { DEFAULT_NETWORK_ANNOTATION, NETWORKS_ANNOTATION } from '../../kube/annotations.ts'
import { deployment } from '../example.ts'
import type { Rule } from '../rule.ts'

const networks = { [NETWORKS_ANNOTATION]: 'storage' }

/** Keys that are nearly those which Multus reads: of another version, or in the singular. */
const MISSPELT = [
  { right: NETWORKS_ANNOTATION, pattern: /(^|\.)cni\.cncf\.io\/networks?$/i },
  { right: DEFAULT_NETWORK_ANNOTATION, pattern: /(^|\.)multus-cni\.io\/default-networks?$/i },
]

/** Mostly the linter's: the webhook is asked about workloads whose template names networks, and no others. */
export const unreadAnnotation: Rule<'workload'> = {
  id: 'unread-annotation',
  title: 'Multus does not read this annotation',
  severity: 'warning',
  why: 'The pods start without the network, and nothing says so.',
  source:
    'multus pkg/k8sclient/k8sclient.go GetPodNetwork(); Kubernetes pkg/controller/controller_utils.go GetPodFromTemplate()',
  good: { manifest: deployment({}, networks) },
  bad: { manifest: deployment(networks, {}) },

  *check({ metadata, template, at }) {
    for (const { right } of at.length === 0 ? [] : MISSPELT) {
      if (metadata.annotations?.[right] === undefined || template.annotations?.[right] !== undefined) continue
      yield {
        at: ['metadata', 'annotations', right],
        message: `${quote(right)} stands on the workload, and its pods do not get it: write it in ${printPath([...at, 'metadata', 'annotations'])}`,
      }
    }
    for (const key of Object.keys(template.annotations ?? {})) {
      const meant = MISSPELT.find(({ right, pattern }) => key !== right && pattern.test(key))
      if (meant === undefined) continue
      yield {
        at: [...at, 'metadata', 'annotations', key],
        message: `${quote(key)} is read by nobody: write ${quote(meant.right)}`,
      }
    }
  },
}
