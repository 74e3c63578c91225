import { attachment, macvlanConfig } from '../example.ts'
import { ungranted } from '../grants.ts'
import type { Rule } from '../rule.ts'

export const interfaceNotGranted: Rule<'attachment'> = {
  id: 'interface-not-granted',
  title: 'The attachment rides on a host interface that its tenant was not granted',
  severity: 'error',
  why: 'A host interface leads to a network of its own: VLAN 100 on eth1 is not VLAN 100 on eth0, and an unknown name may hide a VLAN.',
  source: 'docs/policy.md, masters',
  good: { manifest: attachment(macvlanConfig()) },
  bad: { manifest: attachment({ ...macvlanConfig(), master: 'eth1.100' }) },

  *check({ attachment, tenant, cluster }) {
    if (tenant === undefined) return
    for (const reach of attachment.reach) {
      if (ungranted(tenant, reach, cluster).masterGranted) continue
      const masters = [...new Set(tenant.vlans.flatMap(grant => grant.masters))]
        .map(name => `"${name}"`)
        .join(', ')
      yield {
        inside: reach.uplink.master.at,
        message: `"${reach.master}" is no host interface of tenant "${tenant.name}": its grants are on ${masters || 'no interface'}`,
      }
    }
  },
}
