import { quote } from '../../json/quote.ts'
import { printPath } from '../../json/value.ts'
import { DEFAULT_NETWORK_ANNOTATION, NETWORKS_ANNOTATION } from '../../kube/annotations.ts'
import { deployment } from '../example.ts'
import type { Rule } from '../rule.ts'

const networks = { [NETWORKS_ANNOTATION]: 'storage' }

/** What Multus reads of pods, and what is nearly that: of another version, or in the singular. */
const READ = [
  { key: NETWORKS_ANNOTATION, near: /(^|\.)cni\.cncf\.io\/networks?$/i },
  { key: DEFAULT_NETWORK_ANNOTATION, near: /(^|\.)multus-cni\.io\/default-networks?$/i },
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
    const annotations = [...at, 'metadata', 'annotations']
    for (const { key } of READ) {
      if (metadata.annotations?.[key] === undefined || template.annotations?.[key] !== undefined) continue
      yield {
        at: ['metadata', 'annotations', key],
        message: `${quote(key)} stands on the workload, and its pods do not get it: write it in ${printPath(annotations)}`,
      }
    }
    for (const written of Object.keys(template.annotations ?? {})) {
      const meant = READ.find(({ key, near }) => written !== key && near.test(written))
      if (meant === undefined) continue
      yield {
        at: [...annotations, written],
        message: `${quote(written)} is read by nobody: write ${quote(meant.key)}`,
      }
    }
  },
}
