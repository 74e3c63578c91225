import type { SubnetFact } from '../../cni/facts/facts.ts'
import { type Ip, isSameIp, parseIp, printIp } from '../../net/ip.ts'
import {
  contains,
  firstAddress,
  lastAddress,
  type Prefix,
  parsePrefix,
  printPrefix,
} from '../../net/prefix.ts'
import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const addressNotGranted: Rule<'selection'> = {
  id: 'address-not-granted',
  title: 'The pod asks for an address that it may not have',
  severity: 'error',
  why: "Multus hands `ips` to every plugin: a pod takes over the gateway, another pod's address, or an address of another network.",
  source:
    'multus pkg/types/conf.go (CNI_ARGS IP); containernetworking/plugins static, host-local; RFC 919 (broadcast)',
  good: { manifest: pod([{ name: 'storage', ips: ['10.100.1.7/24'] }]) },
  bad: { manifest: pod([{ name: 'storage', ips: ['10.200.1.7/24'] }]) },

  *check({ selection: { ips }, attachment, cluster }) {
    const seen: Ip[] = []
    for (const [index, text] of ips.entries()) {
      const inside = ['ips', index]
      const prefix = text.includes('/') ? parsePrefix(text) : undefined
      const ip = prefix === undefined ? parseIp(text) : { family: prefix.family, value: prefix.address }
      if (ip === undefined) continue
      if (seen.some(other => isSameIp(other, ip)))
        yield { inside, message: `"${text}" is asked for twice: remove one` }
      seen.push(ip)
      const problem = judge(ip, prefix, attachment?.facts?.subnets ?? [], [
        ...cluster.podCIDRs,
        ...cluster.serviceCIDRs,
      ])
      if (problem !== undefined && attachment !== undefined) yield { inside, message: `"${text}" ${problem}` }
    }
  },
}

function judge(
  ip: Ip,
  prefix: Prefix | undefined,
  subnets: readonly SubnetFact[],
  cluster: readonly Prefix[],
) {
  const clusterRange = cluster.find(range => contains(range, ip))
  if (clusterRange !== undefined)
    return `is an address of the cluster's own range ${printPrefix(clusterRange)}: use one of the VLAN`
  if (subnets.length === 0) return 'cannot be checked, since the network names no subnet: let its IPAM choose'
  const home = subnets.find(({ subnet }) => contains(subnet, ip))
  if (home === undefined) {
    return `is in no subnet of this network: use an address of ${subnets.map(({ subnet }) => printPrefix(subnet)).join(', ')}`
  }
  if (prefix !== undefined && prefix.bits < home.subnet.bits) {
    return `has a shorter prefix than the network's ${printPrefix(home.subnet)}: its connected route would reach further; use /${home.subnet.bits}`
  }
  if (home.source === 'static' || home.subnet.bits >= (ip.family === 4 ? 31 : 127)) return undefined
  if (isSameIp(ip, firstAddress(home.subnet)))
    return `is the network address of ${printPrefix(home.subnet)}: use one behind it`
  if (ip.family === 4 && isSameIp(ip, lastAddress(home.subnet)))
    return `is the broadcast address of ${printPrefix(home.subnet)}: use one before it`
  if (home.gateway !== undefined && isSameIp(ip, home.gateway))
    return `is the gateway of ${printPrefix(home.subnet)}: use another address than ${printIp(home.gateway)}`
  return undefined
}
