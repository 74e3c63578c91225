import { setImmediate } from 'node:timers/promises'
import { readTenant, type TenantStatus } from '../../src/config/tenant.ts'
import { canonicalize } from '../../src/json/canonical.ts'
import type { JsonObject } from '../../src/json/value.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { type KubeClient, orNone } from '../../src/kube-api/client.ts'
import { KINDS } from '../../src/kube-api/kinds.ts'
import { describeSegments } from '../../src/policy/describe.ts'
import { grantedSegments } from '../../src/policy/grants.ts'
import type { Inventory } from '../../src/policy/inventory.ts'
import { judge } from '../../src/policy/judge.ts'

/** Writes the status of each Tenant where it is another than before, between reviews. */
export async function writeStatuses(client: KubeClient, inventory: Inventory): Promise<void> {
  const listing = await orNone(() => client.list(KINDS.tenant))
  for (const manifest of listing?.items ?? []) {
    await setImmediate()
    const status = statusOf(manifest, inventory)
    if (!isSame(manifest.status, status)) await client.replaceStatus({ ...manifest, status }, 'tenants')
  }
}

/** What became of a Tenant in the policy that is in force. */
function statusOf(manifest: Manifest, inventory: Inventory): TenantStatus {
  const conflicts = judge(manifest, inventory)
    .filter(({ severity }) => severity === 'error')
    .map(({ title, message }) => `${title}: ${message}`)
  const reading = readTenant(manifest)
  const grants = reading.ok ? reading.value.vlans : []
  const granted = grants.flatMap(grant => grantedSegments(grant, inventory.cluster))
  const namespaces = reading.ok ? inventory.namespacesOf(reading.value).sort() : []
  const attachments = namespaces.flatMap(namespace => [...inventory.attachmentsIn(namespace)])
  const reach = attachments.flatMap(attachment => attachment.reach)
  const pods = new Set(attachments.flatMap(({ namespace, name }) => [...inventory.uses.of(namespace, name)]))
  return {
    observedGeneration: manifest.metadata.generation ?? 0,
    namespaces,
    granted: describeSegments(granted),
    vlansInUse: describeSegments(reach),
    networks: attachments.length,
    pods: pods.size,
    conflicts,
  }
}

function isSame(before: unknown, status: TenantStatus): boolean {
  return before !== undefined && canonicalize(before as JsonObject) === canonicalize({ ...status })
}
