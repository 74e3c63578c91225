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
  why: 'Their next pods are refused. Those that run go on; in a cluster their claims no longer count a minute later, with files once "socni-ctl revoke" takes them.',
  source: 'docs/policy.md; docs/claims.md, revocation',
  good: { manifest: finance('100-209'), request: { before } },
  bad: { manifest: finance('200-209'), request: { before } },

  *check({ orphans }) {
    const [first] = orphans
    if (first === undefined) return
    const { attachment, lost } = first
    const more = orphans.length - 1
    const others = more === 0 ? '' : `, and ${more} more ${more === 1 ? 'loses its own' : 'lose theirs'}`
    yield {
      at: ['spec'],
      message: `network "${attachment.namespace}/${attachment.name}" loses ${describeSegments(lost)}${others}`,
    }
  },
}
