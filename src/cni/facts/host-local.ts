import { compareIps, nextIp, previousIp } from '../../net/ip.ts'
import { contains, firstAddress, lastAddress, type Prefix } from '../../net/prefix.ts'
import type { FactsBuilder } from './builder.ts'
import { connectedRoute, ROUTE_KEYS, readAddress, readRoutes, readSubnet, readsArgs } from './common.ts'
import type { Extractor } from './extractor.ts'
import type { Fields } from './fields.ts'

const RANGE_KEYS = { subnet: {}, rangeStart: {}, rangeEnd: {}, gateway: {} }

/** Addresses from ranges, remembered in files on each node by itself. */
export const hostLocal: Extractor = {
  types: ['host-local'],
  role: 'ipam',
  source: 'containernetworking/plugins v1.9.1 plugins/ipam/host-local/backend/allocator/{config,range}.go',
  keys: {
    type: {},
    ...RANGE_KEYS,
    ranges: RANGE_KEYS,
    routes: ROUTE_KEYS,
    dataDir: {},
    resolvConf: {},
    name: {},
  },

  extract(conf, facts) {
    if (conf.has('subnet')) readRange(conf, facts)
    for (const range of conf.objectLists('ranges')) readRange(range, facts)
    if (!conf.has('subnet') && !conf.has('ranges')) {
      facts.problem(
        'missing',
        conf.at,
        'host-local needs "subnet" or "ranges": there are no addresses to give',
      )
    }
    readRoutes(conf, 'routes', facts)
    facts.store({
      at: conf.at,
      kind: 'store',
      by: 'host-local',
      name: facts.networkName,
      directory: conf.string('dataDir') || undefined,
    })
    facts.hostPath(conf.string('dataDir'), 'write', conf.path('dataDir'))
    facts.hostPath(conf.string('resolvConf'), 'read', conf.path('resolvConf'))
    readsArgs(conf, facts, 'ips')
  },
}

function readRange(range: Fields, facts: FactsBuilder): void {
  const subnet = readSubnet(range, 'subnet', facts)
  if (subnet === undefined) {
    if (!range.has('subnet')) facts.problem('missing', range.at, 'this range has no "subnet"')
    return
  }
  if (isTooSmall(subnet)) {
    facts.problem(
      'malformed',
      range.path('subnet'),
      `"${range.body.subnet}" has no room for a gateway and a pod: use a shorter prefix`,
    )
  }
  // The plugin's defaults: the first address is the gateway, the broadcast address is not given out.
  const gateway = readAddress(range, 'gateway', facts) ?? nextIp(firstAddress(subnet))
  const first = readAddress(range, 'rangeStart', facts)
  const last = readAddress(range, 'rangeEnd', facts)
  facts.subnet({
    at: range.path('subnet'),
    subnet,
    gateway,
    first: first ?? nextIp(firstAddress(subnet)),
    last: last ?? (subnet.family === 4 ? previousIp(lastAddress(subnet)) : lastAddress(subnet)),
    source: 'range',
  })
  if (first !== undefined)
    facts.address({
      at: range.path('rangeStart'),
      address: first,
      role: 'range-start',
      subnet,
      isChecked: true,
    })
  if (last !== undefined)
    facts.address({ at: range.path('rangeEnd'), address: last, role: 'range-end', subnet, isChecked: true })
  if (range.has('gateway'))
    facts.address({ at: range.path('gateway'), address: gateway, role: 'gateway', subnet, isChecked: false })
  if (first && last && contains(subnet, first) && contains(subnet, last) && compareIps(first, last) > 0) {
    facts.problem(
      'malformed',
      range.path('rangeEnd'),
      `"${range.body.rangeEnd}" lies before "${range.body.rangeStart}", where the range starts`,
    )
  }
  connectedRoute(subnet, range.path('subnet'), String(range.body.subnet), facts)
}

/** range.go Canonicalize() refuses prefixes of one or two addresses. */
function isTooSmall({ family, bits }: Prefix): boolean {
  return bits > (family === 4 ? 30 : 126)
}
