import type { SubnetFact } from '../src/cni/facts/facts.ts'
import { isSameIp, nextIp } from '../src/net/ip.ts'
import { firstAddress, network, parsePrefix, printPrefix } from '../src/net/prefix.ts'
import { readText } from './libc.ts'

/** What Flannel calls its network (Documentation/kube-flannel.yml; k3s pkg/agent/flannel/setup_linux.go). */
const NETWORK = 'cbr0'

/** Where Flannel tells its plugin the node's subnet (flannel-io/cni-plugin flannel.go, defaultSubnetFile). */
const SUBNET_FILE = '/run/flannel/subnet.env'

/**
 * Whether addresses may be those of the cluster's own network: none is written into it, since every pod would have that one; and of
 * Flannel's they are those that it gives out on this node. Anybody's NAD may have the name of its network, and would give
 * the bridge another address, or a pod that of a service. Where Flannel does not say what its own are they
 * pass: no node may lose the network of its pods for that.
 */
export function mayBeClusters(name: string, subnets: readonly SubnetFact[]): boolean {
  if (subnets.some(({ source }) => source === 'static')) return false
  const own = name === NETWORK ? readSubnets(readText(SUBNET_FILE) ?? '') : []
  return (
    own.length === 0 ||
    subnets.every(
      ({ subnet, gateway }) =>
        own.includes(printPrefix(subnet)) &&
        (gateway === undefined || isSameIp(gateway, nextIp(firstAddress(subnet)))),
    )
  )
}

/** `FLANNEL_SUBNET=10.42.0.1/24`, and the same of IPv6: the bridge's address in each. */
function readSubnets(text: string): string[] {
  return [...text.matchAll(/^FLANNEL_(?:IPV6_)?SUBNET=(.*)$/gm)].flatMap(([, written = '']) => {
    const prefix = parsePrefix(written.trim())
    return prefix === undefined ? [] : [printPrefix(network(prefix))]
  })
}
