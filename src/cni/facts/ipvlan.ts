import type { Extractor } from './extractor.ts'
import { runIpam } from './ipam.ts'
import { masterAt, untaggedUplink } from './masters.ts'
import { declareCapabilities } from './pod-input.ts'

/**
 * A virtual NIC that shares the MAC of its master. Without a master it takes the interface of an earlier result, else
 * the default-route interface; an author-set prevResult is refused by the reader of the network.
 */
export const ipvlan: Extractor = {
  types: ['ipvlan'],
  role: 'plugin',
  source: 'containernetworking/plugins v1.9.1 plugins/main/ipvlan/ipvlan.go',
  keys: { master: {}, mode: {}, mtu: {}, linkInContainer: {} },

  extract(conf, facts) {
    const master = masterAt(conf, 'master', 'ride', facts)
    untaggedUplink(conf, master, facts)
    // That one may be named after an interface of the node, and is looked for there.
    const isBehind = conf.at.some(step => Number(step) > 0)
    if (master.byDefault && isBehind)
      facts.problem(
        'undecidable',
        conf.at,
        'behind another plugin it rides on the interface of that: name the "master"',
      )
    const mode = conf.string('mode')
    if (mode && !['l2', 'l3', 'l3s'].includes(mode)) {
      facts.problem('malformed', conf.path('mode'), `"${mode}" is no ipvlan mode: use l2, l3 or l3s`)
    }
    facts.mtu(conf.integer('mtu'), conf.path('mtu'))
    declareCapabilities(conf, facts, 'ips')
    // Behind another plugin it takes addresses and routes from the result of that.
    if (isBehind && !conf.object('ipam')?.string('type'))
      facts.problem(
        'undecidable',
        conf.at,
        'behind another plugin, without "ipam", it takes the addresses and routes of that one: give it an "ipam" of its own',
      )
    runIpam(conf, facts, isBehind ? 'optional' : 'required')
  },
}
