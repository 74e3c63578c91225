import type { Extractor } from './extractor.ts'
import { defaultRouteFact } from './routes.ts'

const LOG_FILE = '/var/log/spidernet/coordinator.log'

/**
 * Spiderpool's coordinator moves routes between the pod's interfaces: the default route to its own one, in any mode, unless it or the
 * cluster's SpiderCoordinator says otherwise.
 */
export const coordinator: Extractor = {
  types: ['coordinator'],
  role: 'plugin',
  source:
    'spidernet-io/spiderpool cmd/coordinator/cmd/{cni_types,command_add,utils}.go, pkg/networking/sysctl (hostRPFilter, in older releases)',
  keys: {
    mode: {},
    podDefaultRouteNic: {},
    podDefaultCniNic: {},
    multusNicPrefix: {},
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
    logOptions: { logLevel: {}, logFile: {}, logMaxSize: {}, logMaxAge: {}, logMaxCount: {} },
  },

  extract(conf, facts) {
    const mode = conf.string('mode')
    if (mode === 'disable') return
    facts.hostRoute(conf.at)
    facts.hostPath(
      conf.object('logOptions')?.string('logFile'),
      'write',
      conf.path('logOptions', 'logFile'),
      [LOG_FILE],
    )
    // Of each interface of the node, not of the pod's alone.
    const filter = conf.integer('hostRPFilter') ?? -1
    if (filter >= 0)
      facts.sysctl({
        at: conf.path('hostRPFilter'),
        name: 'net.ipv4.conf.all.rp_filter',
        value: String(filter),
      })
    const nic = conf.string('podDefaultRouteNic')
    if (nic === 'eth0' || conf.boolean('tunePodRoutes') === false) return
    for (const family of [4, 6] as const) {
      const route = nic
        ? ({ at: conf.path('podDefaultRouteNic'), cause: 'plugin', written: 'podDefaultRouteNic' } as const)
        : ({ at: conf.at, cause: 'plugin', installed: 'perhaps' } as const)
      facts.route(defaultRouteFact(family, route))
    }
  },
}
