import { printPrefix } from '../../net/prefix.ts'
import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

export const hostLocalOnManyNodes: Rule<'attachment'> = {
  id: 'host-local-on-many-nodes',
  title: 'Each node gives out the same addresses',
  severity: 'warning',
  why: 'host-local remembers addresses on its own node only: in a cluster of several nodes two pods in one VLAN get the same address.',
  source: 'K3s documentation, networking/multus-ipams; containernetworking/plugins plugins/ipam/host-local',
  good: { manifest: attachment(macvlanConfig()) },
  bad: {
    manifest: attachment({ ...macvlanConfig(), ipam: { type: 'host-local', subnet: '10.100.1.0/24' } }),
  },

  *check({ attachment: { facts, reach }, cluster }) {
    if (cluster.singleNode || reach.length === 0) return
    for (const { plugin, subnet, at } of facts?.subnets ?? []) {
      if (!plugin.endsWith('host-local')) continue
      const message = `${printPrefix(subnet)} is given out by each node by itself: use "whereabouts", or a range of its own for each node`
      yield { inside: at, message }
    }
  },
}
