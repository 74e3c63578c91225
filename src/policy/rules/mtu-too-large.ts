import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

export const mtuTooLarge: Rule<'attachment'> = {
  id: 'mtu-too-large',
  title: 'The MTU is larger than that of the host interface',
  severity: 'warning',
  why: 'The kernel refuses it for a sub-interface, or large packets are dropped without a word on the way.',
  source: 'Linux drivers/net/macvlan.c macvlan_change_mtu(), net/8021q/vlan_dev.c vlan_dev_change_mtu()',
  good: { manifest: attachment({ ...macvlanConfig(), mtu: 1500 }) },
  bad: { manifest: attachment({ ...macvlanConfig(), mtu: 9000 }) },

  *check({ attachment: { facts, reach }, cluster }) {
    for (const { mtu, at } of facts?.mtus ?? []) {
      for (const master of new Set(reach.map(segment => segment.master))) {
        // Ethernet's own MTU, unless the cluster configuration knows better.
        const limit = cluster.mtus[master] ?? 1500
        if (mtu > limit)
          yield {
            inside: at,
            message: `${mtu} is more than the ${limit} bytes of "${master}": use at most ${limit}`,
          }
      }
    }
  },
}
