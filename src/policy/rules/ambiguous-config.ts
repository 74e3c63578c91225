import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

export const ambiguousConfig: Rule<'attachment'> = {
  id: 'ambiguous-config',
  title: 'Two readers of this configuration would understand different things',
  severity: 'error',
  why: 'Multus, libcni and the plugin read the text one after the other, each by its own rules: a policy that reads it a fourth way is bypassed.',
  source:
    'Go encoding/json (case folding, last key wins); multus pkg/types/conf.go; containernetworking/cni libcni/conf.go',
  good: { manifest: attachment(macvlanConfig()) },
  bad: { manifest: attachment({ ...macvlanConfig(), prevResult: { interfaces: [{ name: 'eth0' }] } }) },

  *check({ attachment: { reading, facts } }) {
    for (const { problem, at, message, fix } of reading.problems) {
      if (problem === 'ambiguous') yield { inside: at, message, fix }
    }
    for (const { problem, at, message, fix } of facts?.problems ?? []) {
      if (problem === 'misspelt-key' || problem === 'contradiction') yield { inside: at, message, fix }
    }
  },
}
