import { z } from 'zod'
import { LAST_VLAN } from '../net/vlan-set.ts'
import { type DocumentReading, readDocument } from './document.ts'
import { enforcement, interfaceName, namespaceName, networkName, prefix, ruleSettings } from './values.ts'

/** A prefix list with a default that is written as people write it. */
const prefixes = (...defaults: string[]) => z.array(prefix).prefault(defaults)

/** Interfaces that the cluster's own network, the container runtimes and the kernel keep for themselves. */
const PROTECTED = [
  'lo',
  'cni0',
  'flannel.1',
  'flannel-v6.1',
  'flannel-wg',
  'flannel-wg-v6',
  'kube-bridge',
  'kube-ipvs0',
  'nodelocaldns',
  'docker0',
]

function isInCircle(name: string, interfaces: Readonly<Record<string, { parent: string }>>): boolean {
  const passed = new Set<string>()
  for (let at = interfaces[name]?.parent; at !== undefined && !passed.has(at); at = interfaces[at]?.parent) {
    if (at === name) return true
    passed.add(at)
  }
  return false
}

export const clusterSpec = z.strictObject({
  podCIDRs: prefixes('10.42.0.0/16').describe("Addresses of pods; K3s's default is 10.42.0.0/16."),
  serviceCIDRs: prefixes('10.43.0.0/16').describe("Addresses of services; K3s's default is 10.43.0.0/16."),
  nodeCIDRs: prefixes().describe('Networks of the nodes themselves.'),
  primaryInterface: interfaceName
    .default('eth0')
    .describe("The nodes' default-route interface, which plugins take when no master is named."),
  protectedInterfaces: z
    .array(interfaceName)
    .default(PROTECTED)
    .describe('Host interfaces that no tenant may take hold of.'),
  interfaces: z
    .record(interfaceName, z.strictObject({ parent: interfaceName, vlan: z.int().min(0).max(LAST_VLAN) }))
    .superRefine((interfaces, context) => {
      for (const name of Object.keys(interfaces))
        if (isInCircle(name, interfaces))
          context.addIssue({
            code: 'custom',
            path: [name],
            message: `"${name}" leads back to itself: name the interface that it is on in the end`,
          })
    })
    .default({})
    .describe(
      'Names that hide a VLAN: uplink-a: { parent: eth0, vlan: 300 }; vlan 0 for what has the VLANs of its parent, as a bridge over it.',
    ),
  mtus: z.record(interfaceName, z.int().min(68)).default({}).describe('MTU of host interfaces, in bytes.'),
  vouchedTypes: z
    .array(z.string())
    .default([])
    .describe('CNI types that tenants may use although SOCNI cannot read them.'),
  nodeNetworks: z
    .array(networkName)
    .default([])
    .describe(
      'Networks that each node has in a file (istio-cni): a NAD of this name may be empty, and pods of anybody select it.',
    ),
  allowedCniArgs: z.array(z.string()).default([]).describe('Keys that pods may set under cni-args.'),
  exemptNamespaces: z
    .array(namespaceName)
    .default(['kube-system', 'kube-public', 'kube-node-lease', 'socni-system'])
    .describe('Namespaces that are not judged.'),
  enforcement: enforcement.default('deny').describe('audit, warn or deny.'),
  namespaces: z
    .record(
      namespaceName,
      z.strictObject({ enforcement: enforcement.optional(), rules: ruleSettings.default({}) }),
    )
    .default({})
    .describe('Enforcement and rules of single namespaces, for a staged roll-out.'),
  rules: ruleSettings.default({}).describe('Single rules turned off, to warnings or to refusals.'),
  maxNetworksPerPod: z
    .int()
    .min(0)
    .max(64)
    .default(8)
    .describe("How many networks a pod may select, where its tenant doesn't say."),
  singleNode: z
    .boolean()
    .default(false)
    .describe('The cluster has one node, so host-local addresses are unique.'),
  tenancyAdmins: z
    .array(z.string())
    .default(['system:masters'])
    .describe(
      'Users and groups that may make namespaces which a tenant names, and set labels that it is selected by.',
    ),
  networkStatusWriters: z
    .array(z.string())
    .default([
      'system:serviceaccount:kube-system:multus',
      'system:serviceaccount:kube-system:dynamic-networks-controller',
      // Multus with a certificate for each node, as on OpenShift (multus pkg/k8sclient/kubeconfig.go certOrganization).
      'system:multus',
    ])
    .describe('Users and groups that write the network-status annotation.'),
})

const clusterManifest = z.object({
  apiVersion: z.literal('socni.dev/v1alpha1'),
  kind: z.literal('ClusterConfiguration'),
  metadata: z.looseObject({}).optional(),
  spec: clusterSpec,
})

/** Facts of the cluster that no configuration of a tenant holds, and how strictly rules apply. */
export type Cluster = Readonly<z.infer<typeof clusterSpec>>

/** A K3s cluster as it is installed. */
export const defaultCluster: Cluster = clusterSpec.parse({})

export function readCluster(manifest: unknown): DocumentReading<Cluster> {
  const reading = readDocument(clusterManifest, manifest)
  return reading.ok ? { ok: true, value: reading.value.spec } : reading
}
