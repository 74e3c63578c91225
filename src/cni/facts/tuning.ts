import { declareCapabilities, readsArgs } from './common.ts'
import type { Extractor } from './extractor.ts'

/** Changes sysctls of the pod's network namespace, and properties of the interface. */
export const tuning: Extractor = {
  types: ['tuning', 'cnv-tuning'],
  role: 'plugin',
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
      facts.sysctl({ at: conf.path('sysctl', name), name, value: sysctl?.string(name) ?? '' })
    }
    facts.mtu(conf.integer('mtu'), conf.path('mtu'))
    facts.hostPath(conf.string('dataDir'), 'write', conf.path('dataDir'))
    declareCapabilities(conf, facts, 'mac')
    readsArgs(conf, facts, 'sysctl', 'mac', 'promisc', 'mtu', 'allmulti', 'txQLen')
  },
}
