import { z } from 'zod'
import { type DocumentReading, readDocument } from './document.ts'
import { enforcement, masterName, namespaceName, prefix, ruleSettings, vlanIds } from './values.ts'

const EMPTY_SELECTOR = 'an empty selector would claim every namespace: name a label'
const NO_NAMESPACES = 'a tenant needs "namespaces" or a "namespaceSelector"'

/** The same condition for the API server, in CEL (Kubernetes CRD validation rules). */
function validatedBy(rule: string, message: string): Record<string, unknown> {
  return { 'x-kubernetes-validations': [{ rule, message }] }
}

const labels = z.record(z.string(), z.string())

const labelSelector = z
  .strictObject({
    matchLabels: labels.optional().describe('Labels that the namespace must have, with these values.'),
    matchExpressions: z
      .array(
        z.strictObject({
          key: z.string(),
          operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
          values: z.array(z.string()).optional(),
        }),
      )
      .optional()
      .describe('Further conditions on labels of the namespace.'),
  })
  .refine(
    selector =>
      Object.keys(selector.matchLabels ?? {}).length > 0 || (selector.matchExpressions ?? []).length > 0,
    {
      error: EMPTY_SELECTOR,
    },
  )
  .meta(
    validatedBy(
      '(has(self.matchLabels) && size(self.matchLabels) > 0) || (has(self.matchExpressions) && size(self.matchExpressions) > 0)',
      EMPTY_SELECTOR,
    ),
  )

const grant = z.strictObject({
  ids: vlanIds.describe('VLANs: one id, a list, ranges ("100,200-209"); "native" is untagged traffic.'),
  masters: z
    .array(masterName)
    .min(1)
    .describe(
      "Host interfaces that these VLANs are on, in the configuration's own words: a NIC, bond, bridge, PCI address, device resource or physical network of OVN.",
    ),
  subnets: z
    .array(prefix)
    .default([])
    .describe(
      'Subnets that attachments in these VLANs may use; without any, every subnet that no other tenant holds, but none that the node itself would route.',
    ),
  mtu: z
    .int()
    .min(68)
    .max(65_535)
    .optional()
    .describe('Largest MTU in bytes that attachments in these VLANs may have.'),
  labels: labels.default({}).describe('Free-form notes, shown by socni-ctl.'),
  shared: z
    .boolean()
    .default(false)
    .describe('Other tenants may hold the same VLANs, when they mark them as shared as well.'),
})

export const tenantSpec = z
  .strictObject({
    namespaces: z.array(namespaceName).default([]).describe('Names of the namespaces of this tenant.'),
    namespaceSelector: labelSelector.optional().describe('Labels of the namespaces of this tenant.'),
    vlans: z
      .array(grant)
      .default([])
      .describe('Grants: which VLANs the tenant may join, and on which host interfaces.'),
    allowDefaultRoute: z
      .boolean()
      .default(false)
      .describe(
        "Attachments may take the pod's default route away from Flannel, also by a DHCP server or a router of the VLAN.",
      ),
    maxNetworksPerPod: z.int().min(0).max(64).optional().describe('How many networks a pod may select.'),
    enforcement: enforcement
      .optional()
      .describe('audit, warn or deny, in place of the cluster-wide setting.'),
    rules: ruleSettings
      .default({})
      .describe('Single rules turned off, to warnings or to refusals for this tenant.'),
  })
  .refine(spec => spec.namespaces.length > 0 || spec.namespaceSelector !== undefined, {
    path: ['namespaces'],
    error: NO_NAMESPACES,
  })
  .meta(
    validatedBy(
      '(has(self.namespaces) && size(self.namespaces) > 0) || has(self.namespaceSelector)',
      NO_NAMESPACES,
    ),
  )

/** The keys by which the API server tells items of a list apart (Kubernetes API conventions, typical status properties). */
const LIST_OF_TYPES = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] }

/** metav1.Condition: what `kubectl wait`, Flux and Argo CD ask for. */
const condition = z.object({
  type: z.string().describe('Ready: the Tenant is in force as it is written.'),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string().describe('InForce, Conflict, or Unreadable.'),
  message: z.string().describe('What is in the way.'),
  observedGeneration: z.int().min(0).describe('The generation of the spec that this is about.'),
  lastTransitionTime: z.string().meta({ format: 'date-time' }).describe('When the status became what it is.'),
})

/** What the webhook writes about a Tenant: people read it, and what waits for a Tenant to be in force. */
export const tenantStatus = z.object({
  observedGeneration: z.int().min(0).describe('The generation of the spec that this is about.'),
  namespaces: z.array(z.string()).describe('Namespaces that are there and belong to the tenant.'),
  granted: z.string().describe('What it holds: the VLANs of all its grants, on host interfaces.'),
  vlansInUse: z.string().describe('What its networks reach: VLANs on host interfaces.'),
  networks: z.int().min(0).describe('How many networks (NetworkAttachmentDefinitions) its namespaces have.'),
  pods: z.int().min(0).describe('How many pods use them.'),
  conflicts: z.array(z.string()).describe('Why the Tenant, or a part of it, is not in force.'),
  // Statuses of before had none, and must not keep anybody from changing the spec beside them.
  conditions: z
    .array(condition)
    .optional()
    .meta(LIST_OF_TYPES)
    .describe('Whether it is in force, for tools that wait for that.'),
})

export type TenantStatus = z.infer<typeof tenantStatus>
export type TenantCondition = z.infer<typeof condition>

const tenantManifest = z.object({
  apiVersion: z.literal('socni.dev/v1alpha1'),
  kind: z.literal('Tenant'),
  metadata: z.looseObject({ name: namespaceName }),
  spec: tenantSpec,
})

export type LabelSelector = z.infer<typeof labelSelector>

/** A grant: these VLANs on these host interfaces. */
export type Grant = z.infer<typeof grant>

/** Who may reach which VLAN. The resource is cluster-scoped, and only cluster admins write it. */
export interface Tenant extends z.infer<typeof tenantSpec> {
  readonly name: string
}

/** Reads a Tenant, from the API server or from a file. */
export function readTenant(manifest: unknown): DocumentReading<Tenant> {
  const reading = readDocument(tenantManifest, manifest)
  return reading.ok
    ? { ok: true, value: { name: reading.value.metadata.name, ...reading.value.spec } }
    : reading
}
