import { describeSegments, describeUsers } from '../describe.ts'
import { attachment, macvlanConfig, pod } from '../example.ts'
import type { Rule } from '../rule.ts'

const given = [pod('ledger')]
const request = { before: attachment(macvlanConfig()) }

export const vlanChanged: Rule<'attachment'> = {
  id: 'vlan-changed',
  title: 'The network goes to another VLAN while pods use it',
  severity: 'error',
  why: 'Pods that run stay in the VLAN of before, and new ones come to the other: one network, and they do not reach each other.',
  source: 'docs/policy.md, Networks that pods use',
  good: {
    given: [pod('storage')],
    manifest: attachment({ ...macvlanConfig(), master: 'eth0.200' }),
    request,
  },
  bad: { given, manifest: attachment({ ...macvlanConfig(), master: 'eth0.200' }), request },

  *check({ attachment, before, users }) {
    if (before === undefined || users.size === 0) return
    const [was, becomes] = [describeSegments(before.reach), describeSegments(attachment.reach)]
    if (was === becomes) return
    yield {
      message: `${was} would become ${becomes} while ${describeUsers(users)} this network: make a second one, and have the workloads select that`,
    }
  },
}
