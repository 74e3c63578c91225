import { innermost } from '../../cni/facts/chain.ts'
import type { AddressFact, Facts } from '../../cni/facts/facts.ts'
import { contains, covers, prefixOf, printPrefix } from '../../net/prefix.ts'
import { attachment } from '../example.ts'
import { grantsFor, limitSubnets, subnetsOf } from '../grants.ts'
import type { Rule } from '../rule.ts'

const routed = (range: string, gateway: string) =>
  attachment({
    cniVersion: '1.0.0',
    name: 'ledger',
    type: 'ptp',
    ipam: { type: 'whereabouts', range, gateway },
  })

export const hostRoute: Rule<'attachment'> = {
  id: 'host-route',
  title:
    'The node itself would route addresses that the tenant was not granted, or open its firewall for them',
  severity: 'error',
  why: 'The plugin gives the node an address, and routes into the pod: what the node and all of its pods send to these addresses goes there, whatever network they are of. The firewall plugin has the node let through all that is from and for the addresses.',
  source:
    'containernetworking/plugins v1.9.1 plugins/main/ptp/ptp.go setupHostVeth(), bridge/bridge.go ensureAddr(), meta/firewall/iptables.go addRules(); spiderpool coordinator',
  good: { manifest: routed('10.100.7.0/24', '10.100.7.1') },
  bad: { manifest: routed('172.31.7.0/24', '172.31.7.1') },

  *check({ attachment: { facts, reach }, tenant, cluster }) {
    // In a VLAN of its own a tenant may open the node's firewall for whatever it may use there.
    const isInVlan = reach.length > 0
    const [first, ...others] = (facts?.hostRoutes ?? []).filter(({ deed }) => deed === 'route' || !isInVlan)
    if (facts === undefined || first === undefined) return
    const isRouted = [first, ...others].some(({ deed }) => deed === 'route')
    const grants =
      tenant === undefined || !isInVlan
        ? (tenant?.vlans ?? []) // What is in no VLAN, as ptp is, may use whatever the tenant was granted.
        : reach.flatMap(segment => grantsFor(tenant, segment, cluster))
    const granted = subnetsOf(grants)
    const accepted =
      granted.length === 0
        ? 'have a cluster admin grant the tenant subnets'
        : `use addresses of ${granted.map(printPrefix).join(', ')}`
    // Then subnet-not-granted says it of the network, and address-not-granted of what a pod asks for.
    const isLimited = isInVlan && limitSubnets(grants)
    if (
      facts.subnets.length === 0 &&
      (isOfDhcp(facts) || isOfPool(facts) || (isOfPods(facts) && !isLimited))
    ) {
      const message = `"${first.plugin}" has the node ${first.deed === 'route' ? 'route' : 'let through'} whatever addresses the pod gets: write their subnet under "ipam"`
      yield { inside: first.at, message }
    }
    const subnets = isLimited ? [] : facts.subnets
    const wanted = [
      ...subnets.map(({ subnet, at }) => ({
        prefix: subnet,
        at,
        deed: isRouted ? 'be routed by the node' : 'be let through by the firewall of the node',
      })),
      ...(isRouted ? strayGateways(facts) : []).map(({ address, at }) => ({
        prefix: prefixOf(address),
        at,
        deed: 'be the node’s own',
      })),
    ]
    for (const { prefix, at, deed } of wanted) {
      if (granted.some(subnet => covers(subnet, prefix))) continue
      yield { inside: at, message: `${printPrefix(prefix)} would ${deed}: ${accepted}` }
    }
  },
}

function isOfDhcp({ routes }: Facts): boolean {
  return routes.some(({ cause }) => cause === 'dhcp' || cause === 'unasked')
}

/** IPAM plugins whose addresses are in resources of the cluster. */
const POOLED = ['spiderpool', 'nv-ipam', 'kube-ovn']

/** Spiderpool's own coordinator gives the node no address, and routes to one that a pool gave out once. */
function isOfPool({ types, hostRoutes }: Facts): boolean {
  const isPooled = types.some(({ role, type }) => role === 'ipam' && POOLED.includes(type))
  return isPooled && hostRoutes.some(({ plugin }) => innermost(plugin) !== 'coordinator')
}

function isOfPods({ podInputs }: Facts): boolean {
  return podInputs.some(({ input }) => input === 'ips')
}

/** Gateways that are in none of the subnets; those of a subnet are judged with it. */
function strayGateways({ addresses, subnets }: Facts): readonly AddressFact[] {
  return addresses.filter(
    ({ address, role }) => role === 'gateway' && !subnets.some(({ subnet }) => contains(subnet, address)),
  )
}
