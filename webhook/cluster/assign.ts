import type { AdmissionRequest } from '../../src/kube/admission.ts'
import { isRecord, type Manifest } from '../../src/kube/manifest.ts'
import type { KubeClient } from '../../src/kube-api/client.ts'
import type { Inventory } from '../../src/policy/inventory.ts'

/** Who may say that a namespace is a tenant's: whoever has the verb `assign` on that Tenant, by RBAC. */
export interface Assignments {
  /** Asks the API server for what this request would change. Rules ask afterwards, and cannot wait. */
  look(request: AdmissionRequest): Promise<void>
  mayAssign(request: AdmissionRequest, tenant: string): boolean
}

export function createAssignments(client: KubeClient, inventory: Inventory): Assignments {
  const known = new WeakMap<AdmissionRequest, ReadonlySet<string>>()
  return {
    look: async request => {
      if (request.kind.kind !== 'Namespace' || request.kind.group !== '') return
      const tenants = changedTenants(request, inventory)
      const answers = await Promise.all(tenants.map(tenant => isAllowed(client, request, tenant)))
      known.set(request, new Set(tenants.filter((_, index) => answers[index])))
    },
    mayAssign: (request, tenant) => known.get(request)?.has(tenant) ?? false,
  }
}

/** Tenants that the namespace would come to, or leave. */
function changedTenants({ object, oldObject }: AdmissionRequest, inventory: Inventory): string[] {
  const claimants = (manifest: Manifest | null | undefined): string[] =>
    inventory.claimantsOf(manifest?.metadata).map(({ name }) => name)
  const [before, after] = [claimants(oldObject), claimants(object)]
  return [...new Set([...before, ...after])].filter(name => !(before.includes(name) && after.includes(name)))
}

/**
 * Kubernetes authorization.k8s.io/v1 SubjectAccessReview, about all that is known of who asks: a token may be narrower than its
 * user, which its `extra` says (OpenShift's scopes).
 */
async function isAllowed(
  client: KubeClient,
  { userInfo: { username, ...user } = {} }: AdmissionRequest,
  tenant: string,
): Promise<boolean> {
  const resourceAttributes = { group: 'socni.dev', resource: 'tenants', verb: 'assign', name: tenant }
  const review = await client.create({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: { ...user, user: username, resourceAttributes },
  })
  return isRecord(review.status) && review.status.allowed === true
}
