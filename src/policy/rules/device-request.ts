import { quote, quoteValue } from '../../json/quote.ts'
import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const deviceRequest: Rule<'selection'> = {
  id: 'device-request',
  title: 'The pod asks for a device, or for the address that a fabric knows it by',
  severity: 'error',
  why: 'Without a device plugin Multus passes a PCI address on, and the plugin moves that device of the host into the pod, whoever it belongs to. InfiniBand gives partitions to whoever has a GUID.',
  source:
    'multus pkg/types/conf.go (deviceID, infinibandGUID as capabilities); containernetworking/plugins host-device; ib-sriov-cni',
  good: { manifest: pod([{ name: 'storage' }]) },
  bad: { manifest: pod([{ name: 'storage', deviceID: '0000:3b:02.1' }]) },

  *check({ selection: { deviceID, body }, attachment }) {
    if (deviceID !== undefined) {
      const message = `${quote(deviceID)}: devices are given out by the device plugin of the NAD's resourceName; remove the key`
      yield { inside: ['deviceID'], message }
    }
    const guid = body?.['infiniband-guid']
    const isTaken = attachment?.facts?.podInputs.some(({ input }) => input === 'infinibandGUID') ?? false
    if (guid === undefined || guid === null || guid === '' || !isTaken) return
    const message = `${quoteValue(guid)}: whoever has a GUID is in its partitions; remove the key`
    yield { inside: ['infiniband-guid'], message }
  },
}
