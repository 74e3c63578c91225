import { NATIVE } from '../../net/vlan-set.ts'
import type { Extractor } from './extractor.ts'
import { readVlan } from './vlans.ts'

/** Spiderpool's ifacer creates `<interface>.<vlan>` (and a bond) on the host before a chained plugin rides on it. */
export const ifacer: Extractor = {
  types: ['ifacer'],
  role: 'plugin',
  source: 'spidernet-io/spiderpool cmd/ifacer/cmd/config.go',
  keys: { interfaces: {}, vlanID: {}, bond: { name: {}, mode: {}, options: {} }, logOptions: {} },

  extract(conf, facts) {
    const links = conf.strings('interfaces')
    const vlans = readVlan(conf, 'vlanID', facts)
    const bond = conf.object('bond')
    const bondName = bond?.string('name')
    if (links.length > 1 && !bondName) {
      facts.problem('missing', conf.path('interfaces'), 'several interfaces need a "bond" with a "name"')
    }
    for (const { value, at } of links) {
      facts.uplink({
        at: conf.has('vlanID') ? conf.path('vlanID') : at,
        master: {
          name: value,
          at,
          use: links.length > 1 ? 'enslave' : 'ride',
          byDefault: false,
          inContainer: false,
        },
        vlans: vlans ?? NATIVE,
        source: vlans === undefined ? 'default' : 'key',
      })
    }
  },
}
