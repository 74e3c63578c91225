import { NATIVE } from '../../net/vlan-set.ts'
import type { FactsBuilder } from './builder.ts'
import type { Extractor } from './extractor.ts'
import type { Fields } from './fields.ts'
import { runIpam } from './ipam.ts'
import { readVlan } from './vlans.ts'

const SIDE_KEYS = {
  engine: {},
  iftype: {},
  netType: {},
  memif: { role: {}, mode: {}, socketfile: {} },
  vhost: { mode: {}, group: {}, socketfile: {} },
  bridge: { bridgeName: {}, bridgeId: {}, vlanId: {} },
}

/** A port of a switch in user space (VPP or OVS-DPDK), on the host and in the pod. */
export const userspace: Extractor = {
  types: ['userspace'],
  role: 'plugin',
  source: 'intel/userspace-cni-network-plugin pkg/types/types.go',
  keys: { kubeconfig: {}, sharedDir: {}, logFile: {}, logLevel: {}, host: SIDE_KEYS, container: SIDE_KEYS },

  extract(conf, facts) {
    for (const side of [conf.object('host'), conf.object('container')]) {
      if (side !== undefined) readSide(side, facts)
    }
    facts.hostPath(conf.string('kubeconfig'), 'read', conf.path('kubeconfig'))
    facts.hostPath(conf.string('sharedDir'), 'write', conf.path('sharedDir'))
    facts.hostPath(conf.string('logFile'), 'write', conf.path('logFile'))
    runIpam(conf, facts, 'optional')
  },
}

function readSide(side: Fields, facts: FactsBuilder): void {
  for (const kind of ['memif', 'vhost']) {
    const socket = side.object(kind)
    facts.hostPath(socket?.string('socketfile'), 'connect', side.path(kind, 'socketfile'))
  }
  const bridge = side.object('bridge')
  if (bridge === undefined) return
  const name =
    bridge.string('bridgeName') || (bridge.has('bridgeId') ? String(bridge.integer('bridgeId')) : undefined)
  const vlans = readVlan(bridge, 'vlanId', facts)
  facts.uplink({
    at: bridge.has('vlanId') ? bridge.path('vlanId') : bridge.at,
    master: {
      name: name ?? '0',
      at: bridge.path('bridgeName'),
      use: 'bridge',
      byDefault: name === undefined,
      inContainer: false,
    },
    vlans: vlans ?? NATIVE,
    source: vlans === undefined ? 'default' : 'key',
  })
}
