import { quote } from '../../json/quote.ts'
import { CLAIM_ARG } from '../../kube/annotations.ts'
import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const cniArgsNotAllowed: Rule<'selection'> = {
  id: 'cni-args-not-allowed',
  title: 'The pod reaches past the NAD with cni-args',
  severity: 'error',
  why: 'Plugins read routes, sysctls, addresses and OVN ports from args.cni, where the pod overrides what the NAD says.',
  source:
    'multus pkg/types/conf.go (cni-args into args.cni of every plugin); host-local, static, tuning, bridge, ovs, route-override',
  good: { manifest: pod([{ name: 'storage' }]) },
  bad: { manifest: pod([{ name: 'storage', 'cni-args': { ips: ['10.100.1.9/24'] } }]) },

  *check({ selection: { cniArgs }, attachment, cluster }) {
    for (const key of Object.keys(cniArgs ?? {})) {
      if (key === CLAIM_ARG || cluster.allowedCniArgs.includes(key)) continue
      const readers = (attachment?.facts?.podInputs ?? []).filter(
        ({ input, keys }) => input === 'args' && keys.includes(key),
      )
      const [reader] = readers
      const message =
        reader === undefined
          ? `pods may not set ${quote(key)}: remove it, or have a cluster admin add it to allowedCniArgs`
          : `pods may not set ${quote(key)}, which "${reader.plugin}" obeys: remove it`
      yield { inside: ['cni-args', key], message }
    }
  },
}
