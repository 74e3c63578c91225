import { vlanSet } from '../../net/vlan-set.ts'
import type { Extractor } from './extractor.ts'
import { readVlanId, runIpam } from './common.ts'

/** The 802.1Q sub-interface plugin: one VLAN on one master. */
export const vlan: Extractor = {
  types: ['vlan'],
  role: 'plugin',
  source: 'containernetworking/plugins v1.9.1 plugins/main/vlan/vlan.go',
  keys: { master: {}, vlanId: {}, mtu: {}, linkInContainer: {}, dns: {} },

  extract(conf, facts) {
    const master = conf.string('master')
    if (!master) facts.problem('missing', conf.at, 'type "vlan" needs "master", the host interface to ride on')

    // The seeds write `vlan`, as the bridge plugin does; the guard translates it to `vlanId` before the plugin runs.
    const key = conf.has('vlanId') || !conf.has('vlan') ? 'vlanId' : 'vlan'
    const id = readVlanId(conf, key, facts)
    if (key === 'vlan') {
      facts.problem(
        'ignored-vlan-key',
        conf.path('vlan'),
        `type "vlan" reads "vlanId", not "vlan": without the SOCNI guard on the node the pod lands untagged; write "vlanId": ${id ?? 0}`,
      )
    } else if (conf.has('vlan') && conf.integer('vlan') !== id) {
      facts.problem(
        'contradiction',
        conf.path('vlan'),
        `"vlan" says ${JSON.stringify(conf.body.vlan)} and "vlanId" says ${id}: keep "vlanId" only`,
      )
    }

    facts.uplink({
      at: conf.has(key) ? conf.path(key) : conf.at,
      master: {
        name: master,
        at: conf.path('master'),
        use: 'ride',
        byDefault: false,
        inContainer: conf.boolean('linkInContainer') ?? false,
      },
      // A missing vlanId is Go's zero value: VID 0, a priority tag, which switches treat as untagged.
      vlans: vlanSet(id ?? 0),
      source: id === undefined ? 'default' : 'key',
    })
    facts.mtu(conf.integer('mtu'), conf.path('mtu'))
    runIpam(conf, facts, 'required')
  },
}
