import { quote } from '../../json/quote.ts'
import { firstAddress, lastAddress, parsePrefix } from '../../net/prefix.ts'
import { NATIVE } from '../../net/vlan-set.ts'
import type { FactsBuilder } from './builder.ts'
import type { Extractor } from './extractor.ts'
import type { Fields } from './fields.ts'
import { bridgeAt, takeDevice } from './masters.ts'
import { connectedRoute, defaultRouteFact } from './routes.ts'
import { readVlan } from './vlans.ts'

const VRF_KEYS = { vni: {}, routeTarget: {}, vid: {} }

/** Comma lists of subnets and addresses, and names: a list or a number there is nothing that it can decode. */
const TEXTS = [
  ...['netAttachDefName', 'physicalNetworkName', 'excludeSubnets', 'reservedSubnets'],
  ...['infrastructureSubnets', 'joinSubnet', 'transitSubnet', 'defaultGatewayIPs', 'logLevel'],
]

/**
 * A network of OVN-Kubernetes. Topology localnet leads to a physical network, with an optional VLAN; the others do where they
 * are told of a fabric.
 */
export const ovnK8sCniOverlay: Extractor = {
  types: ['ovn-k8s-cni-overlay'],
  role: 'plugin',
  source: 'ovn-kubernetes go-controller/pkg/cni/types/types.go NetConf, pkg/cni/helper_linux.go (deviceID)',
  keys: {
    topology: {},
    netAttachDefName: {},
    mtu: {},
    subnets: {},
    excludeSubnets: {},
    reservedSubnets: {},
    infrastructureSubnets: {},
    joinSubnet: {},
    defaultGatewayIPs: {},
    vlanID: {},
    allowPersistentIPs: {},
    physicalNetworkName: {},
    role: {},
    transitSubnet: {},
    transport: {},
    outboundSNAT: {},
    evpn: { vtep: {}, macVRF: VRF_KEYS, ipVRF: VRF_KEYS },
    uplink: {},
    deviceID: {},
    logFile: {},
    logLevel: {},
  },

  extract(conf, facts) {
    for (const key of TEXTS) conf.string(key)
    if (conf.object('ipam')?.string('type'))
      facts.problem('malformed', conf.path('ipam'), 'it gives addresses of "subnets" alone: remove "ipam"')
    if (conf.boolean('allowPersistentIPs') && conf.string('topology') === 'layer3')
      facts.problem(
        'malformed',
        conf.path('allowPersistentIPs'),
        'addresses stay in topology layer2 and localnet alone: remove the key',
      )
    conf.integer('vlanID')
    for (const key of ['transport', 'evpn', 'uplink'])
      if (conf.has(key) && conf.body[key] !== '')
        facts.problem(
          'undecidable',
          conf.path(key),
          `"${key}" leads to networks outside of the overlay, which SOCNI has no grant for: leave it out`,
        )
    if (conf.string('topology') === 'localnet') {
      const vlans = readVlan(conf, 'vlanID', facts)
      // The bridge mapping is found by the physical network's name, else by the network's own.
      facts.uplink({
        at: conf.has('vlanID') ? conf.path('vlanID') : conf.at,
        master: bridgeAt(conf, 'physicalNetworkName', facts.networkName),
        vlans: vlans ?? NATIVE,
        source: vlans === undefined ? 'default' : 'key',
      })
    } else if (conf.has('vlanID')) {
      facts.problem(
        'ignored-vlan-key',
        conf.path('vlanID'),
        '"vlanID" is read for "topology": "localnet" only',
      )
    }
    takeDevice(conf, true, facts)
    // Attachments of one name are one network, in whatever namespaces they are.
    facts.store({
      at: conf.path('name'),
      kind: 'network',
      by: 'ovn-k8s-cni-overlay',
      name: facts.networkName,
      directory: undefined,
    })
    if (conf.string('role') === 'primary') {
      for (const family of [4, 6] as const) {
        facts.route(defaultRouteFact(family, { at: conf.path('role'), cause: 'plugin', written: 'role' }))
      }
    }
    readSubnets(conf, facts)
    facts.mtu(conf.integer('mtu'), conf.path('mtu'))
    facts.hostPath(conf.string('logFile'), 'write', conf.path('logFile'))
  },
}

/** `10.128.0.0/14/23,fd00::/48`: a comma list, for layer 3 with the host prefix behind a second slash. */
function readSubnets(conf: Fields, facts: FactsBuilder): void {
  const at = conf.path('subnets')
  for (const part of conf.string('subnets')?.split(',') ?? []) {
    const text = part.trim().split('/').slice(0, 2).join('/')
    const subnet = parsePrefix(text)
    if (subnet === undefined)
      facts.problem(
        'malformed',
        at,
        `${quote(part.trim())} is no subnet: write prefixes like "10.100.0.0/16"`,
      )
    else {
      facts.subnet({
        at,
        subnet,
        gateway: undefined,
        first: firstAddress(subnet),
        last: lastAddress(subnet),
        source: 'range',
      })
      connectedRoute(subnet, at, part.trim(), facts)
    }
  }
}
