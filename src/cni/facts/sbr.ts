import type { Extractor } from './extractor.ts'

/**
 * Source-based routing: the routes of the interface go into tables of their own, which traffic from other addresses never asks. With
 * a "table" it only adds the rules.
 */
export const sbr: Extractor = {
  types: ['sbr'],
  role: 'plugin',
  isChained: true,
  source: 'containernetworking/plugins plugins/meta/sbr/main.go (gateways and addSourceHints after v1.9.1)',
  keys: { table: {}, gateways: {}, addSourceHints: {} },

  extract(conf, facts) {
    if (conf.integer('table') === undefined) facts.moveRoutes()
    conf.boolean('addSourceHints')
  },
}
