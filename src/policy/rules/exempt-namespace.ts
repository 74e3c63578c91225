import { tenant } from '../example.ts'
import type { Rule } from '../rule.ts'

export const exemptNamespace: Rule<'tenant'> = {
  id: 'exempt-namespace',
  title: 'The Tenant has a namespace that nobody judges',
  severity: 'warning',
  why: 'Its pods attach to what they like, whatever the Tenant grants.',
  source: 'docs/policy.md, exemptNamespaces',
  good: { manifest: tenant('retail', { namespaces: ['retail'], vlans: [{ ids: 500, masters: ['eth0'] }] }) },
  bad: {
    manifest: tenant('retail', {
      namespaces: ['retail', 'kube-system'],
      vlans: [{ ids: 500, masters: ['eth0'] }],
    }),
  },

  *check({ exempt }) {
    for (const name of exempt)
      yield {
        at: ['spec'],
        message: `"${name}" is exempt: take it off exemptNamespaces, and off the namespaceSelector of the webhooks, or off the Tenant`,
      }
  },
}
