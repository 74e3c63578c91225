import { quote } from '../../json/quote.ts'
import { parseIp } from '../../net/ip.ts'
import { parsePrefix } from '../../net/prefix.ts'
import { reportNoAddress } from './addresses.ts'
import type { FactsBuilder } from './builder.ts'
import type { Extractor } from './extractor.ts'
import type { RouteFact } from './facts.ts'
import type { Fields } from './fields.ts'
import { readsArgs } from './pod-input.ts'
import { defaultRouteFact, ROUTE_KEYS, stateRoutes } from './routes.ts'

const ECMP_KEYS = { dst: {}, gws: {} }
const OVERRIDES = {
  flushroutes: {},
  flushgateway: {},
  delroutes: ROUTE_KEYS,
  addroutes: ROUTE_KEYS,
  delecmproutes: ECMP_KEYS,
  addecmproutes: ECMP_KEYS,
  skipcheck: {},
}

/** Plugins whose result names an interface that is in the pod under that name; a device may be one without a network interface. */
const MAKERS = ['bridge', 'cnv-bridge', 'macvlan', 'ipvlan', 'vlan', 'ptp', 'dummy', 'tap', 'bond']
/** Plugins that hand the result of an earlier one on as it is. */
const FOLLOWERS = ['tuning', 'cnv-tuning', 'bandwidth', 'portmap', 'firewall', 'sbr', 'vrf', 'route-override']

/**
 * Removes and adds routes of the pod: those of the interfaces in the earlier result, which are eth0's where there is none, and
 * everybody's where one is not there. Routes with several gateways are removed whatever their interface is.
 */
export const routeOverride: Extractor = {
  types: ['route-override'],
  role: 'plugin',
  isChained: true,
  source:
    'openshift/route-override-cni d4cb860 (k8snetworkplumbingwg, redhat-nfvpe/cni-route-override) cmd/route-override/route-override.go processRoutes()',
  keys: { ...OVERRIDES, args: { cni: OVERRIDES } },

  extract(conf, facts) {
    const [flushed, removed] = [readFlushes(conf), readRemovals(conf, 'delroutes', facts)]
    if (!isBoundToOwn(facts)) for (const route of [...flushed, ...removed]) facts.route(route)
    for (const route of readRemovals(conf, 'delecmproutes', facts)) facts.route(route)
    stateRoutes(conf, 'addroutes', facts, 'override')
    readEcmpRoutes(conf, facts)
    readsArgs(conf, facts, ...Object.keys(OVERRIDES))
  },
}

type Route = Omit<RouteFact, 'plugin'>

/** Whether what is removed is of an interface that this network made, and not of eth0. */
function isBoundToOwn(facts: FactsBuilder): boolean {
  const earlier = facts.earlierTypes() ?? []
  const maker = earlier.findLastIndex(type => MAKERS.includes(type))
  return maker !== -1 && earlier.slice(maker + 1).every(type => FOLLOWERS.includes(type))
}

function readFlushes(conf: Fields): Route[] {
  return ['flushroutes', 'flushgateway']
    .filter(key => conf.boolean(key))
    .flatMap(written => [4, 6].map(family => removal(family === 4 ? 4 : 6, conf.path(written), written)))
}

function readRemovals(conf: Fields, key: string, facts: FactsBuilder): Route[] {
  return conf.objects(key).flatMap(route => {
    const destination = readDestination(route, facts)
    if (destination === undefined) return []
    return [{ ...removal(destination.family, route.path('dst'), route.string('dst')), destination }]
  })
}

function removal(family: 4 | 6, at: RouteFact['at'], written: string | undefined): Route {
  return defaultRouteFact(family, { at, cause: 'override', effect: 'remove', written })
}

/** Routes with several gateways, on the interface of the network alone (addECMPRoute()). */
function readEcmpRoutes(conf: Fields, facts: FactsBuilder): void {
  for (const route of conf.objects('addecmproutes')) {
    const destination = readDestination(route, facts)
    const gateways = route.strings('gws')
    for (const { value, at } of gateways) {
      const address = parseIp(value)
      if (address === undefined) reportNoAddress(value, at, facts)
      else facts.address({ at, address, role: 'route-gateway', subnet: undefined, isChecked: false })
    }
    if (destination === undefined) continue
    const [first] = gateways.flatMap(({ value }) => parseIp(value) ?? [])
    const [at, written] = [route.path('dst'), route.string('dst')]
    facts.route({
      ...defaultRouteFact(destination.family, { at, cause: 'override', written }),
      destination,
      gateway: first,
    })
  }
}

function readDestination(route: Fields, facts: FactsBuilder) {
  const written = route.string('dst') ?? ''
  const destination = parsePrefix(written)
  if (destination === undefined)
    facts.problem(
      'malformed',
      route.path('dst'),
      `${quote(written)} is no destination: write a prefix like "10.100.0.0/16"`,
    )
  return destination
}
