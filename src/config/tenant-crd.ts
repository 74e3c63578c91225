import { z } from 'zod'
import { tenantSpec, tenantStatus } from './tenant.ts'

/**
 * The CustomResourceDefinition of Tenant. Its schema is made from the zod type that reads Tenants, so they cannot
 * disagree; what a schema cannot say (VLAN lists, subnets) the webhook checks.
 */
export function tenantCrd(): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'tenants.socni.dev' },
    spec: {
      group: 'socni.dev',
      scope: 'Cluster',
      names: {
        plural: 'tenants',
        singular: 'tenant',
        kind: 'Tenant',
        listKind: 'TenantList',
        shortNames: ['tnt'],
        categories: ['socni'],
      },
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          additionalPrinterColumns: [
            { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
            { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
            { name: 'Namespaces', type: 'string', jsonPath: '.status.namespaces', priority: 1 },
            // Of a list the API server prints the first item alone, so that this is a text.
            { name: 'Granted', type: 'string', jsonPath: '.status.granted' },
            { name: 'In use', type: 'string', jsonPath: '.status.vlansInUse', priority: 1 },
            { name: 'Networks', type: 'integer', jsonPath: '.status.networks', priority: 1 },
            { name: 'Pods', type: 'integer', jsonPath: '.status.pods', priority: 1 },
            { name: 'Conflicts', type: 'string', jsonPath: '.status.conflicts', priority: 1 },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: tenantSchema(),
          },
        },
      ],
    },
  }
}

/** The schema of a Tenant, in the OpenAPI that the API server takes. */
export function tenantSchema(): object {
  return {
    type: 'object',
    description:
      'Which namespaces belong to a tenant, and which VLANs they may join on which host interfaces.',
    required: ['spec'],
    properties: {
      spec: schemaOf(tenantSpec),
      status: {
        ...schemaOf(tenantStatus),
        description: 'What became of the Tenant; written by the webhook.',
      },
    },
  }
}

function schemaOf(type: z.ZodType): object {
  return structural(
    z.toJSONSchema(type, { io: 'input', target: 'openapi-3.0', unrepresentable: 'any' }),
  ) as object
}

/**
 * A structural schema in the sense of Kubernetes: no `$schema`, no `additionalProperties: false` (unknown fields are
 * pruned), and int-or-string in its own words. No defaults: the API server would write them into what is stored, and every
 * `kubectl apply` and GitOps tool would find a list that differs from its file.
 */
function structural(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(structural)
  if (typeof schema !== 'object' || schema === null) return schema
  const entries = Object.entries(schema)
  if (isIntOrString(schema)) {
    // Conditions on texts and on numbers may stand side by side: each is of its own type.
    const { description, anyOf } = schema
    const conditions = anyOf.map(({ type: _, ...condition }) => condition)
    return Object.assign({ description }, ...conditions, { 'x-kubernetes-int-or-string': true })
  }
  const kept = entries.filter(
    ([key, value]) =>
      key !== '$schema' &&
      key !== 'propertyNames' &&
      key !== 'default' &&
      !(key === 'additionalProperties' && value === false) &&
      // What zod says of every whole number.
      !(key === 'maximum' && value === Number.MAX_SAFE_INTEGER),
  )
  return Object.fromEntries(kept.map(([key, value]) => [key, structural(value)]))
}

function isIntOrString(schema: object): schema is { description?: string; anyOf: { type?: string }[] } {
  const { anyOf } = schema as { anyOf?: { type?: string }[] }
  return (
    Array.isArray(anyOf) &&
    anyOf
      .map(({ type }) => type)
      .sort()
      .join() === 'integer,string'
  )
}
