import { innermost } from '../../cni/facts/chain.ts'
import { isInterfaceName } from '../../net/interface-name.ts'
import { isEmptyVlans, printVlans } from '../../net/vlan-set.ts'
import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

export const onePodPerVlan: Rule<'attachment'> = {
  id: 'one-pod-per-vlan',
  title: 'Only one pod per node can attach to this VLAN',
  severity: 'warning',
  why: 'The vlan plugin creates the sub-interface for a pod and moves it there; for a second pod on the node it fails with "file exists".',
  source: 'containernetworking/plugins plugins/main/vlan/vlan.go createVlan(); seen with v1.1.1 on Linux 6.1',
  good: { manifest: attachment(macvlanConfig()) },
  bad: {
    manifest: attachment({ ...macvlanConfig(), type: 'vlan', master: 'eth0', vlanId: 100, mode: undefined }),
  },

  *check({ attachment: { reach } }) {
    for (const { uplink, master } of reach) {
      // Also where another plugin delegates to it.
      if (innermost(uplink.plugin) !== 'vlan' || isEmptyVlans(uplink.vlans)) continue
      const id = printVlans(uplink.vlans)
      // VID 0 is the untagged network, which the interface itself is on.
      const name = id === 'native' ? master : `${master}.${id}`
      const shared = isInterfaceName(name) ? `"${name}"` : 'a sub-interface with a shorter name'
      const way = id === 'native' ? '' : `write type "socni" with "vlan": ${id}, or `
      yield {
        inside: uplink.at,
        message: `a second pod on a node cannot attach to VLAN ${id} on "${master}": ${way}use macvlan on ${shared}`,
      }
    }
  },
}
