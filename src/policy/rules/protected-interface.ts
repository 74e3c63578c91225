import { innermost } from '../../cni/facts/chain.ts'
import type { Cluster } from '../../config/cluster.ts'
import { intersectVlans, isEmptyVlans, NATIVE, uniteVlans } from '../../net/vlan-set.ts'
import { describeSegments } from '../describe.ts'
import { attachment, macvlanConfig, tenant } from '../example.ts'
import { shareOf, untagged } from '../reach.ts'
import type { Rule } from '../rule.ts'

export const protectedInterface: Rule<'attachment'> = {
  id: 'protected-interface',
  title: "The attachment takes hold of an interface that the cluster's own network needs",
  severity: 'error',
  why: "A pod on cni0 or flannel.1 sits in every tenant's pod network; moving or enslaving the node's own NIC, macvlan in passthru mode on it, or a bridge’s forced address, cuts the node off.",
  source:
    'containernetworking/plugins bridge (default "cni0", forceAddress), host-device; flannel backend interfaces',
  good: { manifest: attachment(macvlanConfig()) },
  bad: {
    given: [tenant('retail', { namespaces: ['retail'], vlans: [{ ids: 'native', masters: ['cni0'] }] })],
    manifest: attachment({ cniVersion: '1.0.0', name: 'shop', type: 'bridge' }, { namespace: 'retail' }),
  },

  *check({ attachment: { reach }, cluster }) {
    for (const segment of reach) {
      const { use, byDefault, at, name = cluster.primaryInterface } = segment.uplink.master
      const origin = byDefault ? ` (the default of type "${segment.uplink.plugin}" when none is named)` : ''
      if ((use === 'move' || use === 'enslave') && takesTheNic(name, cluster)) {
        const isPassthru = innermost(segment.uplink.plugin) === 'macvlan'
        const way = isPassthru
          ? 'use another mode than passthru, which leaves it to the node'
          : 'use vlan, macvlan or ipvlan on it, which leave it to the node'
        const instead = `it is the node's own NIC; ${way}`
        yield { inside: at, message: `"${name}"${origin} is protected: ${instead}` }
        continue
      }
      for (const known of cluster.protectedInterfaces) {
        const shared = shareOf(segment, known, cluster)
        if (shared === undefined) continue
        const what =
          shared.master === known
            ? `"${known}"${origin} is`
            : `${describeSegments([shared])} is "${known}", which is`
        yield { inside: at, message: `${what} protected: name an interface that the tenant was granted` }
      }
    }
  },
}

/** Whether the interface is the node's own NIC, or what it is on: eth0 below an eth0.10. */
function takesTheNic(name: string, cluster: Cluster): boolean {
  const [own, taken] = [untagged(cluster.primaryInterface, cluster), untagged(name, cluster)]
  const lost = intersectVlans(uniteVlans(own.vlans, NATIVE), taken.vlans)
  return own.master === taken.master && !isEmptyVlans(lost)
}
