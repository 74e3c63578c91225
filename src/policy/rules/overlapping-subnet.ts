import { printPrefix } from '../../net/prefix.ts'
import { attachment, macvlanConfig, tenant } from '../example.ts'
import type { Rule } from '../rule.ts'

export const overlappingSubnet: Rule<'attachment'> = {
  id: 'overlapping-subnet',
  title: "The attachment uses another tenant's addresses",
  severity: 'error',
  why: 'Two pods with one address take turns at answering: the other tenant loses connections, and some of its traffic arrives here.',
  source: 'RFC 5227 section 1 (address conflicts); docs/policy.md',
  good: { manifest: attachment(macvlanConfig()) },
  bad: {
    given: [
      tenant('audit', {
        namespaces: ['audit'],
        vlans: [{ ids: 400, masters: ['eth0'], subnets: ['10.140.0.0/16'] }],
      }),
      tenant('retail', { namespaces: ['retail'], vlans: [{ ids: 410, masters: ['eth0'] }] }),
    ],
    manifest: attachment(
      { ...macvlanConfig(), master: 'eth0.410', ipam: { type: 'whereabouts', range: '10.140.7.0/24' } },
      { namespace: 'retail' },
    ),
  },

  *check({ overlaps }) {
    for (const { subnet, other, owner, at } of overlaps) {
      yield {
        inside: at,
        message: `${printPrefix(subnet)} overlaps ${printPrefix(other)} of ${owner}: use addresses of your own`,
      }
    }
  },
}
