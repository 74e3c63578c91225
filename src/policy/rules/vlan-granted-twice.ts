import { intersectVlans, isEmptyVlans, printVlans } from '../../net/vlan-set.ts'
import { describeSegment } from '../describe.ts'
import { tenant } from '../example.ts'
import type { Rule } from '../rule.ts'
import type { Rival } from '../subjects.ts'

export const vlanGrantedTwice: Rule<'tenant'> = {
  id: 'vlan-granted-twice',
  title: 'Two tenants hold one VLAN on one interface',
  severity: 'error',
  why: 'They can then reach each other, which is what VLANs are to prevent, unless both grants say that it is meant.',
  source: 'docs/policy.md, shared',
  good: { manifest: tenant('retail', { namespaces: ['retail'], vlans: [{ ids: 500, masters: ['eth0'] }] }) },
  bad: { manifest: tenant('retail', { namespaces: ['retail'], vlans: [{ ids: 300, masters: ['eth0'] }] }) },

  *check({ tenant, rivals }) {
    for (const rival of rivals)
      yield {
        ...(rival.isOlder && { severity: 'warning' }),
        at: ['spec', 'vlans', tenant?.vlans.indexOf(rival.grant) ?? 0],
        message: `${explain(rival)}: grant it to one of them, or set "shared": true in both`,
      }
  },
}

function explain({ tenant, grant, rivalGrant, relation, segment }: Rival): string {
  const where = describeSegment(segment)
  switch (relation) {
    case 'inside':
      return `tenant "${tenant.name}" holds tags inside of ${where} (on ${rivalGrant.masters.join(', ')})`
    case 'around':
      return `tags on ${grant.masters.join(', ')} are inside of ${where}, which tenant "${tenant.name}" holds`
    default: {
      const both = intersectVlans(grant.ids, rivalGrant.ids)
      const which = printVlans(isEmptyVlans(both) ? grant.ids : both)
      return `VLAN ${which} on ${grant.masters.join(', ')} is held by tenant "${tenant.name}" as well`
    }
  }
}
