import type { Facts, Uplink } from '../../cni/facts/facts.ts'
import type { Path } from '../../json/value.ts'
import { attachment, bridgeConfig } from '../example.ts'
import { untagged } from '../reach.ts'
import type { Rule } from '../rule.ts'

/** RFC 8200 section 5: Linux takes IPv6, and its addresses, off an interface with less. */
const IPV6_MINIMUM = 1280

/** What interfaces have where nobody says anything (Linux net/ethernet/eth.c ether_setup()). */
const DEFAULT = 1500

export const bridgeMtu: Rule<'attachment'> = {
  id: 'bridge-mtu',
  title: 'This port lowers the MTU of its bridge, and of what is on it',
  severity: 'warning',
  why: 'A bridge takes the smallest MTU of its ports, unless somebody gave it one: all that the node sends by it is cut smaller, and below 1280 bytes it loses IPv6 and its addresses.',
  source: 'Linux net/bridge/br_if.c br_mtu_auto_adjust(); RFC 8200 section 5; seen with plugins v1.1.1',
  good: { manifest: attachment({ ...bridgeConfig(), mtu: 1400 }) },
  bad: { manifest: attachment({ ...bridgeConfig(), mtu: 1000 }) },

  *check({ attachment: { facts }, cluster }) {
    if (facts === undefined) return
    const { mtus, primaryInterface } = cluster
    const own = untagged(primaryInterface, cluster).master
    for (const uplink of facts.uplinks) {
      const { master } = uplink
      if (master.use !== 'bridge' || master.name === undefined) continue
      const isOfNode = master.name === own || master.name === primaryInterface
      const known = mtus[primaryInterface] ?? mtus[own]
      const least = isOfNode ? (known ?? DEFAULT) : IPV6_MINIMUM
      const { mtu, at } = mtuOf(uplink, facts)
      if (mtu >= least) continue
      const whose = isOfNode ? ', which the node itself is on,' : ''
      const loss = mtu < IPV6_MINIMUM ? ', too few for IPv6' : ''
      const assumed =
        isOfNode && known === undefined
          ? ', which is assumed, as nobody wrote its MTU: a cluster admin may, under mtus of the ClusterConfiguration'
          : ''
      yield {
        severity: isOfNode && mtu < IPV6_MINIMUM ? 'error' : 'warning',
        inside: at,
        message: `the MTU of bridge "${master.name}"${whose} drops to ${mtu} bytes${loss}: use at least ${least}${assumed}`,
      }
    }
  },
}

function mtuOf({ plugin, master }: Uplink, { mtus }: Facts): { mtu: number; at: Path } {
  return mtus.find(fact => fact.plugin === plugin) ?? { mtu: DEFAULT, at: master.at }
}
