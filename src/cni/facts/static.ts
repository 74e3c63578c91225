import { quote } from '../../json/quote.ts'
import { addressOf, parsePrefix } from '../../net/prefix.ts'
import { connectedRoute, ROUTE_KEYS, readAddress, readRoutes, readsArgs } from './common.ts'
import type { Extractor } from './extractor.ts'

/** Addresses written in the configuration. A pod adds to them through IP in CNI_ARGS, without any capability. */
export const staticIpam: Extractor = {
  types: ['static'],
  role: 'ipam',
  source: 'containernetworking/plugins v1.9.1 plugins/ipam/static/main.go',
  keys: {
    type: {},
    name: {},
    addresses: { address: {}, gateway: {} },
    routes: ROUTE_KEYS,
    dns: { nameservers: {}, domain: {}, search: {}, options: {} },
  },

  extract(conf, facts) {
    for (const entry of conf.objects('addresses')) {
      const text = entry.string('address')
      const subnet = text === undefined ? undefined : parsePrefix(text)
      if (subnet === undefined) {
        const message = `${quote(text ?? '')} is no address with a prefix: write "10.100.0.7/24"`
        facts.problem('malformed', entry.path('address'), message)
        continue
      }
      const address = addressOf(subnet)
      const gateway = readAddress(entry, 'gateway', facts)
      const at = entry.path('address')
      facts.subnet({ at, subnet, gateway, first: address, last: address, source: 'static' })
      if (gateway !== undefined)
        facts.address({
          at: entry.path('gateway'),
          address: gateway,
          role: 'gateway',
          subnet,
          isChecked: false,
        })
      connectedRoute(subnet, at, text ?? '', facts)
    }
    readRoutes(conf, 'routes', facts)
    facts.podInput({ at: conf.at, input: 'ips', keys: [] })
    readsArgs(conf, facts, 'ips')
  },
}
