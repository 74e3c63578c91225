import { NATIVE, uniteVlans } from '../../net/vlan-set.ts'
import type { Extractor } from './extractor.ts'
import { runIpam } from './ipam.ts'
import { takeDevice } from './masters.ts'
import { declareCapabilities } from './pod-input.ts'
import { readTrunk, readVlan, TRUNK_KEYS } from './vlans.ts'

/** A virtual function whose representor becomes a port of one of several bridges. */
export const acceleratedBridge: Extractor = {
  types: ['accelerated-bridge'],
  role: 'plugin',
  source: 'k8snetworkplumbingwg/accelerated-bridge-cni v0.6 pkg/types/types.go',
  keys: {
    bridge: {},
    vlan: {},
    trunk: TRUNK_KEYS,
    setUplinkVlan: {},
    mac: {},
    mtu: {},
    debug: {},
    deviceID: {},
  },

  extract(conf, facts) {
    const written = conf.string('bridge') || undefined
    const vlans = readVlan(conf, 'vlan', facts)
    const trunk = readTrunk(conf, 'trunk', 1, facts)
    const own = vlans ?? NATIVE
    for (const name of (written ?? 'cni0').split(',')) {
      facts.uplink({
        at: conf.has('trunk') ? conf.path('trunk') : conf.has('vlan') ? conf.path('vlan') : conf.at,
        master: {
          name: name.trim(),
          at: conf.path('bridge'),
          use: 'bridge',
          byDefault: written === undefined,
          inContainer: false,
        },
        vlans: trunk === undefined ? own : uniteVlans(trunk, own),
        source: trunk === undefined ? (vlans === undefined ? 'default' : 'key') : 'trunk',
      })
    }
    takeDevice(conf, true, facts)
    facts.mtu(conf.integer('mtu'), conf.path('mtu'))
    declareCapabilities(conf, facts, 'ips', 'mac', 'deviceID')
    runIpam(conf, facts, 'optional')
  },
}
