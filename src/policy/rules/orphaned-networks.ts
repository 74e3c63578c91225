import { describeSegments } from '../describe.ts'
import { exampleWorld, tenant } from '../example.ts'
import type { Rule } from '../rule.ts'

const [before = tenant('finance', {})] = exampleWorld
const finance = (ids: string) => {
  const grant = {
    ids,
    masters: ['eth0', 'br-finance', 'eth0.100'],
    subnets: ['10.100.0.0/16', 'fd00:100::/32'],
  }
  return tenant('finance', { namespaces: ['finance', 'finance-batch'], vlans: [grant] })
}

export const orphanedNetworks: Rule<'tenant'> = {
  id: 'orphaned-networks',
  title: 'Networks lose the VLANs that they use',
  severity: 'warning',
  why: 'Their next pods are refused, and those that run keep their claims until "socni-ctl revoke" takes these as well.',
  source: 'docs/policy.md; docs/claims.md, revocation',
  good: { manifest: finance('100-209'), request: { before } },
  bad: { manifest: finance('200-209'), request: { before } },

  *check({ orphans }) {
    const [first] = orphans
    if (first === undefined) return
    const { attachment, lost } = first
    const others = orphans.length === 1 ? 'loses' : `and ${orphans.length - 1} more lose what they use:`
    yield {
      at: ['spec'],
      message: `network "${attachment.namespace}/${attachment.name}" ${others} ${describeSegments(lost)}`,
    }
  },
}
