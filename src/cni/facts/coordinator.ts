import type { Extractor } from './extractor.ts'
import { defaultRouteFact } from './routes.ts'

/** Spiderpool's coordinator moves routes between the pod's interfaces. */
export const coordinator: Extractor = {
  types: ['coordinator'],
  role: 'plugin',
  source: 'spidernet-io/spiderpool cmd/coordinator/cmd/cni_types.go',
  keys: {
    mode: {},
    podDefaultRouteNic: {},
    overlayPodCIDR: {},
    serviceCIDR: {},
    hijackCIDR: {},
    policyRoutes: {},
    tunePodRoutes: {},
    podNICs: {},
    podMACPrefix: {},
    podRPFilter: {},
    txQueueLen: {},
    hostRuleTable: {},
    hostRPFilter: {},
    vethLinkAddress: {},
    detectGateway: {},
    detectIPConflict: {},
    detectOptions: {},
    logOptions: {},
  },

  extract(conf, facts) {
    facts.hostRoute(conf.at)
    const nic = conf.string('podDefaultRouteNic')
    if (nic && nic !== 'eth0') {
      for (const family of [4, 6] as const) {
        const at = conf.path('podDefaultRouteNic')
        facts.route(defaultRouteFact(family, { at, cause: 'plugin', written: 'podDefaultRouteNic' }))
      }
      return
    }
    if (conf.string('mode') === 'overlay' || conf.boolean('tunePodRoutes') === false) return
    // In mode auto and underlay it decides on the node which interface keeps the default route.
    for (const family of [4, 6] as const) {
      facts.route(defaultRouteFact(family, { at: conf.at, cause: 'plugin', installed: 'perhaps' }))
    }
  },
}
