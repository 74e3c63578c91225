import { printIp } from '../../net/ip.ts'
import { contains, network, printPrefix } from '../../net/prefix.ts'
import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

export const addressOutsideSubnet: Rule<'attachment'> = {
  id: 'address-outside-subnet',
  title: 'An address of the configuration is not in its subnet',
  severity: 'error',
  why: 'A range that begins or ends elsewhere is refused when the first pod starts, or, by whereabouts, given out as a whole; a gateway elsewhere cannot be reached, and a route by it cannot be added.',
  source:
    'containernetworking/plugins plugins/ipam/host-local/backend/allocator/range.go Canonicalize(); whereabouts pkg/config, pkg/iphelpers GetIPRange()',
  good: { manifest: attachment(macvlanConfig()) },
  bad: {
    manifest: attachment({
      ...macvlanConfig(),
      ipam: { type: 'whereabouts', range: '10.100.2.10-10.100.1.99/24' },
    }),
  },

  *check({ attachment: { facts } }) {
    const subnets = facts?.subnets ?? []
    for (const { address, role, subnet, at, isChecked } of facts?.addresses ?? []) {
      // whereabouts has one gateway for all of its ranges.
      const homes = subnet === undefined ? subnets.map(fact => fact.subnet) : [subnet]
      if (homes.length === 0 || homes.some(home => contains(home, address))) continue
      const accepted = homes.map(home => printPrefix(network(home))).join(', ')
      const message = `the ${WORDS[role]} ${printIp(address)} is not in ${accepted}`
      // What works all the same is no reason to refuse it.
      yield { inside: at, message, severity: isChecked ? 'error' : 'warning' }
    }
  },
}

const WORDS = {
  gateway: 'gateway',
  'route-gateway': "route's gateway",
  'range-start': 'first address',
  'range-end': 'last address',
  exclude: 'excluded address',
}
