import { quote } from '../../json/quote.ts'
import type { Path } from '../../json/value.ts'
import { isInterfaceName } from '../../net/interface-name.ts'
import { parseIp } from '../../net/ip.ts'
import {
  addressOf,
  hasHostBits,
  isWholeFamily,
  network,
  type Prefix,
  parsePrefix,
  printPrefix,
} from '../../net/prefix.ts'
import { NATIVE, NO_VLANS, type VlanRange, type VlanSet, vlanSet } from '../../net/vlan-set.ts'
import type { FactsBuilder } from './builder.ts'
import type { KeyTree } from './extractor.ts'
import type { Master, PodInput, RouteFact } from './facts.ts'
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

/** Keys of a trunk: `[{"id": 100}, {"minID": 200, "maxID": 209}]`. */
export const TRUNK_KEYS: KeyTree = { id: {}, minID: {}, maxID: {} }

/**
 * Reads a VLAN id; undefined when the key is missing. One outside 0–4094 is reported and stands for no VLAN
 * (4095 is reserved by IEEE 802.1Q table 9-2; 0 is untagged).
 */
export function readVlan(conf: Fields, key: string, facts: FactsBuilder): VlanSet | undefined {
  const id = conf.integer(key)
  if (id === undefined) return undefined
  if (id >= 0 && id <= 4094) return vlanSet(id)
  facts.problem('vlan-out-of-range', conf.path(key), `"${key}": ${id} is no VLAN: use 1 to 4094`)
  return NO_VLANS
}

/** Whether a key that may say 0 for "no VLAN" says so, or is missing. */
export function isUntagged(vlans: VlanSet | undefined): boolean {
  return vlans === undefined || vlans.ranges[0]?.first === 0
}

/** Reads a trunk list. Undefined when the key is missing; ids beyond `least`–4094 are reported and left out. */
export function readTrunk(conf: Fields, key: string, least: 0 | 1, facts: FactsBuilder): VlanSet | undefined {
  if (!conf.has(key)) return undefined
  const ranges = conf.objects(key).flatMap(entry => readTrunkEntry(entry, least, facts))
  return vlanSet(...ranges)
}

function readTrunkEntry(entry: Fields, least: 0 | 1, facts: FactsBuilder): VlanRange[] {
  const [id, first, last] = [entry.integer('id'), entry.integer('minID'), entry.integer('maxID')]
  if ((first === undefined) !== (last === undefined)) {
    facts.problem('malformed', entry.at, '"minID" and "maxID" belong together: write both, or "id"')
    return []
  }
  const ranges = [
    ...(id === undefined ? [] : [{ first: id, last: id }]),
    ...(first === undefined || last === undefined ? [] : [{ first, last }]),
  ]
  if (ranges.length === 0)
    facts.problem('malformed', entry.at, 'a trunk entry needs "id", or "minID" and "maxID"')
  return ranges.filter(range => {
    const isValid = range.first >= least && range.last <= 4094 && range.first <= range.last
    if (!isValid) {
      const text = range.first === range.last ? `${range.first}` : `${range.first}-${range.last}`
      facts.problem(
        'vlan-out-of-range',
        entry.at,
        `${text} is no VLAN or range of VLANs: use ids from ${least} to 4094, the smaller first`,
      )
    }
    return isValid
  })
}

/** A host interface named under `key`; without a name the plugin takes the node's default-route interface. */
export function masterAt(conf: Fields, key: string, use: Master['use'], facts: FactsBuilder): Master {
  const name = conf.string(key) || undefined
  reportName(conf, key, facts)
  return {
    name,
    at: conf.path(key),
    use,
    byDefault: name === undefined,
    inContainer: conf.boolean('linkInContainer') ?? false,
  }
}

/** A name that no interface can have. Alternative names may be longer, and no grant can name them. */
export function reportName(conf: Fields, key: string, facts: FactsBuilder): void {
  const name = conf.string(key)
  if (!name || isInterfaceName(name)) return
  const message = `${quote(name)} is no interface name: Linux takes 1 to 15 bytes, without "/", ":" and spaces`
  facts.problem('malformed', conf.path(key), message)
}

/** A bridge named under `key`, or the one that the plugin takes by default. */
export function bridgeAt(conf: Fields, key: string, byDefault: string): Master {
  const name = conf.string(key) || undefined
  return {
    name: name ?? byDefault,
    at: conf.path(key),
    use: 'bridge',
    byDefault: name === undefined,
    inContainer: false,
  }
}

/** A plugin that rides on its master without a tag of its own. */
export function untaggedUplink(conf: Fields, master: Master, facts: FactsBuilder): void {
  facts.uplink({
    at: master.name === undefined ? conf.at : master.at,
    master,
    vlans: NATIVE,
    source: 'untagged',
  })
}

