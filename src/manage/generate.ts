import type { Manifest } from '../kube/manifest.ts'

export const NETWORK_TYPES = ['vlan', 'macvlan', 'bridge'] as const
export const IPAM_TYPES = ['host-local', 'whereabouts', 'static', 'dhcp'] as const

/** What a network is generated from. */
export interface NetworkRequest {
  readonly type: (typeof NETWORK_TYPES)[number]
  readonly ipam: (typeof IPAM_TYPES)[number]
  readonly vlan: number
  readonly master: string
  readonly name: string
  readonly mtu?: number | undefined
  readonly subnet?: string | undefined
  readonly gateway?: string | undefined
}

/** The oldest version with CHECK, and results that all current plugins print. */
const CNI_VERSION = '1.0.0'

/** A list of one plugin, as a file for the node's directory holds it. */
export function generateConflist(request: NetworkRequest): object {
  return { cniVersion: CNI_VERSION, name: request.name, plugins: [pluginOf(request)] }
}

/** A NetworkAttachmentDefinition with the same plugin. */
export function generateAttachment(request: NetworkRequest, namespace: string): Manifest {
  const config = { cniVersion: CNI_VERSION, name: request.name, ...pluginOf(request) }
  return {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name: request.name, namespace },
    spec: { config: `${JSON.stringify(config, null, 2)}\n` },
  }
}

function pluginOf(request: NetworkRequest): object {
  const { type, vlan, master, mtu, ipam } = request
  const common = {
    ...(mtu !== undefined && { mtu }),
    // Addresses of its own for each pod arrive through this capability.
    ...(ipam === 'static' && { capabilities: { ips: true } }),
    ipam: ipamOf(request),
  }
  switch (type) {
    case 'vlan':
      return { type, master, vlanId: vlan, ...common }
    case 'macvlan':
      // On the VLAN's own sub-interface, so that any number of pods of a node can join it.
      return { type, master: `${master}.${vlan}`, mode: 'bridge', ...common }
    case 'bridge':
      return { type, bridge: master, vlan, preserveDefaultVlan: false, ...common }
  }
}

function ipamOf({ ipam, subnet, gateway }: NetworkRequest): object {
  switch (ipam) {
    case 'host-local':
      return { type: ipam, ranges: [[{ subnet, ...(gateway !== undefined && { gateway }) }]] }
    case 'whereabouts':
      return { type: ipam, range: subnet, ...(gateway !== undefined && { gateway }) }
    case 'static':
      return { type: ipam }
    case 'dhcp':
      // Servers that are asked for nothing in particular send a default route as well.
      return { type: ipam, request: [{ skipDefault: true, option: 'subnet-mask' }] }
  }
}
