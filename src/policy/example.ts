import { NETWORKS_ANNOTATION } from '../kube/annotations.ts'
import type { Manifest, ObjectMeta, PodSpec } from '../kube/manifest.ts'

/**
 * What exists in every rule's example, in a cluster with default facts: two tenants, and an attachment of each.
 * Examples are this world and one manifest with one change, so that a finding has one possible cause.
 */
export const exampleWorld: readonly Manifest[] = [
  tenant('finance', {
    namespaces: ['finance', 'finance-batch'],
    vlans: [
      {
        ids: '100,200-209',
        masters: ['eth0', 'br-finance', 'eth0.100'],
        subnets: ['10.100.0.0/16', 'fd00:100::/32'],
      },
    ],
    maxNetworksPerPod: 4,
  }),
  tenant('logistics', {
    namespaces: ['logistics'],
    vlans: [{ ids: 300, masters: ['eth0'], subnets: ['10.130.0.0/16'] }],
  }),
  attachment({ ...macvlanConfig(), name: 'storage' }, { name: 'storage' }),
  attachment(
    {
      ...macvlanConfig(),
      name: 'fleet',
      master: 'eth0.300',
      ipam: { type: 'whereabouts', range: '10.130.0.0/24' },
    },
    { name: 'fleet', namespace: 'logistics' },
  ),
]

/** VLAN 100 on eth0 for any number of pods: macvlan on the sub-interface, addresses known to the whole cluster. */
export function macvlanConfig(): Record<string, unknown> {
  return {
    cniVersion: '1.0.0',
    name: 'ledger',
    type: 'macvlan',
    master: 'eth0.100',
    mode: 'bridge',
    ipam: { type: 'whereabouts', range: '10.100.1.0/24' },
  }
}

/** The same VLAN through a bridge that filters VLANs. */
export function bridgeConfig(): Record<string, unknown> {
  return {
    cniVersion: '1.0.0',
    name: 'ledger',
    type: 'bridge',
    bridge: 'br-finance',
    vlan: 100,
    preserveDefaultVlan: false,
    ipam: { type: 'whereabouts', range: '10.100.1.0/24' },
  }
}

/** A NAD; a configuration that is no string is printed as JSON, as people write it. */
export function attachment(config: Record<string, unknown> | string, metadata: ObjectMeta = {}): Manifest {
  return {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name: 'ledger', namespace: 'finance', ...metadata },
    spec: { config: typeof config === 'string' ? config : JSON.stringify(config, null, 2) },
  }
}

/** A pod of finance with this networks annotation; a list is printed as JSON. */
export function pod(
  networks: string | readonly Record<string, unknown>[] | undefined,
  change: { metadata?: ObjectMeta; spec?: PodSpec } = {},
): Manifest {
  const annotation = typeof networks === 'object' ? JSON.stringify(networks) : networks
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'teller',
      namespace: 'finance',
      ...change.metadata,
      annotations: {
        ...(annotation !== undefined && { [NETWORKS_ANNOTATION]: annotation }),
        ...change.metadata?.annotations,
      },
    },
    spec: {
      containers: [
        { name: 'teller', image: 'busybox', securityContext: { capabilities: { drop: ['ALL'] } } },
      ],
      ...change.spec,
    },
  }
}

/** A Deployment of finance with these annotations of its own, and of its pods. */
export function deployment(
  own: Readonly<Record<string, string>>,
  ofPods: Readonly<Record<string, string>>,
): Manifest {
  const { spec } = pod(undefined)
  const labels = { app: 'teller' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'teller', namespace: 'finance', annotations: own },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels, annotations: ofPods }, spec },
    },
  }
}

export function tenant(name: string, spec: Record<string, unknown>): Manifest {
  return { apiVersion: 'socni.dev/v1alpha1', kind: 'Tenant', metadata: { name }, spec }
}
