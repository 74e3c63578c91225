import { covers, isWholeFamily, overlaps, printPrefix } from '../../net/prefix.ts'
import { clusterRanges } from '../cluster-ranges.ts'
import { attachment, macvlanConfig } from '../example.ts'
import { certainRoutes } from '../routes.ts'
import type { Rule } from '../rule.ts'

export const clusterRoute: Rule<'attachment'> = {
  id: 'cluster-route',
  title: 'A route of the attachment takes traffic of the cluster into the VLAN',
  severity: 'error',
  why: 'Pods, services and nodes in the range are then looked for in the VLAN: DNS times out, and whoever answers there reads the traffic.',
  source:
    'Linux fib (longest prefix wins, a new route stands before an equal one); k3s #11574; K3s defaults 10.42.0.0/16, 10.43.0.0/16',
  good: {
    manifest: attachment({
      ...macvlanConfig(),
      ipam: { type: 'whereabouts', range: '10.100.1.0/24', routes: [{ dst: '10.100.0.0/16' }] },
    }),
  },
  bad: {
    manifest: attachment({
      ...macvlanConfig(),
      ipam: { type: 'whereabouts', range: '10.100.1.0/24', routes: [{ dst: '10.0.0.0/8' }] },
    }),
  },

  *check({ attachment: { facts }, cluster }) {
    for (const { destination, effect, written, at } of facts === undefined ? [] : certainRoutes(facts)) {
      // A default route is the matter of default-route; here it is about prefixes in between.
      if (isWholeFamily(destination)) continue
      const range = clusterRanges(cluster).find(({ prefix }) => overlaps(prefix, destination))
      if (range === undefined) continue
      const text = `"${written ?? printPrefix(destination)}"`
      const relation = covers(destination, range.prefix) ? 'covers' : 'is part of'
      const deed = effect === 'remove' ? 'is removed, and ' : ''
      yield {
        inside: at,
        message: `${text} ${deed}${relation} the ${range.what} ${printPrefix(range.prefix)}: use prefixes outside of it`,
      }
    }
  },
}
