import { readMac } from './addresses.ts'
import type { Extractor } from './extractor.ts'
import { declareCapabilities, readsArgs } from './pod-input.ts'
import { defaultRouteFact } from './routes.ts'

/**
 * What lets a router of the VLAN give the interface a default route, in one piece or in several (RFC 4191), where the guard
 * has turned that off. The plugin takes "/" and "." for separators alike.
 */
const ANNOUNCED = /^net[./]ipv6[./]conf[./]IFNAME[./](?:accept_ra_defrtr|accept_ra_rt_info_max_plen)$/

/** Changes sysctls of the pod's network namespace, and properties of the interface. */
export const tuning: Extractor = {
  types: ['tuning', 'cnv-tuning'],
  role: 'plugin',
  isChained: true,
  source: 'containernetworking/plugins v1.9.1 plugins/meta/tuning/tuning.go; OpenShift names it cnv-tuning',
  keys: {
    sysctl: {},
    mac: {},
    promisc: {},
    mtu: {},
    allmulti: {},
    txQLen: {},
    dataDir: {},
    args: { cni: { sysctl: {}, mac: {}, promisc: {}, mtu: {}, allmulti: {}, txQLen: {} } },
  },

  extract(conf, facts) {
    const sysctl = conf.object('sysctl')
    for (const name of Object.keys(sysctl?.body ?? {})) {
      const [at, value] = [conf.path('sysctl', name), sysctl?.string(name) ?? '']
      facts.sysctl({ at, name, value })
      if (ANNOUNCED.test(name) && value !== '0')
        facts.route(defaultRouteFact(6, { at, cause: 'plugin', written: name }))
    }
    facts.mtu(conf.integer('mtu'), conf.path('mtu'))
    for (const key of ['promisc', 'allmulti']) conf.boolean(key)
    conf.integer('txQLen')
    readMac(conf, facts)
    facts.hostPath(conf.string('dataDir'), 'write', conf.path('dataDir'))
    declareCapabilities(conf, facts, 'mac')
    readsArgs(conf, facts, 'sysctl', 'mac', 'promisc', 'mtu', 'allmulti', 'txQLen')
  },
}
