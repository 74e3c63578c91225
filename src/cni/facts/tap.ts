import { NATIVE } from '../../net/vlan-set.ts'
import { readMac } from './addresses.ts'
import type { Extractor } from './extractor.ts'
import { runIpam } from './ipam.ts'
import { declareCapabilities } from './pod-input.ts'

/** A tap device, put as a port into a bridge when one is named. */
export const tap: Extractor = {
  types: ['tap'],
  role: 'plugin',
  source: 'containernetworking/plugins v1.9.1 plugins/main/tap/tap.go',
  keys: {
    mac: {},
    mtu: {},
    multiQueue: {},
    owner: {},
    group: {},
    selinuxContext: {},
    // OpenShift's documents have it so, which Go reads all the same, and nothing is judged by it.
    selinuxcontext: {},
    bridge: {},
  },

  extract(conf, facts) {
    const name = conf.string('bridge') || undefined
    if (name !== undefined) {
      const at = conf.path('bridge')
      facts.uplink({
        at,
        master: { name, at, use: 'bridge', byDefault: false, inContainer: false },
        vlans: NATIVE,
        source: 'untagged',
      })
    }
    facts.mtu(conf.integer('mtu'), conf.path('mtu'))
    for (const key of ['selinuxContext', 'selinuxcontext']) conf.string(key)
    readMac(conf, facts)
    for (const key of ['owner', 'group']) conf.integer(key)
    conf.boolean('multiQueue')
    declareCapabilities(conf, facts, 'ips', 'mac')
    runIpam(conf, facts, 'optional')
  },
}
