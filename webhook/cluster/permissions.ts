import type { AdmissionRequest } from '../../src/kube/admission.ts'
import { NETWORK_STATUS_ANNOTATIONS } from '../../src/kube/annotations.ts'
import { isRecord, type Manifest } from '../../src/kube/manifest.ts'
import type { KubeClient } from '../../src/kube-api/client.ts'
import type { Inventory } from '../../src/policy/inventory.ts'
import { isStatusWriter } from '../../src/policy/rules/forged-network-status.ts'
import type { Permissions } from '../../src/review/context.ts'

/** What RBAC says of who asks. */
export interface ClusterPermissions extends Permissions {
  /** Asks the API server for what this request would need. Rules ask afterwards, and cannot wait. */
  look(request: AdmissionRequest): Promise<void>
}

/** Kubernetes authorization.k8s.io/v1 ResourceAttributes; without a namespace it is all of them. */
interface ResourceAttributes {
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly verb: string
  readonly name?: string
}

export function createPermissions(client: KubeClient, inventory: Inventory): ClusterPermissions {
  const assignable = new WeakMap<AdmissionRequest, ReadonlySet<string>>()
  const statusWriters = new WeakSet<AdmissionRequest>()
  return {
    look: async request => {
      if (isKind(request, 'Namespace')) {
        const tenants = changedTenants(request, inventory)
        const answers = await Promise.all(
          tenants.map(name =>
            isAllowed(client, request, { group: 'socni.dev', resource: 'tenants', verb: 'assign', name }),
          ),
        )
        assignable.set(request, new Set(tenants.filter((_, index) => answers[index])))
      }
      const status = { group: '', resource: 'pods', subresource: 'status', verb: 'update' }
      if (isUnknownStatusWriter(request, inventory) && (await isAllowed(client, request, status)))
        statusWriters.add(request)
    },
    mayAssign: (request, tenant) => assignable.get(request)?.has(tenant) ?? false,
    mayUpdateStatus: request => statusWriters.has(request),
  }
}

function isKind({ kind: { group, kind } }: AdmissionRequest, wanted: string): boolean {
  return group === '' && kind === wanted
}

/** Tenants that the namespace would come to, or leave. */
function changedTenants({ object, oldObject }: AdmissionRequest, inventory: Inventory): string[] {
  const claimants = (manifest: Manifest | null | undefined): string[] =>
    inventory.claimants(object?.metadata.name ?? '', manifest?.metadata.labels ?? {}).map(({ name }) => name)
  const [before, after] = [claimants(oldObject), claimants(object)]
  return [...new Set([...before, ...after])].filter(name => !(before.includes(name) && after.includes(name)))
}

/** A Multus that goes by another name than the configuration has: whoever attaches pods may update the status of any. */
function isUnknownStatusWriter(request: AdmissionRequest, { cluster }: Inventory): boolean {
  const { object, oldObject, subResource, userInfo } = request
  if (!isKind(request, 'Pod') || subResource !== 'status') return false
  if (isStatusWriter(userInfo?.username, userInfo?.groups ?? [], cluster)) return false
  const [after, before] = [object, oldObject].map(pod => pod?.metadata.annotations ?? {})
  return NETWORK_STATUS_ANNOTATIONS.some(key => after?.[key] !== before?.[key])
}

/**
 * Kubernetes authorization.k8s.io/v1 SubjectAccessReview, about all that is known of who asks: a token may be narrower than its
 * user, which its `extra` says (OpenShift's scopes).
 */
async function isAllowed(
  client: KubeClient,
  { userInfo: { username, ...user } = {} }: AdmissionRequest,
  resourceAttributes: ResourceAttributes,
): Promise<boolean> {
  const review = await client.create({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: { ...user, user: username, resourceAttributes },
  })
  return isRecord(review.status) && review.status.allowed === true
}
