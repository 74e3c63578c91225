import { attachment, macvlanConfig } from '../example.ts'
import { straySubnets } from '../grants.ts'
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

  *check({ attachment, tenant, cluster }) {
    if (tenant === undefined) return
    for (const { prefix, at, accepted } of straySubnets(attachment, attachment.reach, tenant, cluster)) {
      const message = `${prefix} is in no subnet granted for this VLAN: use addresses of ${accepted}`
      yield { inside: at, message }
    }
  },
}
