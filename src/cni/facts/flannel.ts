import type { JsonObject } from '../../json/value.ts'
import type { Extractor } from './extractor.ts'
import { ROUTE_KEYS } from './routes.ts'

/** Fills a delegate's IPAM with the node's Flannel subnet; the delegate may be any plugin at all. */
export const flannel: Extractor = {
  types: ['flannel'],
  role: 'plugin',
  source: 'flannel-io/cni-plugin v1.9.1-flannel1 flannel.go, flannel_linux.go',
  keys: {
    subnetFile: {},
    dataDir: {},
    delegate: {},
    ipam: { type: {}, routes: ROUTE_KEYS, ranges: {}, dataDir: {} },
    ipMasqRandomFully: {},
  },

  extract(conf, facts) {
    facts.hostPath(conf.string('subnetFile'), 'read', conf.path('subnetFile'))
    facts.hostPath(conf.string('dataDir'), 'write', conf.path('dataDir'))
    facts.problem(
      'undecidable',
      conf.at,
      "a file on the node gives this network Flannel's own subnet and routes: use Flannel as the cluster's network only",
    )
    const body: JsonObject = { type: 'bridge', ...conf.object('delegate')?.body }
    facts.nested(body, conf.path('delegate'), 'delegate')
  },
}
