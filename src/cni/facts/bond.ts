import { NATIVE } from '../../net/vlan-set.ts'
import type { Extractor } from './extractor.ts'
import { runIpam } from './ipam.ts'
import { declareCapabilities } from './pod-input.ts'

/** Bonds interfaces: those of the pod, or, without linksInContainer, NICs that it takes from the host. */
export const bond: Extractor = {
  types: ['bond'],
  role: 'plugin',
  source: 'k8snetworkplumbingwg/bond-cni bond/bond.go',
  keys: {
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
    const inContainer = conf.boolean('linksInContainer') ?? false
    for (const link of conf.objects('links')) {
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
