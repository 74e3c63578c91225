import { isInterfaceName } from '../../net/interface-name.ts'
import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const invalidInterfaceName: Rule<'selection'> = {
  id: 'invalid-interface-name',
  title: 'The pod asks for an interface name that Linux refuses, or reads as another',
  severity: 'error',
  why: 'The pod is scheduled and then waits in ContainerCreating, because ADD fails on the node.',
  source:
    'Linux net/core/dev.c dev_valid_name(), net/ipv4/devinet.c devinet_sysctl_register(); CNI SPEC 1.1, CNI_IFNAME; containernetworking/plugins v1.1.1 plugins/meta/tuning',
  good: { manifest: pod([{ name: 'storage', interface: 'storage0' }]) },
  bad: { manifest: pod([{ name: 'storage', interface: 'storage-network0' }]) },

  *check({ selection }) {
    const name = selection.requestedInterface
    if (name === undefined) return
    if (/^\.|\.$/.test(name) && isInterfaceName(name)) {
      // As `eth0.` in a path of /proc/sys is `eth0/`, and `.eth0` is `/eth0`: tuning then sets what is eth0's.
      const where = name.endsWith('.') ? 'ends' : 'begins'
      yield {
        inside: ['interface'],
        message: `"${name}" ${where} with a dot, which sysctl reads as a slash: leave it off`,
      }
      return
    }
    if (name === 'all' || name === 'default') {
      yield {
        inside: ['interface'],
        message: `"${name}" stands for every interface in sysctl, and Linux takes none of that name: choose another`,
      }
      return
    }
    if (isInterfaceName(name)) return
    yield {
      inside: ['interface'],
      message: `"${name}" is not an interface name: use 1 to 15 bytes without "/", ":" or spaces`,
    }
  },
}
