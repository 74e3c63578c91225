import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

export const ignoredVlanKey: Rule<'attachment'> = {
  id: 'ignored-vlan-key',
  title: 'The plugin does not read this VLAN key',
  severity: 'warning',
  why: 'Plugins ignore keys they do not know, so the pod is attached to the untagged network, or to another VLAN than was meant.',
  source:
    'containernetworking/plugins plugins/main/*: vlan reads vlanId, bridge reads vlan, macvlan and ipvlan read neither',
  good: { manifest: attachment(macvlanConfig()) },
  bad: { manifest: attachment({ ...macvlanConfig(), vlan: 100 }) },

  *check({ attachment: { facts } }) {
    for (const { problem, at, message, fix } of facts?.problems ?? []) {
      if (problem === 'ignored-vlan-key') yield { inside: at, message, fix }
    }
  },
}
