import { declareCapabilities, runIpam } from './common.ts'
import type { Extractor } from './extractor.ts'

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
