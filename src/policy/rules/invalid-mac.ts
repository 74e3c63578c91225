import { isMulticastMac, isZeroMac, parseMac } from '../../net/mac.ts'
import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const invalidMac: Rule<'selection'> = {
  id: 'invalid-mac',
  title: 'The pod asks for a MAC address that no interface can have',
  severity: 'error',
  why: 'Multus accepts group addresses, all zeros and InfiniBand lengths; the kernel then refuses the interface, and the pod waits.',
  source: 'Linux include/linux/etherdevice.h is_valid_ether_addr(); IEEE 802-2014 section 8.2',
  good: { manifest: pod([{ name: 'storage', mac: '02:00:0a:64:01:07' }]) },
  bad: { manifest: pod([{ name: 'storage', mac: '01:00:5e:00:00:01' }]) },

  *check({ selection: { mac: text } }) {
    const mac = text === undefined ? undefined : parseMac(text)
    if (mac === undefined) return
    const accepted = 'write a unicast address of 6 bytes, such as "02:00:0a:64:01:07"'
    if (mac.length !== 6) yield { inside: ['mac'], message: `"${text}" has ${mac.length} bytes: ${accepted}` }
    else if (isZeroMac(mac)) yield { inside: ['mac'], message: `"${text}" is all zeros: ${accepted}` }
    else if (isMulticastMac(mac))
      yield { inside: ['mac'], message: `"${text}" is a multicast address: ${accepted}` }
  },
}
