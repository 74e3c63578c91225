import { quote } from '../../json/quote.ts'
import type { Path } from '../../json/value.ts'
import { contains, hasHostBits, network, type Prefix, parsePrefix, printPrefix } from '../../net/prefix.ts'
import { readAddress } from './addresses.ts'
import type { FactsBuilder } from './builder.ts'
import type { KeyTree } from './extractor.ts'
import type { RouteFact } from './facts.ts'
import type { Fields } from './fields.ts'

/** Keys of a route, in `ipam.routes` and elsewhere (cni pkg/types/types.go Route). */
export const ROUTE_KEYS: KeyTree = {
  dst: {},
  gw: {},
  mtu: {},
  advmss: {},
  priority: {},
  table: {},
  scope: {},
}

/** IPv6 gateways with such an address are on every link (RFC 4291 section 2.5.6). */
const LINK_LOCAL: Prefix = { family: 6, address: 0xfe80n << 112n, bits: 10 }

/** States the routes of a list of `{dst, gw}`, each as the kernel installs it. */
export function stateRoutes(
  conf: Fields,
  key: string,
  facts: FactsBuilder,
  cause: RouteFact['cause'] = 'ipam-route',
): void {
  const routes = conf.objects(key)
  // A route of link scope makes a gateway reachable that is in no subnet; so does 0.0.0.0, which is none (Linux net/ipv4/fib_frontend.c).
  const isOnLink = routes.some(route => route.has('scope') || route.body.gw === '0.0.0.0')
  for (const route of routes) {
    const written = route.string('dst')
    const destination = written === undefined ? undefined : parsePrefix(written)
    if (destination === undefined) {
      facts.problem(
        'malformed',
        route.path('dst'),
        `${quote(written ?? '')} is no destination: write a prefix like "10.100.0.0/16"`,
      )
      continue
    }
    if (destination.family === 4 && hasHostBits(destination)) {
      const own = printPrefix(network(destination))
      const problem = `"${written}" has host bits behind its prefix length, which the kernel refuses for a route: write "${own}"`
      facts.problem('malformed', route.path('dst'), problem)
    }
    const gateway = readAddress(route, 'gw', facts)
    if (gateway !== undefined && !isOnLink && !contains(LINK_LOCAL, gateway))
      facts.address({
        at: route.path('gw'),
        address: gateway,
        role: 'route-gateway',
        subnet: undefined,
        isChecked: false,
      })
    facts.route({
      at: route.path('dst'),
      destination,
      written,
      gateway,
      cause,
      installed: 'always',
      effect: 'add',
      table: route.integer('table'),
    })
  }
}

/** The route that the kernel adds by itself for an address with a prefix. */
export function connectedRoute(destination: Prefix, at: Path, written: string, facts: FactsBuilder): void {
  facts.route({
    at,
    destination,
    written,
    gateway: undefined,
    cause: 'connected',
    installed: 'always',
    effect: 'add',
    table: undefined,
  })
}

/** A default route of one family that a plugin adds by itself. */
export function defaultRouteFact(
  family: 4 | 6,
  change: Pick<RouteFact, 'at' | 'cause'> & Partial<RouteFact>,
): Omit<RouteFact, 'plugin'> {
  return {
    destination: { family, address: 0n, bits: 0 },
    written: undefined,
    gateway: undefined,
    installed: 'always',
    effect: 'add',
    table: undefined,
    ...change,
  }
}

/** Default routes that a pool may hand out, which is a resource of the cluster's and known on the node alone. */
export function poolRoutes(conf: Fields, facts: FactsBuilder): void {
  for (const family of [4, 6] as const)
    facts.route(defaultRouteFact(family, { at: conf.path('type'), cause: 'pool', installed: 'perhaps' }))
}
