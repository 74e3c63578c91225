import { attachment, macvlanConfig, tenant } from '../example.ts'
import type { Rule } from '../rule.ts'

export const protectedInterface: Rule<'attachment'> = {
  id: 'protected-interface',
  title: "The attachment takes hold of an interface that the cluster's own network needs",
  severity: 'error',
  why: "A pod on cni0 or flannel.1 sits in every tenant's pod network; moving or enslaving the node's own NIC cuts the node off.",
  source:
    'containernetworking/plugins bridge (default "cni0", forceAddress), host-device; flannel backend interfaces',
  good: { manifest: attachment(macvlanConfig()) },
  bad: {
    given: [tenant('retail', { namespaces: ['retail'], vlans: [{ ids: 'native', masters: ['cni0'] }] })],
    manifest: attachment({ cniVersion: '1.0.0', name: 'shop', type: 'bridge' }, { namespace: 'retail' }),
  },

  *check({ attachment: { reach }, cluster }) {
    for (const { uplink, master } of reach) {
      const { use, byDefault, at } = uplink.master
      const takesTheNic = (use === 'move' || use === 'enslave') && master === cluster.primaryInterface
      if (!takesTheNic && !cluster.protectedInterfaces.includes(master)) continue
      const origin = byDefault ? ` (the default of type "${uplink.plugin}" when none is named)` : ''
      const instead = takesTheNic
        ? "the node's own NIC may be ridden on, not taken away"
        : 'name an interface of the tenant'
      yield { inside: at, message: `"${master}"${origin} is protected: ${instead}` }
    }
  },
}
