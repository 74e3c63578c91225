import { covers, printPrefix } from '../../net/prefix.ts'
import { attachment, macvlanConfig } from '../example.ts'
import { grantsFor } from '../grants.ts'
import type { Rule } from '../rule.ts'

export const subnetNotGranted: Rule<'attachment'> = {
  id: 'subnet-not-granted',
  title: "The attachment uses addresses outside of its grant's subnets",
  severity: 'error',
  why: 'Addresses that were not planned for the VLAN collide with others there, or are routed somewhere else.',
  source: 'docs/policy.md, subnets',
  good: { manifest: attachment(macvlanConfig()) },
  bad: {
    manifest: attachment({ ...macvlanConfig(), ipam: { type: 'whereabouts', range: '10.101.1.0/24' } }),
  },

  *check({ attachment: { facts, reach }, tenant, cluster }) {
    if (tenant === undefined) return
    const grants = reach.flatMap(segment => grantsFor(tenant, segment, cluster))
    // A grant without subnets leaves the choice to the tenant.
    if (grants.length === 0 || grants.some(grant => grant.subnets.length === 0)) return
    const granted = [...new Set(grants.flatMap(grant => grant.subnets))]
    for (const { subnet, at } of facts?.subnets ?? []) {
      if (granted.some(prefix => covers(prefix, subnet))) continue
      const accepted = granted.map(printPrefix).join(', ')
      yield {
        inside: at,
        message: `${printPrefix(subnet)} is in no subnet granted for this VLAN: use addresses of ${accepted}`,
      }
    }
  },
}
