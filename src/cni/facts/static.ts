import type { Extractor } from './extractor.ts'
import { readsArgs } from './pod-input.ts'
import { ROUTE_KEYS, stateRoutes } from './routes.ts'
import { readStaticAddress } from './static-address.ts'

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
    const addresses = conf.objects('addresses')
    for (const entry of addresses) readStaticAddress(entry, facts)
    stateRoutes(conf, 'routes', facts)
    facts.podInput({ at: conf.at, input: 'ips', keys: [], isNeeded: addresses.length === 0 })
    readsArgs(conf, facts, 'ips')
  },
}
