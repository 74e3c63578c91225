import { ALL_VLANS } from '../../net/vlan-set.ts'
import type { FactsBuilder } from './builder.ts'
import type { Extractor } from './extractor.ts'
import type { Uplink } from './facts.ts'
import type { Fields } from './fields.ts'
import { readConfigurationPath, runIpam } from './ipam.ts'
import { bridgeAt, takeDevice } from './masters.ts'
import { declareCapabilities, readsArgs } from './pod-input.ts'
import { isUntagged, readTrunk, readVlan, TRUNK_KEYS } from './vlans.ts'

/** A port of an Open vSwitch bridge. Without `vlan` and `trunk` it is a trunk that carries every VLAN. */
export const ovs: Extractor = {
  types: ['ovs'],
  role: 'plugin',
  source: 'k8snetworkplumbingwg/ovs-cni v0.9 pkg/types/types.go, pkg/plugin/plugin.go, pkg/sriov/sriov.go',
  keys: {
    bridge: {},
    vlan: {},
    mtu: {},
    trunk: TRUNK_KEYS,
    deviceID: {},
    configuration_path: {},
    socket_file: {},
    link_state_check_retries: {},
    link_state_check_interval: {},
    interface_type: {},
    ofport_request: {},
    ovnPort: {},
    mirrors: { name: {}, ingress: {}, egress: {} },
    args: { cni: { mac: {}, ovnPort: {} } },
  },

  extract(conf, facts) {
    const bridge = conf.string('bridge') || undefined
    if (bridge === undefined) {
      facts.problem(
        'undecidable',
        conf.at,
        'without "bridge" a file on the node or the pod\'s ovnPort chooses it: name the bridge',
      )
    }
    facts.uplink({
      at: conf.has('trunk') ? conf.path('trunk') : conf.has('vlan') ? conf.path('vlan') : conf.at,
      master: bridgeAt(conf, 'bridge', 'br-int'),
      ...readVlans(conf, facts),
    })
    // A virtual function goes into the pod in the place of a veth, and what stands for it into the bridge.
    takeDevice(conf, true, facts)
    readConfigurationPath(conf, facts, 'the bridge, VLAN and trunk')
    const socket = conf.string('socket_file')
    facts.hostPath(socket, 'connect', conf.path('socket_file'))
    if (conf.has('mirrors')) {
      facts.problem(
        'undecidable',
        conf.path('mirrors'),
        'a mirror shows the traffic of other ports: SOCNI has no grant that could allow it',
      )
    }
    facts.mtu(conf.integer('mtu'), conf.path('mtu'))
    for (const key of ['link_state_check_retries', 'link_state_check_interval', 'ofport_request'])
      conf.integer(key)
    conf.string('interface_type')
    declareCapabilities(conf, facts, 'ips', 'mac', 'deviceID')
    readsArgs(conf, facts, 'mac', 'ovnPort')
    runIpam(conf, facts, 'optional')
  },
}

/** With both, `trunk` wins and `vlan` is dropped. */
function readVlans(conf: Fields, facts: FactsBuilder): Pick<Uplink, 'vlans' | 'source'> {
  const vlans = readVlan(conf, 'vlan', facts)
  const trunk = readTrunk(conf, 'trunk', 0, facts)
  if (trunk !== undefined && trunk.ranges.length > 0) {
    if (vlans !== undefined)
      facts.problem(
        'contradiction',
        conf.path('vlan'),
        '"trunk" is used and "vlan" is dropped: keep one of them',
      )
    return { vlans: trunk, source: 'trunk' }
  }
  if (vlans === undefined || isUntagged(vlans)) return { vlans: ALL_VLANS, source: 'default' }
  return { vlans, source: 'key' }
}
