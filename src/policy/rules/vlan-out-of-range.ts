import { attachment, bridgeConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

export const vlanOutOfRange: Rule<'attachment'> = {
  id: 'vlan-out-of-range',
  title: 'The VLAN id does not exist',
  severity: 'error',
  why: 'A VLAN id has 12 bits; 0 means untagged and 4095 is reserved. The plugin refuses it, or wraps it to another VLAN.',
  source: 'IEEE 802.1Q-2018 table 9-2; containernetworking/plugins plugins/main/vlan/vlan.go loadConf()',
  good: { manifest: attachment(bridgeConfig()) },
  bad: { manifest: attachment({ ...bridgeConfig(), vlan: 4095 }) },

  *check({ attachment: { facts } }) {
    for (const { problem, at, message } of facts?.problems ?? []) {
      if (problem === 'vlan-out-of-range') yield { inside: at, message }
    }
  },
}
