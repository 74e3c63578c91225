import { describeSegment } from '../describe.ts'
import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

export const namespaceWithoutTenant: Rule<'attachment'> = {
  id: 'namespace-without-tenant',
  title: 'The namespace belongs to no tenant, so it may attach to no VLAN',
  severity: 'error',
  why: 'Whoever may write in some forgotten namespace could join any VLAN from there.',
  source: 'docs/policy.md: deny by default',
  good: { manifest: attachment(macvlanConfig()) },
  bad: { manifest: attachment(macvlanConfig(), { namespace: 'default' }) },

  *check({ attachment: { namespace, reach }, claimants, tenant }) {
    const [first] = reach
    if (tenant !== undefined || first === undefined) return
    const [reason, remedy] =
      claimants.length === 0
        ? ['belongs to no tenant', 'add it to one Tenant']
        : [
            `is claimed by ${claimants.map(({ name }) => `"${name}"`).join(' and ')}`,
            'leave it to one of them',
          ]
    yield {
      at: ['metadata', 'namespace'],
      message: `namespace "${namespace}" ${reason}, so it may not attach to ${describeSegment(first)}: have a cluster admin ${remedy}`,
    }
  },
}
