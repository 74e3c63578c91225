import type { Extractor } from './extractor.ts'
import { runIpam } from './ipam.ts'
import { declareCapabilities } from './pod-input.ts'

/** A veth pair routed by the host, which takes the gateway's address; no host network is joined. */
export const ptp: Extractor = {
  types: ['ptp'],
  role: 'plugin',
  source: 'containernetworking/plugins v1.9.1 plugins/main/ptp/ptp.go',
  keys: { ipMasq: {}, ipMasqBackend: {}, mtu: {} },

  extract(conf, facts) {
    facts.hostRoute(conf.at)
    facts.mtu(conf.integer('mtu'), conf.path('mtu'))
    conf.boolean('ipMasq')
    conf.string('ipMasqBackend')
    declareCapabilities(conf, facts, 'ips')
    runIpam(conf, facts, 'required')
  },
}
