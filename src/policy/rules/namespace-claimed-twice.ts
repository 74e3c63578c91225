import { tenant } from '../example.ts'
import type { Rule } from '../rule.ts'

export const namespaceClaimedTwice: Rule<'tenant'> = {
  id: 'namespace-claimed-twice',
  title: 'Two tenants claim one namespace',
  severity: 'error',
  why: 'A namespace has at most one tenant: of two Tenants that claim it the later one would not be in force.',
  source: 'docs/policy.md',
  good: { manifest: tenant('retail', { namespaces: ['retail'] }) },
  bad: { manifest: tenant('retail', { namespaces: ['retail', 'finance-batch'] }) },

  *check({ tenant, contested }) {
    for (const { namespace, tenant: other, isOlder } of contested) {
      const index = tenant?.namespaces.indexOf(namespace) ?? -1
      yield {
        ...(isOlder && { severity: 'warning' }),
        at: index === -1 ? ['spec', 'namespaceSelector'] : ['spec', 'namespaces', index],
        message: `namespace "${namespace}" is claimed by tenant "${other.name}" as well: leave it to one of them`,
      }
    }
  },
}
