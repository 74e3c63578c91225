import { attachment, bridgeConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

export const bridgeDefaultVlan: Rule<'attachment'> = {
  id: 'bridge-default-vlan',
  title: 'Some plugins leave the port in VLAN 1 of the bridge as well',
  severity: 'warning',
  why: 'Up to 1.7.1 the bridge plugin keeps a port in the default VLAN: it gets what is sent to all in the bridge’s own network, and may answer with a tag. The guard tells the plugin not to; without it nobody does.',
  source:
    'containernetworking/plugins v1.7.1 plugins/main/bridge/bridge.go loadNetConf(), v1.9.0; Linux net/bridge/br_vlan.c (default_pvid)',
  good: { manifest: attachment(bridgeConfig()) },
  bad: { manifest: attachment({ ...bridgeConfig(), preserveDefaultVlan: undefined }) },

  *check({ attachment: { facts } }) {
    for (const { problem, at, message } of facts?.problems ?? []) {
      if (problem === 'default-vlan') yield { inside: at, message }
    }
  },
}
