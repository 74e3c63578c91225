import type { SubnetFact } from '../src/cni/facts/facts.ts'
import { isSameIp, nextIp } from '../src/net/ip.ts'
import { firstAddress, network, parsePrefix, printPrefix } from '../src/net/prefix.ts'
import { readText } from './libc.ts'

/** What Flannel calls its network (Documentation/kube-flannel.yml; k3s pkg/agent/flannel/setup_linux.go). */
const NETWORK = 'cbr0'

/** Where Flannel tells its plugin the node's subnet (flannel-io/cni-plugin flannel.go, defaultSubnetFile). */
const SUBNET_FILE = '/run/flannel/subnet.env'

/**
 * Whether addresses are those that Flannel gives out on this node. Anybody's NAD may have the name of its network, and would give
 * the bridge another address, or a pod that of a service. True where Flannel does not say what its own are: no node may lose the
 * network of its pods for that.
 */
export function isFlannelsOwn(name: string, subnets: readonly SubnetFact[]): boolean {
  const own = name === NETWORK ? readSubnets(readText(SUBNET_FILE) ?? '') : []
  return (
    own.length === 0 ||
    subnets.every(
      ({ subnet, gateway, source }) =>
        source === 'range' &&
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
