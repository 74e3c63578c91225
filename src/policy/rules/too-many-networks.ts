import { pod } from '../example.ts'
import { networkPlace } from '../network-place.ts'
import type { Rule } from '../rule.ts'

const five = ['net1', 'net2', 'net3', 'net4', 'net5'].map(name => `storage@${name}`)

export const tooManyNetworks: Rule<'pod'> = {
  id: 'too-many-networks',
  title: 'The pod selects more networks than its tenant may',
  severity: 'error',
  why: 'Each network costs the node an interface and an ADD one after the other; without a limit one pod holds up all others.',
  source: 'docs/policy.md, maxNetworksPerPod',
  good: { manifest: pod(five.slice(0, 4).join(',')) },
  bad: { manifest: pod(five.join(',')) },

  *check(subject) {
    const { selections, tenant, cluster } = subject
    const most = tenant?.maxNetworksPerPod ?? cluster.maxNetworksPerPod
    if (selections.length <= most) return
    const whose = tenant === undefined ? 'in this cluster' : `for tenant "${tenant.name}"`
    yield {
      at: networkPlace(subject, most),
      message: `${selections.length} networks are selected, at most ${most} are allowed ${whose}`,
    }
  },
}
