import { claimedDigests } from '../claim-for.ts'
import { describeSegments, describeUsers } from '../describe.ts'
import { attachment, macvlanConfig, pod } from '../example.ts'
import type { Rule } from '../rule.ts'

const request = { before: attachment(macvlanConfig()) }
const edited = { ...macvlanConfig(), mtu: 1400 }

export const staleClaims: Rule<'attachment'> = {
  id: 'stale-claims',
  title: 'Pods hold claims for the configuration of before',
  severity: 'warning',
  why: 'The guard compares configuration and claim: they run on, and are refused when their sandbox is made anew, after a reboot for instance.',
  source: 'docs/claims.md, digests',
  good: { given: [pod('storage')], manifest: attachment(edited), request },
  bad: { given: [pod('ledger')], manifest: attachment(edited), request },

  *check({ attachment, before, users }) {
    if (before === undefined || users.size === 0 || attachment.reach.length === 0) return
    const [was, becomes] = [before, attachment].map(version => JSON.stringify(claimedDigests(version)))
    const isElsewhere = describeSegments(before.reach) !== describeSegments(attachment.reach)
    // Another VLAN is more than this, and has a rule of its own.
    if (was === becomes || isElsewhere) return
    yield {
      message: `${describeUsers(users)} this network with claims for what it said before: restart their workloads before their nodes restart`,
    }
  },
}
