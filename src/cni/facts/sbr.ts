import type { Extractor } from './extractor.ts'

/** Source-based routing: default routes go into a table of their own, which unsourced traffic never asks. */
export const sbr: Extractor = {
  types: ['sbr'],
  role: 'plugin',
  source: 'containernetworking/plugins plugins/meta/sbr/main.go (gateways and addSourceHints after v1.9.1)',
  keys: { table: {}, gateways: {}, addSourceHints: {} },

  extract(conf) {
    conf.integer('table')
    conf.boolean('addSourceHints')
  },
}
