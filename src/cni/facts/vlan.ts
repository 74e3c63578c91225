import { NATIVE } from '../../net/vlan-set.ts'
import type { Extractor } from './extractor.ts'
import { runIpam } from './ipam.ts'
import { masterAt } from './masters.ts'
import { declareCapabilities } from './pod-input.ts'
import { readVlan } from './vlans.ts'

/** The 802.1Q sub-interface plugin: one VLAN on one master. */
export const vlan: Extractor = {
  types: ['vlan'],
  role: 'plugin',
  source: 'containernetworking/plugins v1.9.1 plugins/main/vlan/vlan.go',
  keys: { master: {}, vlanId: {}, mtu: {}, linkInContainer: {} },

  extract(conf, facts) {
    const master = masterAt(conf, 'master', 'ride', facts)
    if (master.byDefault)
      facts.problem('missing', conf.at, 'type "vlan" needs "master", the host interface to ride on')

    // The seeds write `vlan`, as for the bridge plugin; the guard translates it to `vlanId` before the plugin runs.
    const key = conf.has('vlanId') ? 'vlanId' : 'vlan'
    const vlans = readVlan(conf, key, facts)
    if (key === 'vlanId' && conf.has('vlan') && conf.integer('vlan') !== conf.integer('vlanId')) {
      facts.problem(
        'contradiction',
        conf.path('vlan'),
        '"vlan" and "vlanId" say different things: keep "vlanId" only',
      )
    }
    facts.uplink({
      at: conf.has(key) ? conf.path(key) : conf.at,
      master,
      // A missing vlanId is Go's zero value: VID 0, a priority tag, which switches treat as untagged.
      vlans: vlans ?? NATIVE,
      source: vlans === undefined ? 'default' : 'key',
    })
    facts.mtu(conf.integer('mtu'), conf.path('mtu'))
    declareCapabilities(conf, facts, 'ips', 'mac')
    runIpam(conf, facts, 'required')
  },
}
