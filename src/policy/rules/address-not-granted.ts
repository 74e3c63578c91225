import type { SubnetFact } from '../../cni/facts/facts.ts'
import type { Cluster } from '../../config/cluster.ts'
import type { Tenant } from '../../config/tenant.ts'
import { defaultRouteOf } from '../../net/default-route.ts'
import { type Ip, isSameIp, parseIp, printIp } from '../../net/ip.ts'
import {
  addressOf,
  contains,
  firstAddress,
  lastAddress,
  network,
  overlaps,
  type Prefix,
  parsePrefix,
  printPrefix,
} from '../../net/prefix.ts'
import { pod } from '../example.ts'
import { grantsFor } from '../grants.ts'
import type { Segment } from '../reach.ts'
import { networksOf } from '../routes.ts'
import type { Rule } from '../rule.ts'
import type { Attachment } from '../subjects.ts'

export const addressNotGranted: Rule<'selection'> = {
  id: 'address-not-granted',
  title: 'The pod asks for an address that it may not have',
  severity: 'error',
  why: "Multus hands `ips` to every plugin: a pod takes over the gateway, another pod's address, or an address of another network.",
  source:
    'multus pkg/types/conf.go (CNI_ARGS IP); containernetworking/plugins static, host-local; RFC 919 (broadcast)',
  good: { manifest: pod([{ name: 'storage', ips: ['10.100.1.7/24'] }]) },
  bad: { manifest: pod([{ name: 'storage', ips: ['10.200.1.7/24'] }]) },

  *check({ selection: { ips }, tenant, attachment, attachmentTenant, overlaps, through, cluster }) {
    const reached = through.segments.filter(({ how }) => how !== 'inside')
    const homes = homesOf(attachment, attachmentTenant, reached, cluster)
    const seen: Ip[] = []
    const networks = networksOf(ips)
    if (tenant?.allowDefaultRoute !== true && defaultRouteOf(networks) !== undefined) {
      const message = `${networks.map(printPrefix).join(', ')}: the network of these addresses is half of all or more, and its route a default route; use the VLAN's own prefix length`
      yield { inside: ['ips'], message }
    }
    for (const { subnet, other, owner, at } of overlaps)
      yield {
        inside: at,
        message: `"${printIp(addressOf(subnet))}" is in ${printPrefix(other)} of ${owner}: use addresses of your own`,
      }
    for (const [index, text] of ips.entries()) {
      const inside = ['ips', index]
      const prefix = text.includes('/') ? parsePrefix(text) : undefined
      const ip = prefix === undefined ? parseIp(text) : addressOf(prefix)
      if (ip === undefined) continue
      if (seen.some(other => isSameIp(other, ip)))
        yield { inside, message: `"${text}" is asked for twice: remove one` }
      seen.push(ip)
      const needed = prefix === undefined ? readerOfPrefixes(attachment) : undefined
      if (needed !== undefined) {
        const message = `"${text}" has no prefix length, and "${needed}" takes no address without: write that of the VLAN, as in "${text}/${ip.family === 4 ? 24 : 64}"`
        yield { inside, message }
      }
      const problem = judge(ip, prefix, homes, [...cluster.podCIDRs, ...cluster.serviceCIDRs])
      if (problem !== undefined && attachment !== undefined) yield { inside, message: `"${text}" ${problem}` }
    }
  },
}

/** IPAM plugins that decode an address with its prefix alone; ADD fails otherwise. */
function readerOfPrefixes(attachment: Attachment | undefined): string | undefined {
  const ipam = attachment?.facts?.types.find(({ role }) => role === 'ipam')?.type
  return ipam === 'static' || ipam === 'whereabouts' ? ipam : undefined
}

/** A subnet that the address may be in, with what is known of it. */
type Home = Pick<SubnetFact, 'subnet' | 'gateway' | 'source'>

/** The network's own subnets; where it names none (static IPAM, DHCP), those that its tenant was granted for it. */
function homesOf(
  attachment: Attachment | undefined,
  tenant: Tenant | undefined,
  through: readonly Segment[],
  cluster: Cluster,
): readonly Home[] {
  const own = attachment?.facts?.subnets ?? []
  if (own.length > 0 || attachment === undefined || tenant === undefined) return own
  const grants = [...attachment.reach, ...through].flatMap(segment => grantsFor(tenant, segment, cluster))
  return grants.flatMap(grant =>
    grant.subnets.map(subnet => ({ subnet, gateway: undefined, source: 'range' as const })),
  )
}

function judge(
  ip: Ip,
  prefix: Prefix | undefined,
  homes: readonly Home[],
  cluster: readonly Prefix[],
): string | undefined {
  const clusterRange = cluster.find(range => contains(range, ip))
  if (clusterRange !== undefined) {
    return `is an address of the cluster's own range ${printPrefix(clusterRange)}: use one of the VLAN`
  }
  // The kernel routes the whole network of an address to its interface.
  const routed = prefix && cluster.find(range => overlaps(range, network(prefix)))
  if (routed !== undefined)
    return `is in a network that takes the cluster's own range ${printPrefix(routed)} into the VLAN: use the VLAN's own prefix length`
  // Nobody limited the addresses of this VLAN.
  if (homes.length === 0) return undefined
  const home = homes.find(({ subnet }) => contains(subnet, ip))
  if (home === undefined) {
    const accepted = homes.map(({ subnet }) => printPrefix(subnet)).join(', ')
    return `is in no subnet of this network: use an address of ${accepted}`
  }
  const subnet = printPrefix(home.subnet)
  if (prefix !== undefined && prefix.bits < home.subnet.bits) {
    return `has a shorter prefix than the network's ${subnet}: its connected route would reach further; use /${home.subnet.bits}`
  }
  if (home.source === 'static' || home.subnet.bits >= (ip.family === 4 ? 31 : 127)) return undefined
  if (isSameIp(ip, firstAddress(home.subnet))) return `is the network address of ${subnet}: use a higher one`
  if (ip.family === 4 && isSameIp(ip, lastAddress(home.subnet))) {
    return `is the broadcast address of ${subnet}: use a lower one`
  }
  if (home.gateway !== undefined && isSameIp(ip, home.gateway))
    return `is the gateway of ${subnet}: use another address`
  return undefined
}
