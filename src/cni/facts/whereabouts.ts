import { quote } from '../../json/quote.ts'
import type { Path } from '../../json/value.ts'
import {
  compareIps,
  type Ip,
  isSameIp,
  nextIp,
  parseIp,
  parseIpSloppy,
  previousIp,
  printIp,
} from '../../net/ip.ts'
import {
  addressOf,
  contains,
  firstAddress,
  hasNoHosts,
  lastAddress,
  network,
  type Prefix,
  parsePrefix,
  parsePrefixSloppy,
  prefixOf,
  printPrefix,
} from '../../net/prefix.ts'
import { readAddress } from './addresses.ts'
import type { FactsBuilder } from './builder.ts'
import type { Extractor } from './extractor.ts'
import type { SubnetFact } from './facts.ts'
import type { Fields } from './fields.ts'
import { readConfigurationPath } from './ipam.ts'
import { connectedRoute, ROUTE_KEYS, stateRoutes } from './routes.ts'
import { readStaticAddress } from './static-address.ts'

/** Directories that it looks for its configuration in when none is named (pkg/config/config.go GetFlatIPAM). */
export const WHEREABOUTS_DIRECTORIES = [
  '/etc/cni/net.d/whereabouts.d',
  '/etc/kubernetes/cni/net.d/whereabouts.d',
]

/** Where its own script writes, in the directories of each distribution (script/lib.sh): K3s's networks have to name it. */
const INSTALLED = [...WHEREABOUTS_DIRECTORIES, '/var/lib/rancher/k3s/agent/etc/cni/net.d/whereabouts.d']
const CONFIGURATIONS = INSTALLED.map(directory => `${directory}/whereabouts.conf`)
const KUBECONFIGS = INSTALLED.map(directory => `${directory}/whereabouts.kubeconfig`)

/** Keeper of a pool that has no name but that of its range. */
export const WHEREABOUTS_RANGE = 'whereabouts, by range'

const RANGE_KEYS = { range: {}, range_start: {}, range_end: {}, exclude: {} }

/** Addresses from ranges, remembered for the whole cluster in custom resources. */
export const whereabouts: Extractor = {
  types: ['whereabouts'],
  role: 'ipam',
  source: 'k8snetworkplumbingwg/whereabouts v0.9.4 pkg/{types,config}',
  keys: {
    type: {},
    name: {},
    ...RANGE_KEYS,
    ipRanges: RANGE_KEYS,
    addresses: { address: {}, gateway: {} },
    gateway: {},
    routes: ROUTE_KEYS,
    dns: { nameservers: {}, domain: {}, search: {}, options: {} },
    network_name: {},
    node_slice_size: {},
    configuration_path: {},
    kubernetes: { kubeconfig: {}, context: {} },
    datastore: {},
    log_file: {},
    log_level: {},
    overlapping_ranges: {},
    enable_overlapping_ranges: {},
    reconciler_cron_expression: {},
    sleep_for_race: {},
    leader_lease_duration: {},
    leader_renew_deadline: {},
    leader_retry_period: {},
  },

  extract(conf, facts) {
    const name = conf.string('network_name')
    if (conf.string('range')) readRange(conf, facts, name, parseIpSloppy)
    // Go's own JSON reader decodes what is in here, and takes no leading zeros.
    for (const range of conf.objects('ipRanges')) readRange(range, facts, name, parseIp)
    for (const entry of conf.objects('addresses')) readStaticAddress(entry, facts, parsePrefixSloppy)
    const gateway = readAddress(conf, 'gateway', facts, parseIpSloppy)
    if (gateway !== undefined)
      facts.address({
        at: conf.path('gateway'),
        address: gateway,
        role: 'gateway',
        subnet: undefined,
        isChecked: false,
      })
    stateRoutes(conf, 'routes', facts)

    // Without a name the pool is that of all whose range is the same, and an address is reserved in the whole cluster.
    const at = conf.path(name ? 'network_name' : 'node_slice_size')
    for (const pool of name ? [name] : sliceNames(conf, facts))
      facts.store({ at, kind: 'store', by: 'whereabouts', name: pool, directory: undefined })
    readConfigurationPath(conf, facts, 'routes and ranges that are missing here', CONFIGURATIONS)
    facts.hostPath(
      conf.object('kubernetes')?.string('kubeconfig'),
      'read',
      conf.path('kubernetes', 'kubeconfig'),
      KUBECONFIGS,
    )
    facts.hostPath(conf.string('log_file'), 'write', conf.path('log_file'), ['/var/log/whereabouts.log'])
    for (const key of ['log_level', 'node_slice_size', 'reconciler_cron_expression']) conf.string(key)
    for (const key of [
      'sleep_for_race',
      'leader_lease_duration',
      'leader_renew_deadline',
      'leader_retry_period',
    ])
      conf.integer(key)
    conf.boolean('enable_overlapping_ranges')
    facts.podInput({ at: conf.at, input: 'ips', keys: [] })
  },
}

