import { isInterfaceName } from '../../net/interface-name.ts'
import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const invalidInterfaceName: Rule<'selection'> = {
  id: 'invalid-interface-name',
  title: 'The pod asks for an interface name that Linux refuses',
  severity: 'error',
  why: 'The pod is scheduled and then waits in ContainerCreating, because ADD fails on the node.',
  source: 'Linux net/core/dev.c dev_valid_name(); CNI SPEC 1.1, CNI_IFNAME',
  good: { manifest: pod([{ name: 'storage', interface: 'storage0' }]) },
  bad: { manifest: pod([{ name: 'storage', interface: 'storage-network0' }]) },

  *check({ selection }) {
    const name = selection.requestedInterface
    if (name === undefined || isInterfaceName(name)) return
    yield {
      inside: ['interface'],
      message: `"${name}" is not an interface name: use 1 to 15 bytes without "/", ":" or spaces`,
    }
  },
}
