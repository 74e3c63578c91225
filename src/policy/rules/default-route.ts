import type { RouteFact } from '../../cni/facts/facts.ts'
import { defaultRouteOf } from '../../net/default-route.ts'
import { isWholeFamily, printPrefix } from '../../net/prefix.ts'
import { attachment, macvlanConfig } from '../example.ts'
import { certainRoutes } from '../routes.ts'
import type { Rule } from '../rule.ts'

export const defaultRoute: Rule<'attachment'> = {
  id: 'default-route',
  title: "The attachment takes the pod's default route away from Flannel",
  severity: 'error',
  why: 'CNI plugins since 1.0.0 put the new default route before the one on eth0: services, DNS and other nodes’ pods are then looked for in the VLAN.',
  source:
    'containernetworking/plugins pkg/ipam/ipam_linux.go ConfigureIface(), pkg/ip/route_linux.go; k3s #11574; multus #126',
  good: {
    manifest: attachment({
      ...macvlanConfig(),
      ipam: { type: 'whereabouts', range: '10.100.1.0/24', routes: [{ dst: '10.100.0.0/16' }] },
    }),
  },
  bad: {
    manifest: attachment({
      ...macvlanConfig(),
      ipam: { type: 'whereabouts', range: '10.100.1.0/24', routes: [{ dst: '0.0.0.0/0' }] },
    }),
  },

  *check({ attachment: { facts }, tenant }) {
    if (facts === undefined || tenant?.allowDefaultRoute) return
    const certain = certainRoutes(facts)
    const seen = new Set<string>()
    for (const route of certain.filter(({ destination }) => isWholeFamily(destination))) {
      // One key such as isDefaultGateway stands for a route of each family.
      if (seen.has(JSON.stringify(route.at))) continue
      seen.add(JSON.stringify(route.at))
      yield { inside: route.at, message: explain(route) }
    }
    yield* splitDefaults(certain)
  },
}

/** Prefixes that are a default route together: 0.0.0.0/1 and 128.0.0.0/1, or finer, or nearly all. */
function* splitDefaults(routes: readonly RouteFact[]) {
  const added = routes.filter(({ destination, effect }) => effect === 'add' && !isWholeFamily(destination))
  for (const family of [4, 6] as const) {
    const pieces = broadest(added.filter(({ destination }) => destination.family === family))
    const [first, ...others] = pieces
    if (first === undefined) continue
    const all = pieces.map(part => `"${part.written ?? printPrefix(part.destination)}"`).join(' and ')
    const instead = pieces.some(({ cause }) => cause === 'connected')
      ? "use the VLAN's own prefix length"
      : 'name the networks behind the VLAN instead'
    yield {
      inside: first.at,
      message: `${all} ${others.length === 0 ? 'takes' : 'together take'} half of all addresses or more, as a default route does: ${instead}, or ask for allowDefaultRoute`,
    }
  }
}

/** As few of these routes as are a default route together; none where they are not. */
function broadest(routes: readonly RouteFact[]): RouteFact[] {
  const sorted = routes.toSorted((a, b) => a.destination.bits - b.destination.bits)
  const areEnough = (count: number): boolean =>
    defaultRouteOf(sorted.slice(0, count).map(({ destination }) => destination)) !== undefined
  if (!areEnough(sorted.length)) return []
  // More of them cover no less, so the least number is found by halves: there may be hundreds.
  let [least, most] = [1, sorted.length]
  while (least < most) {
    const middle = Math.floor((least + most) / 2)
    if (areEnough(middle)) most = middle
    else least = middle + 1
  }
  return sorted.slice(0, least)
}

function explain(route: RouteFact): string {
  const text = `"${route.written ?? printPrefix(route.destination)}"`
  const accepted = 'name the networks behind the VLAN instead, or ask for allowDefaultRoute'
  if (route.effect === 'remove') return `${text} removes the pod's default route: leave eth0's routes alone`
  switch (route.cause) {
    case 'default-gateway':
    case 'plugin':
      // Whatever is written for it.
      if (route.written === route.plugin)
        return `type ${text} always takes the pod's default route: use another type, or ask for allowDefaultRoute`
      return `${text} makes "${route.plugin}" add a default route: ${accepted}`
    case 'connected':
      return `${text} is so broad that its connected route is a default route: use the VLAN's own prefix length`
    default: {
      // Tables 254 and 0 are main, 255 is asked before it, and plugins before 1.6.0 know none.
      const table = route.table === undefined ? '' : ', in whatever "table"'
      return `${text} is a default route${table}: ${accepted}`
    }
  }
}
