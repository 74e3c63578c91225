import type { Extractor } from './extractor.ts'

/** Puts the interface into a VRF: its routes leave the main table. */
export const vrf: Extractor = {
  types: ['vrf'],
  role: 'plugin',
  isChained: true,
  source: 'containernetworking/plugins v1.9.1 plugins/meta/vrf/vrf.go',
  keys: { vrfname: {}, table: {} },

  extract(conf, facts) {
    facts.moveRoutes()
    conf.integer('table')
    if (!conf.string('vrfname')) facts.problem('missing', conf.at, 'type "vrf" needs "vrfname"')
  },
}
