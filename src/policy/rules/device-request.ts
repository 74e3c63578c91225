import { quote } from '../../json/quote.ts'
import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const deviceRequest: Rule<'selection'> = {
  id: 'device-request',
  title: 'The pod asks for a PCI device by its address',
  severity: 'error',
  why: 'Without a device plugin Multus passes the address on, and the plugin moves that device of the host into the pod, whoever it belongs to.',
  source: 'multus pkg/types/conf.go (deviceID as capability); containernetworking/plugins host-device',
  good: { manifest: pod([{ name: 'storage' }]) },
  bad: { manifest: pod([{ name: 'storage', deviceID: '0000:3b:02.1' }]) },

  *check({ selection: { deviceID } }) {
    if (deviceID === undefined) return
    yield {
      inside: ['deviceID'],
      message: `${quote(deviceID)}: devices are given out by the device plugin of the NAD's resourceName; remove the key`,
    }
  },
}
