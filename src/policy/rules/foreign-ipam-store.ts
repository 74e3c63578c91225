import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'
import type { SharedKind } from '../subjects.ts'

export const foreignIpamStore: Rule<'attachment'> = {
  id: 'foreign-ipam-store',
  title: 'The attachment shares its addresses, or its network, with somebody else',
  severity: 'error',
  why: "host-local and whereabouts keep what they gave out under a name, and pools of nv-ipam, Spiderpool and kube-ovn have one: sharing it drains the other network's addresses, or frees them while they are in use. Networks of OVN-Kubernetes with one name are one network.",
  source:
    'containernetworking/plugins plugins/ipam/host-local/backend/disk/backend.go New(); whereabouts pkg/storage/kubernetes/ipam.go IPPoolName(); ovn-kubernetes docs, multi-homing; k3s network "cbr0"',
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
    for (const { kind, name, owner, at } of sharedStores)
      yield { inside: at, message: explain[kind](name, owner) }
  },
}

const explain: Readonly<Record<SharedKind, (name: string, owner: string) => string>> = {
  store: (name, owner) => `"${name}" is the address store of ${owner}: choose a name that nobody else uses`,
  range: (name, owner) =>
    `whereabouts gives each address of ${name} out once in the cluster, also to ${owner}: write a "network_name" that nobody else uses`,
  network: (name, owner) =>
    `"${name}" is also the name of ${owner}, which makes both one network: choose a name that nobody else uses`,
}
