import { NATIVE, NO_VLANS, uniteVlans, vlanSet } from '../../net/vlan-set.ts'
import type { FactsBuilder } from './builder.ts'
import type { Extractor } from './extractor.ts'
import type { Uplink } from './facts.ts'
import type { Fields } from './fields.ts'
import { runIpam } from './ipam.ts'
import { bridgeAt, reportName } from './masters.ts'
import { declareCapabilities, readsArgs } from './pod-input.ts'
import { defaultRouteFact } from './routes.ts'
import { isUntagged, readTrunk, readVlan, TRUNK_KEYS } from './vlans.ts'

/** The VLAN that a Linux bridge puts untagged frames into unless told otherwise (default_pvid). */
const BRIDGE_DEFAULT = vlanSet(1)

/** A veth pair whose host end becomes a port of a Linux bridge, tagged by the bridge's VLAN filter. */
export const bridge: Extractor = {
  types: ['bridge', 'cnv-bridge'],
  role: 'plugin',
  source: 'containernetworking/plugins v1.9.1 plugins/main/bridge/bridge.go; OpenShift names it cnv-bridge',
  keys: {
    bridge: {},
    isGateway: {},
    isDefaultGateway: {},
    forceAddress: {},
    ipMasq: {},
    ipMasqBackend: {},
    mtu: {},
    hairpinMode: {},
    promiscMode: {},
    vlan: {},
    vlanTrunk: TRUNK_KEYS,
    preserveDefaultVlan: {},
    macspoofchk: {},
    enabledad: {},
    disableContainerInterface: {},
    portIsolation: {},
    args: { cni: { mac: {} } },
  },

  extract(conf, facts) {
    const named = bridgeAt(conf, 'bridge', 'cni0')
    reportName(named.name, named.at, facts)
    // An address of the bridge that is in the way is deleted: where it is the node's own, the node is gone.
    const master = conf.boolean('forceAddress') ? { ...named, use: 'move' as const } : named
    facts.uplink({
      at: conf.has('vlan') ? conf.path('vlan') : conf.has('vlanTrunk') ? conf.path('vlanTrunk') : conf.at,
      master,
      ...readVlans(conf, facts),
    })
    const gateway = ['isGateway', 'isDefaultGateway'].find(key => conf.boolean(key))
    if (gateway !== undefined) facts.hostRoute(conf.path(gateway))
    if (conf.boolean('isDefaultGateway')) {
      // One for each family that the IPAM plugin gives an address of; which those are is not known before it ran.
      const at = conf.path('isDefaultGateway')
      for (const family of [4, 6] as const) {
        facts.route(defaultRouteFact(family, { at, cause: 'default-gateway', written: 'isDefaultGateway' }))
      }
    }
    if (conf.boolean('forceAddress') && master.byDefault) {
      facts.problem(
        'contradiction',
        conf.path('forceAddress'),
        '"forceAddress" would delete the address of "cni0": name a bridge',
      )
    }
    facts.mtu(conf.integer('mtu'), conf.path('mtu'))
    readSwitches(conf, facts)
    declareCapabilities(conf, facts, 'ips', 'mac')
    readsArgs(conf, facts, 'mac')
    runIpam(conf, facts, 'optional')
  },
}

/** What is decoded and changes nothing that is judged, and what ADD takes not together. */
function readSwitches(conf: Fields, facts: FactsBuilder): void {
  for (const key of ['ipMasq', 'macspoofchk', 'enabledad', 'portIsolation']) conf.boolean(key)
  const [hairpin, promiscuous] = ['hairpinMode', 'promiscMode'].map(key => conf.boolean(key))
  if (hairpin && promiscuous)
    facts.problem(
      'malformed',
      conf.path('hairpinMode'),
      '"hairpinMode" and "promiscMode" exclude each other, and ADD fails with both: keep one',
    )
  conf.string('ipMasqBackend')
  if (conf.boolean('disableContainerInterface') && conf.object('ipam')?.string('type'))
    facts.problem(
      'malformed',
      conf.path('disableContainerInterface'),
      'an interface that stays down gets no address, and ADD fails: remove "ipam", or this key',
    )
}

/**
 * What the port carries. Versions differ: before 1.8 a trunk kept the bridge's default VLAN as its native one, and
 * a trunk without `vlan` gets PVID 1 everywhere; so the union of all versions is stated. That a port with `vlan` alone was
 * kept there as well is said, and not stated: the guard has it otherwise.
 */
function readVlans(conf: Fields, facts: FactsBuilder): Pick<Uplink, 'vlans' | 'source'> {
  const native = readVlan(conf, 'vlan', facts)
  const trunk = readTrunk(conf, 'vlanTrunk', 1, facts)
  const isTagged = native !== undefined && !isUntagged(native)
  const keepsDefault = conf.boolean('preserveDefaultVlan')
  if (isTagged && keepsDefault === undefined)
    facts.problem(
      'default-vlan',
      conf.path('vlan'),
      'plugins up to 1.7.1 keep the port in VLAN 1 of the bridge as well: write "preserveDefaultVlan": false beside it',
    )
  const kept = keepsDefault === true || (trunk !== undefined && !isTagged) ? BRIDGE_DEFAULT : NO_VLANS
  if (trunk !== undefined)
    return { vlans: uniteVlans(trunk, isTagged ? native : NO_VLANS, kept), source: 'trunk' }
  if (native === undefined) return { vlans: NATIVE, source: 'default' }
  return { vlans: isTagged ? uniteVlans(native, kept) : native, source: 'key' }
}
