import { CLAIM_ARG } from '../../kube/annotations.ts'
import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const foreignClaim: Rule<'selection'> = {
  id: 'foreign-claim',
  title: 'The claim of this selection is not one that SOCNI signed for it',
  severity: 'error',
  why: 'Only the webhook writes claims. The guard on the node refuses any other, so the pod would wait in ContainerCreating.',
  source: 'docs/claims.md',
  good: { manifest: pod([{ name: 'storage' }]) },
  bad: { manifest: pod([{ name: 'storage', 'cni-args': { [CLAIM_ARG]: 'eyJhbGciOiJub25lIn0.e30.' } }]) },

  *check({ claim, isTemplate }) {
    const inside = ['cni-args', CLAIM_ARG]
    switch (claim.state) {
      case 'unchecked':
        // The pods of a workload get claims of their own, whatever its template has (as one copied from a pod does).
        yield {
          severity: isTemplate ? 'warning' : 'error',
          inside,
          message: 'claims are written by the webhook alone: remove it',
        }
        break
      case 'missing':
        yield {
          message:
            'there is no claim: the pod is older than the webhook (restart it), or the mutating webhook did not see these networks (check that its configuration is in place, and called last)',
        }
        break
      case 'wrong':
        yield { inside, message: `the claim does not hold: ${claim.message}` }
    }
  },
}
