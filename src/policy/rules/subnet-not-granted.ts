import { covers, printPrefix } from '../../net/prefix.ts'
import { attachment, macvlanConfig } from '../example.ts'
import { grantsFor, limitSubnets, subnetsOf } from '../grants.ts'
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
    if (!limitSubnets(grants)) return
    const granted = subnetsOf(grants)
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
