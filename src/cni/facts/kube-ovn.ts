import type { Extractor } from './extractor.ts'
import { poolRoutes, ROUTE_KEYS, stateRoutes } from './routes.ts'

/** Its daemon's socket, without which the plugin refuses a configuration (pkg/netconf, cmd/cni loadNetConf()). */
const SOCKETS = ['/run/openvswitch/kube-ovn-daemon.sock']

/** kube-ovn: the VLAN is in a Vlan resource that a Subnet resource refers to. */
export const kubeOvn: Extractor = {
  types: ['kube-ovn'],
  role: 'plugin',
  source: 'kubeovn/kube-ovn pkg/netconf/types.go; Subnet.spec.vlan, Vlan.spec.id',
  keys: {
    server_socket: {},
    provider: {},
    routes: ROUTE_KEYS,
    ipam: { type: {}, server_socket: {}, provider: {}, routes: ROUTE_KEYS },
  },

  extract(conf, facts) {
    facts.problem(
      'undecidable',
      conf.at,
      "the VLAN is in kube-ovn's Subnet and Vlan resources, which SOCNI does not read: use a type whose configuration names it",
    )
    stateRoutes(conf, 'routes', facts)
    const ipam = conf.object('ipam')
    if (ipam !== undefined) stateRoutes(ipam, 'routes', facts)
    facts.hostPath(conf.string('server_socket'), 'connect', conf.path('server_socket'), SOCKETS)
    facts.hostPath(ipam?.string('server_socket'), 'connect', conf.path('ipam', 'server_socket'), SOCKETS)
  },
}

/** The IPAM half, under which another plugin takes its addresses from the Subnets of a provider; their gateway yields a default route. */
export const kubeOvnIpam: Extractor = {
  types: ['kube-ovn'],
  role: 'ipam',
  source: 'kubeovn/kube-ovn pkg/netconf/types.go IPAMConf, cmd/cni/cni.go generateCNIResult()',
  keys: { type: {}, server_socket: {}, provider: {}, routes: ROUTE_KEYS },

  extract(conf, facts) {
    stateRoutes(conf, 'routes', facts)
    const provider = conf.string('provider')
    if (provider)
      facts.store({
        at: conf.path('provider'),
        kind: 'store',
        by: 'kube-ovn',
        name: provider,
        directory: undefined,
      })
    poolRoutes(conf, facts)
    facts.hostPath(conf.string('server_socket'), 'connect', conf.path('server_socket'), SOCKETS)
  },
}
