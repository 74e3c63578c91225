import { quote } from '../../json/quote.ts'
import { NATIVE } from '../../net/vlan-set.ts'
import type { FactsBuilder } from './builder.ts'
import type { Extractor } from './extractor.ts'
import type { Fields } from './fields.ts'
import { runIpam } from './ipam.ts'
import { declareCapabilities } from './pod-input.ts'

/** Bonds interfaces: those of the pod, or, without linksInContainer, NICs that it takes from the host. */
export const bond: Extractor = {
  types: ['bond'],
  role: 'plugin',
  source: 'k8snetworkplumbingwg/bond-cni bond/bond.go',
  keys: {
    ifname: {},
    mode: {},
    linksInContainer: {},
    failOverMac: {},
    miimon: {},
    links: { name: {} },
    mtu: {},
    allSlavesActive: {},
    tlbDynamicLb: {},
  },

  extract(conf, facts) {
    readMonitor(conf, facts)
    if (conf.string('ifname'))
      facts.problem(
        'contradiction',
        conf.path('ifname'),
        '"ifname" gives the bond another name than the interface that the pod was told: remove it, and name the interface where the pod selects the network',
      )
    const inContainer = conf.boolean('linksInContainer') ?? false
    const links = conf.objects('links')
    if (links.length < 2)
      facts.problem('missing', conf.path('links'), 'a bond needs two "links" or more: ADD fails with fewer')
    for (const link of links) {
      const name = link.string('name') || undefined
      const at = link.path('name')
      if (name === undefined) facts.problem('missing', link.at, 'a link of a bond needs a "name"')
      else
        facts.uplink({
          at,
          master: { name, at, use: 'enslave', byDefault: false, inContainer },
          vlans: NATIVE,
          source: 'untagged',
        })
    }
    facts.mtu(conf.integer('mtu'), conf.path('mtu'))
    declareCapabilities(conf, facts, 'ips', 'mac')
    runIpam(conf, facts, 'optional')
  },
}

/** A number of milliseconds in quotes, which there is no default for (createBondedLink()). */
function readMonitor(conf: Fields, facts: FactsBuilder): void {
  const at = conf.path('miimon')
  if (!conf.has('miimon'))
    facts.problem('missing', at, 'type "bond" needs "miimon": write "miimon": "100", in quotes')
  const miimon = conf.string('miimon')
  if (miimon !== undefined && !/^[+-]?\d+$/.test(miimon))
    facts.problem('malformed', at, `${quote(miimon)} is no number of milliseconds: write "100"`)
}
