import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

export const foreignIpamStore: Rule<'attachment'> = {
  id: 'foreign-ipam-store',
  title: 'The attachment takes its addresses from a store that is not its own',
  severity: 'error',
  why: "host-local keeps what it gave out under the network's name: sharing a name drains the other network's addresses, or frees them while they are in use.",
  source:
    'containernetworking/plugins plugins/ipam/host-local/backend/disk/backend.go New(); whereabouts network_name; k3s network "cbr0"',
  good: {
    manifest: attachment({
      ...macvlanConfig(),
      ipam: { type: 'whereabouts', range: '10.100.1.0/24', network_name: 'ledger' },
    }),
  },
  bad: {
    manifest: attachment({
      ...macvlanConfig(),
      ipam: { type: 'whereabouts', range: '10.100.1.0/24', network_name: 'cbr0' },
    }),
  },

  *check({ sharedStores }) {
    for (const { name, owner, at } of sharedStores) {
      yield {
        inside: at,
        message: `"${name}" is the address store of ${owner}: choose a name that nobody else uses`,
      }
    }
  },
}
