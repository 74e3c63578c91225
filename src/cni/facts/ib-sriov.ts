import { NATIVE } from '../../net/vlan-set.ts'
import type { Extractor } from './extractor.ts'
import { runIpam } from './ipam.ts'
import { deviceMaster } from './masters.ts'
import { declareCapabilities } from './pod-input.ts'

/** An InfiniBand virtual function. A partition key separates like a VLAN, but grants do not speak of partitions. */
export const ibSriov: Extractor = {
  types: ['ib-sriov'],
  role: 'plugin',
  source: 'k8snetworkplumbingwg/ib-sriov-cni pkg/types/types.go',
  keys: {
    pkey: {},
    link_state: {},
    rdmaIsolation: {},
    ibKubernetesEnabled: {},
    deviceID: {},
    vfioPciMode: {},
    publishPfGuid: {},
    kubeconfig: {},
  },

  extract(conf, facts) {
    facts.uplink({ at: conf.at, master: deviceMaster(conf), vlans: NATIVE, source: 'untagged' })
    if (conf.string('pkey')) {
      facts.problem(
        'undecidable',
        conf.path('pkey'),
        'an InfiniBand partition is no VLAN: SOCNI has no grant that could allow it',
      )
    }
    facts.hostPath(conf.string('kubeconfig'), 'read', conf.path('kubeconfig'))
    conf.string('link_state')
    for (const key of ['rdmaIsolation', 'ibKubernetesEnabled']) conf.boolean(key)
    declareCapabilities(conf, facts, 'ips', 'infinibandGUID', 'deviceID')
    runIpam(conf, facts, 'optional')
  },
}
