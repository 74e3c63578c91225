import type { Claim } from '../src/claims/claim.ts'
import { REQUEST_FOR_NO_ROUTE } from '../src/cni/facts/dhcp.ts'
import type { RouteCause } from '../src/cni/facts/facts.ts'
import { isObject, type JsonObject, type JsonValue } from '../src/json/value.ts'
import { defaultRouteOf } from '../src/net/default-route.ts'
import type { Family } from '../src/net/ip.ts'
import { overlaps, type Prefix, parsePrefix, printPrefix } from '../src/net/prefix.ts'
import type { ClusterFacts } from './cluster-facts.ts'
import { readAsGo } from './stdin-configuration.ts'

function remedyFor(decidedBy: RouteCause): string {
  switch (decidedBy) {
    case 'dhcp':
    case 'unasked':
      return `have the DHCP server send none, or ask it for none (${REQUEST_FOR_NO_ROUTE} under "ipam")`
    case 'pool':
      return 'take the gateway out of the pool'
    default:
      return 'leave routes to the configuration'
  }
}

/**
 * What is wrong with an attachment that only its result shows; undefined where nothing is.
 * @param stdout The plugin's result (CNI SPEC 1.1.0, "ADD Success"; `ip4` and `ip6` before 0.3.0).
 * @param decidedBy Who decided about its routes: no configuration shows them, and no webhook has seen them.
 */
export function judgeResult(
  stdout: string,
  decidedBy: RouteCause,
  { defaultRoute }: Claim,
  { podCIDRs, serviceCIDRs }: Pick<ClusterFacts, 'podCIDRs' | 'serviceCIDRs'>,
): string | undefined {
  const result = readAsGo(stdout)
  // What is no result fails where the runtime reads it.
  if (result === undefined) return undefined
  const routes = routesOf(result)
  const family = defaultRouteOf(routes)
  if (family !== undefined && defaultRoute !== true) {
    return `the pod was given a default route (${broadest(routes, family)}) when it was attached, beside Flannel's: ${remedyFor(decidedBy)}; or a cluster admin sets allowDefaultRoute`
  }
  const ranges = [...podCIDRs, ...serviceCIDRs]
  for (const route of routes.filter(({ bits }) => bits > 0)) {
    const range = ranges.find(prefix => overlaps(prefix, route))
    if (range !== undefined)
      return `the pod was given the route ${printPrefix(route)} when it was attached, which takes traffic of the cluster (${printPrefix(range)}) into the VLAN: ${remedyFor(decidedBy)}`
  }
  return undefined
}

/** The routes that make up a default route are the broadest; for a person a few are enough. */
function broadest(routes: readonly Prefix[], family: Family): string {
  const sorted = routes.filter(route => route.family === family).sort((a, b) => a.bits - b.bits)
  const count = sorted[0]?.bits === 0 ? 1 : 2
  return sorted.slice(0, count).map(printPrefix).join(', ')
}

/** Destinations of the routes in a result, and the networks that its addresses are in. */
function routesOf({ routes, ips, ip4, ip6 }: JsonObject): Prefix[] {
  const old = [ip4, ip6].filter(isObject)
  const destinations = [routes, ...old.map(family => family.routes)].flatMap(listed => texts(listed, 'dst'))
  const addresses = [...texts(ips, 'address'), ...texts(old, 'ip')]
  return [...destinations, ...addresses].flatMap(text => parsePrefix(text) ?? [])
}

function texts(list: JsonValue | undefined, key: string): string[] {
  const members = Array.isArray(list) ? list.filter(isObject) : []
  return members.flatMap(member => (typeof member[key] === 'string' ? [member[key]] : []))
}
