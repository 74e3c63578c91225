import { describeUsers } from '../describe.ts'
import { attachment, macvlanConfig, pod } from '../example.ts'
import type { Rule } from '../rule.ts'

const request = { isRemoval: true } as const

export const attachmentInUse: Rule<'removal'> = {
  id: 'attachment-in-use',
  title: 'Pods use the network',
  severity: 'error',
  why: 'Multus cannot set up a sandbox of theirs again, after a reboot for instance, and they stay where they are without a word.',
  source:
    'multus pkg/multus/multus.go CmdAdd: the NAD is read at each ADD; k8snetworkplumbingwg/multus-cni issue 199',
  good: { given: [pod('storage')], manifest: attachment(macvlanConfig()), request },
  bad: { given: [pod('ledger')], manifest: attachment(macvlanConfig()), request },

  *check({ users }) {
    if (users.size === 0) return
    yield {
      at: ['metadata', 'name'],
      message: `${describeUsers(users)} this network: delete what uses it first, or have the workloads select another one`,
    }
  },
}
