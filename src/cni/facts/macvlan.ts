import { readMac } from './addresses.ts'
import type { Extractor } from './extractor.ts'
import { runIpam } from './ipam.ts'
import { masterAt, untaggedUplink } from './masters.ts'
import { declareCapabilities } from './pod-input.ts'

/** A virtual NIC with its own MAC on a master; it has no VLAN of its own, only that of its master. */
export const macvlan: Extractor = {
  types: ['macvlan'],
  role: 'plugin',
  source: 'containernetworking/plugins v1.9.1 plugins/main/macvlan/macvlan.go',
  keys: { master: {}, mode: {}, mtu: {}, mac: {}, linkInContainer: {}, bcqueuelen: {} },

  extract(conf, facts) {
    const mode = conf.string('mode')
    // Everything that reaches the master goes to the pod then, and nothing to the node (Linux drivers/net/macvlan.c).
    untaggedUplink(conf, masterAt(conf, 'master', mode === 'passthru' ? 'move' : 'ride', facts), facts)
    if (mode && !['bridge', 'private', 'vepa', 'passthru'].includes(mode)) {
      facts.problem(
        'malformed',
        conf.path('mode'),
        `"${mode}" is no macvlan mode: use bridge, private, vepa or passthru`,
      )
    }
    facts.mtu(conf.integer('mtu'), conf.path('mtu'))
    readMac(conf, facts)
    conf.integer('bcqueuelen')
    declareCapabilities(conf, facts, 'ips', 'mac')
    runIpam(conf, facts, 'optional')
  },
}
