import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

export const unsupportedCniVersion: Rule<'attachment'> = {
  id: 'unsupported-cni-version',
  title: 'No plugin supports this CNI version',
  severity: 'error',
  why: 'Versions are compared as exact strings: with one that no plugin knows, every ADD fails with code 1.',
  source: 'CNI SPEC 1.1 section 1, cniVersion; containernetworking/cni pkg/version',
  good: { manifest: attachment(macvlanConfig()) },
  bad: { manifest: attachment({ ...macvlanConfig(), cniVersion: '1.2.0' }) },

  *check({ attachment: { reading } }) {
    for (const { problem, at, message } of reading.problems) {
      if (problem === 'unsupported-version') yield { inside: at, message }
    }
  },
}
