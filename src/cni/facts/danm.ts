import type { Extractor } from './extractor.ts'

/** DANM reads its networks, with their VLANs and VXLANs, from DanmNet resources. */
export const danm: Extractor = {
  types: ['danm'],
  role: 'plugin',
  source: 'nokia/danm pkg/datastructs/datastructs.go',
  keys: { kubeconfig: {}, cniDir: {}, namingScheme: {}, master: {}, vlan: {}, vxlan: {} },

  extract(conf, facts) {
    facts.problem(
      'undecidable',
      conf.at,
      'the VLAN is in DanmNet resources, which SOCNI does not read: use a type whose configuration names it',
    )
    facts.hostPath(conf.string('kubeconfig'), 'read', conf.path('kubeconfig'))
    facts.hostPath(conf.string('cniDir'), 'write', conf.path('cniDir'))
  },
}
