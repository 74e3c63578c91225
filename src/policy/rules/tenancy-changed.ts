import { tenant } from '../example.ts'
import { isListed } from '../requester.ts'
import type { Rule } from '../rule.ts'

const bySelector = tenant('retail', {
  namespaceSelector: { matchLabels: { team: 'retail' } },
  vlans: [{ ids: 500, masters: ['eth0'] }],
})
const namespace = (labels: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop', labels },
})

export const tenancyChanged: Rule<'namespace'> = {
  id: 'tenancy-changed',
  title: 'A label moves the namespace to another tenant',
  severity: 'error',
  why: 'Whoever may edit a namespace could give itself the VLANs of any tenant that is selected by labels.',
  source: 'docs/policy.md: labels that decide tenancy are guarded',
  good: { given: [bySelector], manifest: namespace({ stage: 'test' }) },
  bad: { given: [bySelector], manifest: namespace({ team: 'retail' }) },

  *check({ name, before, after, user, groups, mayAssign, cluster }) {
    const names = (tenants: typeof before) =>
      tenants
        .map(({ name }) => `"${name}"`)
        .sort()
        .join(' and ') || 'no tenant'
    if (names(before) === names(after)) return
    if (isListed(cluster.tenancyAdmins, user, groups)) return
    // Who gives a namespace to a tenant, or takes it away, must have been given that tenant.
    const changed = [...before, ...after].filter(
      tenant => !(before.includes(tenant) && after.includes(tenant)),
    )
    if (changed.every(tenant => mayAssign(tenant.name))) return
    yield {
      at: ['metadata', 'labels'],
      message: `namespace "${name}" would go from ${names(before)} to ${names(after)}: only ${cluster.tenancyAdmins.join(', ')} may do that, and who has the verb "assign" on the tenant`,
    }
  },
}
