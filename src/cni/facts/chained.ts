import { quote } from '../../json/quote.ts'
import type { FactsBuilder } from './builder.ts'
import type { Extractor } from './extractor.ts'
import type { Fields } from './fields.ts'
import { takeDevice } from './masters.ts'
import { declareCapabilities } from './pod-input.ts'

/**
 * Plugins that join no host network and give the pod no route. Their keys are listed so that misspelt ones are found; some
 * change the node's firewall.
 */

export const loopback: Extractor = {
  types: ['loopback'],
  role: 'plugin',
  source: 'containernetworking/plugins v1.9.1 plugins/main/loopback/loopback.go',
  keys: {},
  extract() {},
}

/** Returns an empty result, so that a chained plugin acts on eth0. */
export const passthru: Extractor = {
  types: ['passthru'],
  role: 'plugin',
  source: 'multus-cni cmd/passthru-cni/main.go',
  keys: {},
  extract() {},
}

export const bandwidth: Extractor = {
  types: ['bandwidth'],
  role: 'plugin',
  isChained: true,
  source: 'containernetworking/plugins v1.9.1 plugins/meta/bandwidth/main.go',
  keys: {
    ingressRate: {},
    ingressBurst: {},
    egressRate: {},
    egressBurst: {},
    unshapedSubnets: {},
    shapedSubnets: {},
  },
  extract(conf, facts) {
    for (const way of ['ingress', 'egress']) {
      const [rate = 0, burst = 0] = [`${way}Rate`, `${way}Burst`].map(key => conf.integer(key))
      const [has, lacks] = rate === 0 ? ['Burst', 'Rate'] : ['Rate', 'Burst']
      if ((rate === 0) !== (burst === 0))
        facts.problem(
          'missing',
          conf.path(way + has),
          `"${way}${has}" needs "${way}${lacks}" beside it: ADD fails without`,
        )
    }
  },
}

export const firewall: Extractor = {
  types: ['firewall'],
  role: 'plugin',
  isChained: true,
  source: 'containernetworking/plugins v1.9.1 plugins/meta/firewall/{firewall,iptables,firewalld}.go',
  keys: { backend: {}, firewalldZone: {}, iptablesAdminChainName: {}, ingressPolicy: {} },
  extract(conf, facts) {
    for (const key of ['backend', 'ingressPolicy']) conf.string(key)
    facts.hostRoute(conf.at, 'accept')
    // What is allowed to its addresses is the node's matter; without the key they are put where everything is.
    const zone = 'firewalldZone'
    facts.hostPath(conf.string(zone), 'filter', conf.path(zone), ['trusted'])
    // It is jumped to before all that FORWARD has: a chain that accepts goes past the node's network policies.
    const chain = 'iptablesAdminChainName'
    facts.hostPath(conf.string(chain), 'filter', conf.path(chain), ['CNI-ADMIN'])
  },
}

export const portmap: Extractor = {
  types: ['portmap'],
  role: 'plugin',
  isChained: true,
  source:
    'containernetworking/plugins v1.9.1 plugins/meta/portmap/main.go, portmap_iptables.go, portmap_nftables.go',
  keys: {
    backend: {},
    snat: {},
    conditionsV4: {},
    conditionsV6: {},
    markMasqBit: {},
    masqAll: {},
    externalSetMarkChain: {},
    containerID: {},
  },
  extract(conf, facts) {
    for (const key of ['snat', 'masqAll']) conf.boolean(key)
    readMark(conf, facts)
    // They become a part of an iptables command, or of the text that nft is told, line breaks and all.
    for (const key of ['conditionsV4', 'conditionsV6']) {
      const conditions = conf.strings(key).map(({ value }) => value)
      facts.hostPath(conditions.join(' '), 'filter', conf.path(key))
    }
    const chain = 'externalSetMarkChain'
    facts.hostPath(conf.string(chain), 'filter', conf.path(chain), ['KUBE-MARK-MASQ'])
    declareCapabilities(conf, facts, 'portMappings')
  },
}

function readMark(conf: Fields, facts: FactsBuilder): void {
  const bit = conf.integer('markMasqBit')
  if (bit !== undefined && (bit < 0 || bit > 31))
    facts.problem('malformed', conf.path('markMasqBit'), `${bit} is no bit of a mark: use 0 to 31`)
  if (bit !== undefined && conf.has('externalSetMarkChain'))
    facts.problem(
      'malformed',
      conf.path('markMasqBit'),
      '"markMasqBit" and "externalSetMarkChain" exclude each other, and ADD fails with both: keep one',
    )
  const backend = conf.string('backend')
  if (backend !== undefined && backend !== 'iptables' && backend !== 'nftables')
    facts.problem(
      'malformed',
      conf.path('backend'),
      `${quote(backend)} is no backend: use iptables or nftables`,
    )
}

/** The RDMA device of the NIC that Multus or the configuration names is moved, whatever an earlier plugin rides on. */
export const rdma: Extractor = {
  types: ['rdma'],
  role: 'plugin',
  isChained: true,
  source: 'k8snetworkplumbingwg/rdma-cni pkg/types/types.go, cmd/rdma/main.go CmdAdd()',
  keys: { deviceID: {} },
  extract(conf, facts) {
    takeDevice(conf, false, facts)
  },
}
