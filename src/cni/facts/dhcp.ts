import type { Extractor } from './extractor.ts'
import type { Fields } from './fields.ts'
import { defaultRouteFact } from './routes.ts'

/** Options that bring routes (RFC 2132, RFC 3442), by number and, where the plugin knows one, by name. */
const ROUTE_OPTIONS: ReadonlySet<string | undefined> = new Set(['3', 'routers', '33', '121', '249'])

/** What to write under `ipam` so that the server is asked for no route, in words for a message. */
export const REQUEST_FOR_NO_ROUTE = '"request": [{"skipDefault": true, "option": "subnet-mask"}]'

/**
 * Addresses and routes from a DHCP server in the VLAN. Option 121 alone, or else options 3 and 33, decide the routes at
 * run time. A list of what is asked for, without the plugin's own, keeps most servers from sending any; without a list
 * they send all that they have.
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
    const cause = asksForNoRoute(conf) ? 'unasked' : 'dhcp'
    facts.route(defaultRouteFact(4, { at: conf.path('type'), cause, installed: 'perhaps' }))
  },
}

function asksForNoRoute(conf: Fields): boolean {
  const requests = conf.objects('request')
  const options = requests.map(request => request.string('option')).filter(Boolean)
  const skips = requests.map(request => request.boolean('skipDefault'))
  return skips.includes(true) && options.length > 0 && !options.some(option => ROUTE_OPTIONS.has(option))
}
