import { quote } from '../../json/quote.ts'
import { addressOf, parsePrefix } from '../../net/prefix.ts'
import { NATIVE } from '../../net/vlan-set.ts'
import { readAddress } from './addresses.ts'
import type { Extractor } from './extractor.ts'
import { connectedRoute, defaultRouteFact } from './routes.ts'

/** OpenShift's egress router: a macvlan that takes over the pod's default route. */
export const egressRouter: Extractor = {
  types: ['egress-router'],
  role: 'plugin',
  source: 'openshift/egress-router-cni pkg/macvlan/macvlan.go, pkg/types/types.go',
  keys: {
    interfaceType: {},
    interfaceArgs: { master: {}, mode: {}, mtu: {} },
    ip: { addresses: {}, gateway: {}, destinations: {} },
    podIP: {},
    ipConfig: { name: {}, namespace: {}, overrides: {} },
    log_file: {},
    log_level: {},
  },

  extract(conf, facts) {
    const args = conf.object('interfaceArgs')
    const name = args?.string('master') || undefined
    const at = conf.path('interfaceArgs', 'master')
    facts.uplink({
      at: name === undefined ? conf.at : at,
      master: {
        name,
        at,
        // As with macvlan, nothing is left to the node then.
        use: args?.string('mode') === 'passthru' ? 'move' : 'ride',
        byDefault: name === undefined,
        inContainer: false,
      },
      vlans: NATIVE,
      source: 'untagged',
    })
    // It deletes eth0's default route and points it to its own gateway, whatever the rest says.
    const gateway = conf.object('ip')
    const address = gateway && readAddress(gateway, 'gateway', facts)
    facts.route(
      defaultRouteFact(address?.family ?? 4, {
        at: conf.path('type'),
        cause: 'plugin',
        written: 'egress-router',
        gateway: address,
      }),
    )
    for (const { value, at: where } of gateway?.strings('addresses') ?? []) {
      const subnet = parsePrefix(value)
      if (subnet === undefined)
        facts.problem(
          'malformed',
          where,
          `${quote(value)} is no address with a prefix: write "10.100.0.7/24"`,
        )
      else {
        const ip = addressOf(subnet)
        facts.subnet({ at: where, subnet, gateway: address, first: ip, last: ip, source: 'static' })
        connectedRoute(subnet, where, value, facts)
      }
    }
    if (conf.has('ipConfig'))
      facts.problem('undecidable', conf.path('ipConfig'), 'a ConfigMap holds the addresses: write "ip" here')
    // All arguments are strings.
    const mtu = args?.string('mtu') ?? ''
    if (/^\d+$/.test(mtu)) facts.mtu(Number(mtu), conf.path('interfaceArgs', 'mtu'))
    else if (mtu !== '')
      facts.problem('malformed', conf.path('interfaceArgs', 'mtu'), `${quote(mtu)} is no MTU: write "1500"`)
    facts.hostPath(conf.string('log_file'), 'write', conf.path('log_file'))
  },
}
