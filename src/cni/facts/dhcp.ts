import { defaultRouteFact } from './common.ts'
import type { Extractor } from './extractor.ts'

/**
 * Addresses and routes from a DHCP server in the VLAN. Option 121 alone, or else options 3 and 33, decide the routes at
 * run time; `skipDefault` only shortens the list of options that is asked for.
 */
export const dhcp: Extractor = {
  types: ['dhcp'],
  role: 'ipam',
  source: 'containernetworking/plugins v1.9.1 plugins/ipam/dhcp/{main,options}.go',
  keys: {
    type: {},
    daemonSocketPath: {},
    request: { option: {}, skipDefault: {} },
    provide: { option: {}, value: {}, fromArg: {} },
    priority: {},
    routes: {},
  },

  extract(conf, facts) {
    facts.hostPath(conf.string('daemonSocketPath'), 'connect', conf.path('daemonSocketPath'), [
      '/run/cni/dhcp.sock',
    ])
    facts.route(defaultRouteFact(4, { at: conf.path('type'), cause: 'dhcp', installed: 'perhaps' }))
  },
}
