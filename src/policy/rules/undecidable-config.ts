import { quote } from '../../json/quote.ts'
import { RESOURCE_NAME_ANNOTATION } from '../../kube/annotations.ts'
import { attachment, bridgeConfig } from '../example.ts'
import { isDeviceResource } from '../reach.ts'
import type { Rule } from '../rule.ts'

export const undecidableConfig: Rule<'attachment'> = {
  id: 'undecidable-config',
  title: 'Which VLAN this reaches is decided outside of the configuration',
  severity: 'error',
  why: 'A file on the node, or an object that SOCNI does not read, names the VLAN: nobody can tell here whether it was granted.',
  source:
    'ovs-cni, kube-ovn, danm, multus: their configuration readers (see the extractor of the type); multus pkg/kubeletclient/kubeletclient.go',
  good: { manifest: attachment(bridgeConfig()) },
  bad: {
    manifest: attachment({
      cniVersion: '1.0.0',
      name: 'ledger',
      type: 'kube-ovn',
      server_socket: '',
      provider: 'ledger.finance.ovn',
    }),
  },

  *check({ attachment: { facts, resourceName } }) {
    for (const { problem, at, message } of facts?.problems ?? []) {
      if (problem === 'undecidable') yield { inside: at, message }
    }
    const rides = facts?.uplinks.some(({ master }) => master.use === 'device' && master.name === undefined)
    const isGiven = rides || (facts?.devices.length ?? 0) > 0
    if (isGiven && resourceName !== undefined && !isDeviceResource(resourceName)) {
      const message = `a ResourceClaim named ${quote(resourceName)} would give the device that its maker asks for: name a resource of a device plugin, like "intel.com/nic"`
      yield { at: ['metadata', 'annotations', RESOURCE_NAME_ANNOTATION], message }
    }
  },
}
