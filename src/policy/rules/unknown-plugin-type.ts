import { typesOf } from '../../cni/facts/extract.ts'
import { nearWord } from '../../json/distance.ts'
import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

export const unknownPluginType: Rule<'attachment'> = {
  id: 'unknown-plugin-type',
  title: 'SOCNI does not know what this plugin does',
  severity: 'error',
  why: 'A CNI plugin runs as root on the node. What an unknown one attaches to cannot be told from its configuration.',
  source: 'CNI SPEC 1.1 section 1, type; docs/policy.md "Types that are analysed"',
  good: { manifest: attachment(macvlanConfig()) },
  bad: { manifest: attachment({ cniVersion: '1.0.0', name: 'ledger', type: 'teleport' }) },

  *check({ attachment: { facts }, cluster }) {
    for (const { type, role, known, at } of facts?.types ?? []) {
      if (known || cluster.vouchedTypes.includes(type)) continue
      const what = role === 'ipam' ? 'IPAM type' : 'CNI type'
      const meant = nearWord(type, typesOf(role), 1)
      const instead = meant === undefined ? 'use one that it can' : `write "${meant}"`
      yield {
        inside: at,
        message: `"${type}" is no ${what} that SOCNI can read: ${instead}, or have a cluster admin vouch for it under vouchedTypes`,
      }
    }
  },
}
