import { NETWORKS_ANNOTATION } from '../../kube/annotations.ts'
import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const takenInterfaceName: Rule<'pod'> = {
  id: 'taken-interface-name',
  title: 'Two networks of the pod want one interface',
  severity: 'error',
  why: 'eth0 is Flannel’s and lo the kernel’s; a second interface of one name makes ADD fail, and the pod waits in ContainerCreating.',
  source: 'multus pkg/multus/multus.go (ifname already in use); Linux rtnl_newlink() EEXIST',
  good: { manifest: pod('storage@net1,finance/storage@net2') },
  bad: { manifest: pod([{ name: 'storage', interface: 'eth0' }]) },

  *check({ selections }) {
    const taken = new Map([
      ['eth0', 'the cluster’s own network'],
      ['lo', 'the loopback interface'],
    ])
    for (const { selection } of selections) {
      const holder = taken.get(selection.interface)
      if (holder === undefined) taken.set(selection.interface, `network "${selection.name}"`)
      else {
        yield {
          at: ['metadata', 'annotations', NETWORKS_ANNOTATION],
          inside: selection.body === undefined ? [selection.index] : [...selection.at, 'interface'],
          message: `"${selection.interface}" is already taken by ${holder}: choose another name, or none`,
        }
      }
    }
  },
}