/**
 * What is cut into a slice for each node has the name of its pool, also of somebody else's, for want of one that of the network, or of
 * the plugin in a list (pkg/storage/kubernetes/ipam.go getNodeSliceName(), pkg/node-controller/controller.go getSliceName()).
 */
function sliceNames(conf: Fields, { networkName, ownName }: FactsBuilder): string[] {
  if (!conf.string('node_slice_size')) return []
  return [...new Set([networkName, ownName || networkName])]
}

/** `10.100.1.0/24`, or `10.100.1.20-10.100.1.99/24`: with the first and the last address, whatever else says so. */
function readRange(
  conf: Fields,
  facts: FactsBuilder,
  name: string | undefined,
  parseEnd: typeof parseIp,
): void {
  const text = conf.string('range') ?? ''
  const dash = text.indexOf('-')
  const written = parsePrefixSloppy(text.slice(dash + 1))
  const from = dash === -1 ? undefined : parseIpSloppy(text.slice(0, dash))
  if (written === undefined || (dash !== -1 && from === undefined)) {
    const message = `${quote(text)} is no range: write "10.100.1.0/24" or "10.100.1.20-10.100.1.99/24"`
    facts.problem('malformed', conf.path('range'), message)
    return
  }
  const subnet = network(written)
  const at = conf.path('range')
  if (hasNoHosts(subnet)) {
    const message = `${quote(text)} has no address to give out for releases up to 0.9.4: use a shorter prefix`
    facts.problem('unread-key', at, message)
  }
  const hasEnds = from !== undefined
  // Behind a dash they are not used, but in a list decoded all the same.
  const isDecoded = !hasEnds || parseEnd === parseIp
  const [start, end] = ['range_start', 'range_end'].map(key =>
    isDecoded ? readAddress(conf, key, facts, parseEnd) : undefined,
  )
  const [first, last] = hasEnds ? [from, addressOf(written)] : [start, end]
  const limits = limit(subnet, first, last)
  facts.subnet({ at, subnet, gateway: undefined, ...limits, source: 'range', isClusterWide: !name })
  storePool(name, subnet, at, facts)
  const ends = [
    { role: 'range-start', address: first, key: 'range_start' },
    { role: 'range-end', address: last, key: 'range_end' },
  ] as const
  for (const { role, address, key } of ends)
    if (address !== undefined)
      facts.address({ at: hasEnds ? at : conf.path(key), address, role, subnet, isChecked: hasEnds })
  // Behind a dash the network's own address says that it goes on to the end.
  const isToTheEnd = hasEnds && last !== undefined && isSameIp(last, firstAddress(subnet))
  const areInside = [first, last].every(ip => ip !== undefined && contains(subnet, ip))
  if (first && last && areInside && !isToTheEnd && compareIps(first, last) > 0)
    facts.problem(
      'unread-key',
      hasEnds ? at : conf.path('range_end'),
      `${printIp(last)} lies before ${printIp(first)}, where the range starts: whereabouts ignores it, and gives out the rest of ${printPrefix(subnet)}`,
    )
  readExcludes(conf, subnet, facts)
  connectedRoute(subnet, at, text, facts)
}

/**
 * The IPPool of an IPv6 range. Its name has "-" for ":", so that `a` with 2001:db8::/64 and `a-2001` with db8::/64 are one pool, and
 * so is `2001` with the latter that of the former without a name (pkg/storage/kubernetes/ipam.go IPPoolName()).
 */
function storePool(name: string | undefined, subnet: Prefix, at: Path, facts: FactsBuilder): void {
  if (subnet.family === 4) return
  const range = printPrefix(subnet).replaceAll(/[:/]/g, '-')
  facts.store({
    at,
    kind: 'store',
    by: name ? 'whereabouts' : WHEREABOUTS_RANGE,
    name: name ? `${name}-${range}` : range,
    directory: undefined,
  })
}

/** What is given out: an end that is not in the subnet, or a last address before the first, is ignored (GetIPRange). */
function limit(
  subnet: Prefix,
  start: Ip | undefined,
  end: Ip | undefined,
): Pick<SubnetFact, 'first' | 'last'> {
  if (hasNoHosts(subnet)) return { first: firstAddress(subnet), last: lastAddress(subnet) }
  let [first, last] = [nextIp(firstAddress(subnet)), previousIp(lastAddress(subnet))]
  const isUsable = (ip: Ip) => compareIps(first, ip) <= 0 && compareIps(ip, last) <= 0
  if (start !== undefined && isUsable(start)) first = start
  if (end !== undefined && isUsable(end)) last = end
  return { first, last }
}

function readExcludes(conf: Fields, subnet: Prefix, facts: FactsBuilder): void {
  for (const { value, at } of conf.strings('exclude')) {
    const ip = parseIp(value)
    const exclude = ip === undefined ? parsePrefix(value) : prefixOf(ip)
    if (exclude === undefined) {
      facts.problem(
        'malformed',
        at,
        `${quote(value)} is nothing to exclude: write an address, or a prefix like "10.100.1.0/28"`,
      )
    } else facts.address({ at, address: firstAddress(exclude), role: 'exclude', subnet, isChecked: false })
  }
}
