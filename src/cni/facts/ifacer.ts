import type { Path } from '../../json/value.ts'
import { NATIVE } from '../../net/vlan-set.ts'
import type { Extractor } from './extractor.ts'
import type { Master } from './facts.ts'
import { readVlan } from './vlans.ts'

/** What it calls a bond that is not named. */
const BOND = 'sp_bond0'

/**
 * Spiderpool's ifacer creates `<interface>.<vlan>` (and a bond) on the host before a chained plugin rides on it. A bond of that name
 * that the node has already is taken as it is, whatever its interfaces are.
 */
export const ifacer: Extractor = {
  types: ['ifacer'],
  role: 'plugin',
  source: 'spidernet-io/spiderpool cmd/ifacer/cmd/{types,cmd_add}.go',
  keys: { interfaces: {}, vlanID: {}, bond: { name: {}, mode: {}, options: {} }, logOptions: {} },

  extract(conf, facts) {
    const links = conf.strings('interfaces')
    const vlans = readVlan(conf, 'vlanID', facts)
    const bond = conf.object('bond')
    const isBond = links.length > 1
    if (isBond && bond === undefined)
      facts.problem('missing', conf.path('interfaces'), 'several interfaces need a "bond"')
    const uplink = (name: string, at: Path, use: Master['use'], byDefault = false): void =>
      facts.uplink({
        at: conf.has('vlanID') ? conf.path('vlanID') : at,
        master: { name, at, use, byDefault, inContainer: false },
        vlans: vlans ?? NATIVE,
        source: vlans === undefined ? 'default' : 'key',
      })
    for (const { value, at } of links) uplink(value, at, isBond ? 'enslave' : 'ride')
    const bondName = bond?.string('name')
    if (isBond && bond !== undefined) uplink(bondName || BOND, bond.path('name'), 'ride', !bondName)
  },
}
