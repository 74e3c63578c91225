import { intersectVlans, printVlans } from '../../net/vlan-set.ts'
import { tenant } from '../example.ts'
import type { Rule } from '../rule.ts'

export const vlanGrantedTwice: Rule<'tenant'> = {
  id: 'vlan-granted-twice',
  title: 'Two tenants hold one VLAN on one interface',
  severity: 'error',
  why: 'They can then reach each other, which is what VLANs are to prevent, unless both grants say that it is meant.',
  source: 'docs/policy.md, shared',
  good: { manifest: tenant('retail', { namespaces: ['retail'], vlans: [{ ids: 500, masters: ['eth0'] }] }) },
  bad: { manifest: tenant('retail', { namespaces: ['retail'], vlans: [{ ids: 300, masters: ['eth0'] }] }) },

  *check({ tenant, rivals }) {
    for (const { tenant: rival, grant, rivalGrant } of rivals) {
      const index = tenant?.vlans.indexOf(grant) ?? 0
      const both = printVlans(intersectVlans(grant.ids, rivalGrant.ids))
      const which = both === 'none' ? `VLAN ${printVlans(grant.ids)}` : `VLAN ${both}`
      yield {
        at: ['spec', 'vlans', index],
        message: `${which} on ${grant.masters.join(', ')} is held by tenant "${rival.name}" as well: grant it to one of them, or set "shared": true in both`,
      }
    }
  },
}
