import type { Cluster } from '../../config/cluster.ts'
import type { Tenant } from '../../config/tenant.ts'
import { isInterfaceName } from '../../net/interface-name.ts'
import { attachment, macvlanConfig } from '../example.ts'
import { grantsFor } from '../grants.ts'
import { type Segment, shareOf } from '../reach.ts'
import type { Rule } from '../rule.ts'

/** What interfaces have where nobody says anything (Linux net/ethernet/eth.c ether_setup()). */
const ASSUMED = 1500

export const mtuTooLarge: Rule<'attachment'> = {
  id: 'mtu-too-large',
  title: 'The MTU is larger than that of the host interface',
  severity: 'warning',
  why: 'The kernel refuses it for a sub-interface, or large packets are dropped without a word on the way.',
  source: 'Linux drivers/net/macvlan.c macvlan_change_mtu(), net/8021q/vlan_dev.c vlan_dev_change_mtu()',
  good: { manifest: attachment({ ...macvlanConfig(), mtu: 1500 }) },
  bad: { manifest: attachment({ ...macvlanConfig(), mtu: 9000 }) },

  *check({ attachment: { facts, reach }, tenant, cluster }) {
    for (const { mtu, at } of facts?.mtus ?? []) {
      const limits = new Map(reach.map(segment => [segment.master, limitOf(segment, tenant, cluster)]))
      for (const [master, limit] of limits) {
        if (mtu <= (limit ?? ASSUMED)) continue
        // Assumed silently, it would be a guess told as a fact; without a word, what the node refuses would come as a surprise.
        const where = isInterfaceName(master) ? 'under mtus of the ClusterConfiguration or ' : ''
        const message =
          limit === undefined
            ? `${mtu} is more than the ${ASSUMED} bytes that "${master}" is assumed to have, as nobody wrote its MTU: use at most ${ASSUMED}, or have a cluster admin write it ${where}as mtu of the grant`
            : `${mtu} is more than the ${limit} bytes of "${master}": use at most ${limit}`
        yield { inside: at, message }
      }
    }
  },
}

/** What is known of the VLAN and of its interface; undefined where nothing is. */
function limitOf(segment: Segment, tenant: Tenant | undefined, cluster: Cluster): number | undefined {
  const granted = tenant === undefined ? [] : grantsFor(tenant, segment, cluster)
  const ofInterfaces = Object.entries(cluster.mtus).filter(([name]) => shareOf(segment, name, cluster))
  const known = [...granted.map(({ mtu }) => mtu), ...ofInterfaces.map(([, mtu]) => mtu)].filter(
    mtu => mtu !== undefined,
  )
  return known.length === 0 ? undefined : Math.min(...known)
}