/** Hands the `ipam` object to the extractor of its own type. */
export function runIpam(conf: Fields, facts: FactsBuilder, need: 'required' | 'optional'): void {
  const ipam = conf.object('ipam')
  if (ipam?.string('type')) facts.nested(ipam.body, ipam.at, 'ipam')
  else if (need === 'required') {
    facts.problem(
      'missing',
      conf.path('ipam'),
      `type "${lastType(facts)}" needs "ipam" with a "type": ADD fails without it`,
    )
  }
}

/** What a pod may pass to this plugin through the capabilities that the configuration declares. */
export function declareCapabilities(
  conf: Fields,
  facts: FactsBuilder,
  ...inputs: Exclude<PodInput['input'], 'args'>[]
): void {
  const capabilities = conf.object('capabilities')
  for (const input of inputs) {
    if (capabilities?.boolean(input)) facts.podInput({ at: capabilities.path(input), input, keys: [] })
  }
}

/** Keys under args.cni that this plugin reads, and that a pod therefore decides through its cni-args. */
export function readsArgs(conf: Fields, facts: FactsBuilder, ...keys: string[]): void {
  facts.podInput({ at: conf.at, input: 'args', keys })
}

/** States the routes of a list of `{dst, gw}`, each as the kernel installs it. */
export function readRoutes(
  conf: Fields,
  key: string,
  facts: FactsBuilder,
  cause: RouteFact['cause'] = 'ipam-route',
): void {
  for (const route of conf.objects(key)) {
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
    facts.route({
      at: route.path('dst'),
      destination,
      written,
      gateway: readAddress(route, 'gw', facts),
      cause,
      installed: 'always',
      effect: 'add',
      table: route.integer('table'),
    })
  }
}

/** Reads an optional IP address, reporting text that is none. */
export function readAddress(conf: Fields, key: string, facts: FactsBuilder, parse = parseIp) {
  const text = conf.string(key)
  if (!text) return undefined
  const address = parse(text)
  if (address === undefined) facts.problem('malformed', conf.path(key), `${quote(text)} is no IP address`)
  return address
}

/** An address with its prefix, and the gateway beside it (static, whereabouts). */
export function readStaticAddress(entry: Fields, facts: FactsBuilder, parse = parsePrefix): void {
  const text = entry.string('address') ?? ''
  const subnet = parse(text)
  const at = entry.path('address')
  if (subnet === undefined) {
    facts.problem(
      'malformed',
      at,
      `${quote(text)} is no address with a prefix: write one like "10.100.0.7/24"`,
    )
    return
  }
  const address = addressOf(subnet)
  const gateway = readAddress(entry, 'gateway', facts)
  facts.subnet({ at, subnet, gateway, first: address, last: address, source: 'static' })
  if (gateway !== undefined)
    facts.address({ at: entry.path('gateway'), address: gateway, role: 'gateway', subnet, isChecked: false })
  connectedRoute(subnet, at, text, facts)
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

/** Reads a prefix that must be a network: no host bits, and not the whole family. Reports what is none. */
export function readSubnet(
  conf: Fields,
  key: string,
  facts: FactsBuilder,
  parse = parsePrefix,
): Prefix | undefined {
  const text = conf.string(key)
  if (!text) return undefined
  const subnet = parse(text)
  if (subnet === undefined) {
    facts.problem(
      'malformed',
      conf.path(key),
      `${quote(text)} is no subnet: write a prefix like "10.100.0.0/24"`,
    )
  } else if (hasHostBits(subnet) && !isWholeFamily(subnet)) {
    const start = printPrefix(network(subnet))
    const message = `${quote(text)} has host bits, so it is no network: write "${start}"`
    facts.problem('malformed', conf.path(key), message, { action: 'rename value', text: start })
  }
  return subnet
}

/**
 * A file on the node that fills in what is missing here, so that nobody can tell from here what the plugin will do;
 * but for `usual`, files that the plugin's own installer writes.
 */
export function readConfigurationPath(
  conf: Fields,
  facts: FactsBuilder,
  fillsIn: string,
  usual: readonly string[] = [],
): void {
  const path = conf.string('configuration_path')
  if (!path || usual.includes(path)) return
  const at = conf.path('configuration_path')
  facts.hostPath(path, 'read', at, usual)
  facts.problem('undecidable', at, `a file on the node would fill in ${fillsIn}: write them here`)
}

/** The plugin's own type, at the end of the chain that facts are attributed to. */
export function lastType(facts: FactsBuilder): string {
  return facts.plugin.split(' > ').at(-1) ?? facts.plugin
}
