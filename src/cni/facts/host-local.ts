import { compareIps, nextIp, previousIp, printIp, sharesAddresses } from '../../net/ip.ts'
import { contains, firstAddress, hasNoHosts, lastAddress, printPrefix } from '../../net/prefix.ts'
import { readAddress, readSubnet } from './addresses.ts'
import type { FactsBuilder, Unstated } from './builder.ts'
import type { Extractor } from './extractor.ts'
import type { SubnetFact } from './facts.ts'
import type { Fields } from './fields.ts'
import { readsArgs } from './pod-input.ts'
import { connectedRoute, ROUTE_KEYS, stateRoutes } from './routes.ts'

const RANGE_KEYS = { subnet: {}, rangeStart: {}, rangeEnd: {}, gateway: {} }
const ADDRESS_KEYS = ['rangeStart', 'rangeEnd', 'gateway'] as const

/** Where its stores are when nothing is said (backend/disk/backend.go). */
const DEFAULT_DIRECTORY = '/var/lib/cni/networks'

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
    const sets = [...(conf.has('subnet') ? [[conf]] : []), ...conf.objectLists('ranges')]
    if (sets.length === 0 && !isListed(conf)) {
      facts.problem(
        'missing',
        conf.at,
        'host-local needs "subnet" or "ranges": there are no addresses to give',
      )
    }
    // Without a subnet beside them they are not used, but decoded all the same.
    if (!conf.has('subnet')) for (const key of ADDRESS_KEYS) readAddress(conf, key, facts)
    reportOverlaps(
      sets.flatMap(set => readSet(set, conf, facts)),
      facts,
    )
    stateRoutes(conf, 'routes', facts)
    const directory = conf.string('dataDir') || undefined
    facts.store({
      at: conf.at,
      kind: 'store',
      by: 'host-local',
      name: facts.networkName,
      directory: directory === DEFAULT_DIRECTORY ? undefined : directory,
    })
    facts.hostPath(directory, 'write', conf.path('dataDir'), [DEFAULT_DIRECTORY])
    facts.hostPath(conf.string('resolvConf'), 'read', conf.path('resolvConf'))
    readsArgs(conf, facts, 'ips')
  },
}

/** Whether there is something under `ranges`, which is told where it is no list of lists. */
function isListed({ body: { ranges } }: Fields): boolean {
  return Array.isArray(ranges) ? ranges.length > 0 : ranges !== undefined && ranges !== null
}

type Range = Unstated<SubnetFact>

/** Each set gives a pod one address: of one family, as IPv4 and IPv6 are given by a set each. */
function readSet(set: readonly Fields[], conf: Fields, facts: FactsBuilder): Range[] {
  if (set.length === 0) facts.problem('missing', conf.path('ranges'), 'a list in "ranges" has no range')
  const ranges = set.flatMap(range => readRange(range, facts) ?? [])
  const [first] = ranges
  const other = ranges.find(({ subnet }) => subnet.family !== first?.subnet.family)
  if (other !== undefined)
    facts.problem(
      'malformed',
      other.at,
      'one list of ranges is of one family: write IPv4 and IPv6 as lists of their own, [[…], […]]',
    )
  return ranges
}

/** config.go LoadIPAMConfig() and range_set.go Canonicalize(): no address is in two ranges. */
function reportOverlaps(ranges: readonly Range[], facts: FactsBuilder): void {
  for (const [index, range] of ranges.entries()) {
    const other = ranges.slice(0, index).find(before => sharesAddresses(range, before))
    if (other === undefined) continue
    const [text, otherText] = [range, other].map(({ subnet }) => printPrefix(subnet))
    facts.problem(
      'malformed',
      range.at,
      `${text} gives out addresses that ${otherText} gives out as well: keep one`,
    )
  }
}

function readRange(range: Fields, facts: FactsBuilder): Range | undefined {
  const subnet = readSubnet(range, 'subnet', facts)
  if (subnet === undefined) {
    if (!range.has('subnet')) facts.problem('missing', range.at, 'this range has no "subnet"')
    return undefined
  }
  // The plugin's defaults: the first address is the gateway, the broadcast address is not given out.
  const gateway = readAddress(range, 'gateway', facts) ?? nextIp(firstAddress(subnet))
  const first = readAddress(range, 'rangeStart', facts)
  const last = readAddress(range, 'rangeEnd', facts)
  const fact: Range = {
    at: range.path('subnet'),
    subnet,
    gateway,
    first: first ?? nextIp(firstAddress(subnet)),
    last: last ?? (subnet.family === 4 ? previousIp(lastAddress(subnet)) : lastAddress(subnet)),
    source: 'range',
  }
  facts.subnet(fact)
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
  reportRoom(range, fact, facts)
  connectedRoute(subnet, range.path('subnet'), String(range.body.subnet), facts)
  return fact
}

function reportRoom(range: Fields, fact: Range, facts: FactsBuilder): void {
  if (hasNoHosts(fact.subnet)) {
    facts.problem(
      'malformed',
      range.path('subnet'),
      `"${range.body.subnet}" has no room for a gateway and a pod: use a shorter prefix`,
    )
  } else if (isReversed(fact)) {
    facts.problem(
      'malformed',
      range.path(range.has('rangeEnd') ? 'rangeEnd' : 'rangeStart'),
      `the range ends with ${printIp(fact.last)}, before its start ${printIp(fact.first)}: write the smaller address first`,
    )
  }
}

/** One that begins or ends elsewhere is told as that. */
function isReversed({ subnet, first, last }: Range): boolean {
  return compareIps(first, last) > 0 && contains(subnet, first) && contains(subnet, last)
}
