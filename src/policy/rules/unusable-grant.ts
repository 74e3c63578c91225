import type { Cluster } from '../../config/cluster.ts'
import { covers, printPrefix } from '../../net/prefix.ts'
import { containsVlans, type VlanSet } from '../../net/vlan-set.ts'
import { clusterRanges } from '../cluster-ranges.ts'
import { settingOf } from '../decision.ts'
import { tenant } from '../example.ts'
import { resolveSegment, shareOf } from '../reach.ts'
import type { Rule } from '../rule.ts'

export const unusableGrant: Rule<'tenant'> = {
  id: 'unusable-grant',
  title: 'The Tenant is granted what no attachment may use',
  severity: 'warning',
  why: "Interfaces and addresses that the cluster's own network needs are refused to every attachment, whatever a Tenant says: who relies on the grant learns so from the first network.",
  source: 'docs/policy.md, protectedInterfaces, podCIDRs, serviceCIDRs, nodeCIDRs',
  good: {
    manifest: tenant('retail', {
      namespaces: ['retail'],
      vlans: [{ ids: 500, masters: ['eth0'], subnets: ['10.50.0.0/16'] }],
    }),
  },
  bad: {
    manifest: tenant('retail', { namespaces: ['retail'], vlans: [{ ids: 'native', masters: ['cni0'] }] }),
  },

  *check({ tenant, cluster }) {
    if (tenant === undefined) return
    const isRefused = (rule: string): boolean =>
      (settingOf(rule, { cluster, tenant, namespace: undefined }) ?? 'deny') === 'deny'
    for (const [index, { ids, masters, subnets }] of tenant.vlans.entries()) {
      const at = ['spec', 'vlans', index]
      for (const [place, master] of isRefused('protected-interface') ? masters.entries() : []) {
        if (!isProtected(master, ids, cluster)) continue
        yield {
          at: [...at, 'masters', place],
          message: `"${master}" is protected: name another interface, or turn protected-interface off for this tenant`,
        }
      }
      for (const [place, subnet] of isRefused('cluster-route') ? subnets.entries() : []) {
        const range = clusterRanges(cluster).find(({ prefix }) => covers(prefix, subnet))
        if (range === undefined) continue
        yield {
          at: [...at, 'subnets', place],
          message: `"${printPrefix(subnet)}" is part of the ${range.what} ${printPrefix(range.prefix)}: name a subnet outside of it`,
        }
      }
    }
  },
}

/** Whether all that is granted there is a protected interface; of a range of VLANs, one may be. */
function isProtected(master: string, vlans: VlanSet, cluster: Cluster): boolean {
  return resolveSegment({ master, vlans }, cluster).every(segment =>
    cluster.protectedInterfaces.some(known => {
      const share = shareOf(segment, known, cluster)
      return share !== undefined && containsVlans(share.vlans, segment.vlans)
    }),
  )
}
