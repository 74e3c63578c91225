import type { Extractor } from './extractor.ts'
import { poolRoutes } from './routes.ts'

/** Where it writes when nothing is said (docs/reference/plugin-ipam.md). */
const DEFAULT_LOG_FILE = '/var/log/spidernet/spiderpool.log'

/**
 * Subnets, gateways and routes live in SpiderIPPool resources; a pool's gateway yields a default route. Where no pool is named, and
 * no annotation of the pod or its namespace names one, it is one that a cluster admin made for everybody.
 */
export const spiderpool: Extractor = {
  types: ['spiderpool'],
  role: 'ipam',
  source: 'spidernet-io/spiderpool cmd/spiderpool/cmd/config.go',
  keys: {
    type: {},
    log_level: {},
    log_file_path: {},
    log_file_max_size: {},
    log_file_max_age: {},
    log_file_max_count: {},
    default_ipv4_ippool: {},
    default_ipv6_ippool: {},
    clean_gateway: {},
    match_master_subnet: {},
    ipam_unix_socket_path: {},
  },

  extract(conf, facts) {
    facts.hostPath(conf.string('log_file_path'), 'write', conf.path('log_file_path'), [DEFAULT_LOG_FILE])
    facts.hostPath(conf.string('ipam_unix_socket_path'), 'connect', conf.path('ipam_unix_socket_path'))
    for (const key of ['default_ipv4_ippool', 'default_ipv6_ippool'])
      for (const { value, at } of conf.strings(key))
        facts.store({ at, kind: 'store', by: 'spiderpool', name: value, directory: undefined })
    if (!conf.boolean('clean_gateway')) poolRoutes(conf, facts)
  },
}
