import type { Extractor } from './extractor.ts'

/** RT_TABLE_DEFAULT, RT_TABLE_MAIN and RT_TABLE_LOCAL (linux/rtnetlink.h): all traffic asks these, whatever VRF has one for its own. */
const TABLES_OF_ALL: readonly unknown[] = [253, 254, 255]

/** Puts the interface into a VRF: its routes leave the main table, unless that is the table of the VRF. */
export const vrf: Extractor = {
  types: ['vrf'],
  role: 'plugin',
  isChained: true,
  source: 'containernetworking/plugins v1.9.1 plugins/meta/vrf/vrf.go; Linux drivers/net/vrf.c vrf_newlink()',
  keys: { vrfname: {}, table: {} },

  extract(conf, facts) {
    const table = conf.integer('table')
    // Another network of the pod may have its routes in a VRF of this name, without a table.
    if (TABLES_OF_ALL.includes(table))
      facts.problem(
        'malformed',
        conf.path('table'),
        `"table": ${table} is one that all traffic asks: write another for the VRF, such as 1001, or none`,
      )
    else facts.moveRoutes()
    if (!conf.string('vrfname')) facts.problem('missing', conf.at, 'type "vrf" needs "vrfname"')
  },
}
