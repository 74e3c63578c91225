import { networkInterfaces } from 'node:os'
import type { Cluster } from '../../src/config/cluster.ts'
import { type Ip, parseIp, printIp } from '../../src/net/ip.ts'
import { contains, type Prefix, printPrefix } from '../../src/net/prefix.ts'

/** What a pod knows of the cluster's ranges without asking anybody. */
export interface OwnAddresses {
  /** Its own, of each family that it has. */
  readonly pod: readonly Ip[]
  /** The API server's service, as the kubelet tells every pod. */
  readonly service: readonly Ip[]
}

/** Outside of a cluster there is no such service, and our addresses are anybody's. */
export function ownAddresses(apiServerService: string | undefined): OwnAddresses {
  const service = parseIp(apiServerService ?? '')
  if (service === undefined) return { pod: [], service: [] }
  const pod = Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    // A link-local address, which has a scope, says nothing of any range (RFC 4291 section 2.5.6).
    .filter(({ internal, scopeid }) => !internal && !scopeid)
    .flatMap(({ address }) => parseIp(address) ?? [])
  return { pod, service: [service] }
}

/**
 * What the configuration says otherwise than we see: a cluster whose pods are elsewhere is told nothing of routes that
 * clash with it. On the network of the host one address of many is enough: there the cluster's bridge has one.
 */
export function contradictions({ podCIDRs, serviceCIDRs }: Cluster, own: OwnAddresses): string[] {
  return [
    ...judge(own.pod, podCIDRs, 'podCIDRs', 'this pod has'),
    ...judge(own.service, serviceCIDRs, 'serviceCIDRs', 'the service of the API server has'),
  ]
}

function judge(addresses: readonly Ip[], ranges: readonly Prefix[], field: string, who: string): string[] {
  return ([4, 6] as const).flatMap(family => {
    const ours = addresses.filter(ip => ip.family === family)
    if (ours.length === 0 || ours.some(ip => ranges.some(range => contains(range, ip)))) return []
    const [shown, known] = [ours.map(printIp).join(', '), ranges.map(printPrefix).join(', ') || 'nothing']
    return [`${who} ${shown}, and "${field}" has ${known}: write the range that the cluster has`]
  })
}
