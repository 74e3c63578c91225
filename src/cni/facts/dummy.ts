import type { Extractor } from './extractor.ts'
import { runIpam } from './ipam.ts'
import { declareCapabilities } from './pod-input.ts'

/** An interface that leads nowhere; only its addresses and routes matter. */
export const dummy: Extractor = {
  types: ['dummy'],
  role: 'plugin',
  source: 'containernetworking/plugins v1.9.1 plugins/main/dummy/dummy.go',
  keys: {},

  extract(conf, facts) {
    declareCapabilities(conf, facts, 'ips')
    runIpam(conf, facts, 'required')
  },
}
