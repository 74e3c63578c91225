import { quote } from '../../json/quote.ts'
import { parsePrefix } from '../../net/prefix.ts'
import type { Extractor } from './extractor.ts'
import { readsArgs } from './pod-input.ts'
import { defaultRouteFact, ROUTE_KEYS, readRoutes } from './routes.ts'

/** Removes and adds routes of the pod; without interfaces in the earlier result it works on eth0. */
export const routeOverride: Extractor = {
  types: ['route-override'],
  role: 'plugin',
  source: 'redhat-nfvpe/cni-route-override cmd/route-override/route-override.go',
  keys: {
    flushroutes: {},
    flushgateway: {},
    delroutes: ROUTE_KEYS,
    addroutes: ROUTE_KEYS,
    skipcheck: {},
    args: {
      cni: { flushroutes: {}, flushgateway: {}, delroutes: ROUTE_KEYS, addroutes: ROUTE_KEYS, skipcheck: {} },
    },
  },

  extract(conf, facts) {
    for (const key of ['flushroutes', 'flushgateway']) {
      if (!conf.boolean(key)) continue
      for (const family of [4, 6] as const) {
        facts.route(
          defaultRouteFact(family, {
            at: conf.path(key),
            cause: 'override',
            effect: 'remove',
            written: key,
          }),
        )
      }
    }
    for (const route of conf.objects('delroutes')) {
      const written = route.string('dst')
      const destination = written === undefined ? undefined : parsePrefix(written)
      const at = route.path('dst')
      if (destination === undefined) {
        facts.problem(
          'malformed',
          at,
          `${quote(written ?? '')} is no destination: write a prefix like "10.100.0.0/16"`,
        )
      } else
        facts.route({
          ...defaultRouteFact(destination.family, { at, cause: 'override', effect: 'remove', written }),
          destination,
        })
    }
    readRoutes(conf, 'addroutes', facts, 'override')
    readsArgs(conf, facts, 'flushroutes', 'flushgateway', 'delroutes', 'addroutes', 'skipcheck')
  },
}
