import { tenant } from '../example.ts'
import type { Rule } from '../rule.ts'

export const invalidTenant: Rule<'tenant'> = {
  id: 'invalid-tenant',
  title: 'The Tenant cannot be read',
  severity: 'error',
  why: 'A Tenant that is not understood grants nothing new: what it said before stays in force until this is mended.',
  source: 'manifests/crds/tenant.yaml; docs/policy.md',
  good: {
    manifest: tenant('retail', { namespaces: ['retail'], vlans: [{ ids: '500-509', masters: ['eth0'] }] }),
  },
  bad: {
    manifest: tenant('retail', { namespaces: ['retail'], vlans: [{ ids: '500-4095', masters: ['eth0'] }] }),
  },

  *check({ problems }) {
    for (const { at, message } of problems) yield { at, message }
  },
}
