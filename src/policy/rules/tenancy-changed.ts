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
  title: 'The namespace would come to a tenant, or leave one',
  severity: 'error',
  why: 'Whoever may make or label namespaces could give itself the VLANs of any tenant that names one which is not there yet, or selects by labels.',
  source: 'docs/policy.md: names and labels that decide tenancy are guarded',
  good: { given: [bySelector], manifest: namespace({ stage: 'test' }) },
  bad: { given: [bySelector], request: { user: 'alice' }, manifest: namespace({ team: 'retail' }) },

  *check({ name, isNew, before, after, user, groups, mayAssign, cluster }) {
    // A file does not say who will apply it.
    if (user === undefined || isListed(cluster.tenancyAdmins, user, groups)) return
    const admins = cluster.tenancyAdmins.join(', ')
    const isSingledOut = cluster.exemptNamespaces.includes(name) || Object.hasOwn(cluster.namespaces, name)
    if (isNew && isSingledOut) {
      const message = `other rules hold for namespace "${name}" than for any other (exemptNamespaces, namespaces): only ${admins}, or who has the verb "assign" on all tenants, may make it`
      yield { at: ['metadata', 'name'], message }
    }
    const names = (tenants: typeof before) =>
      tenants
        .map(({ name }) => `"${name}"`)
        .sort()
        .join(' and ') || 'no tenant'
    if (names(before) === names(after)) return
    // Who gives a namespace to a tenant, or takes it away, must have been given that tenant.
    const changed = [...before, ...after].filter(
      tenant => !(before.includes(tenant) && after.includes(tenant)),
    )
    if (changed.every(tenant => mayAssign(tenant.name))) return
    yield {
      at: ['metadata'],
      message: `namespace "${name}" would go from ${names(before)} to ${names(after)}: only ${admins}, or who has the verb "assign" on the tenant, may do that`,
    }
  },
}
