import { setImmediate } from 'node:timers/promises'
import type { TenantStatus } from '../../src/config/tenant.ts'
import { readTenant } from '../../src/config/tenant.ts'
import { canonicalize } from '../../src/json/canonical.ts'
import type { JsonObject } from '../../src/json/value.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { type KubeClient, orNone } from '../../src/kube-api/client.ts'
import { describeSegments } from '../../src/policy/describe.ts'
import type { Inventory } from '../../src/policy/inventory.ts'
import { judge } from '../../src/policy/judge.ts'
import { TENANT } from './standing.ts'

/** Writes the status of each Tenant where it is another than before, between reviews. Returns how many it wrote. */
export async function writeStatuses(client: KubeClient, inventory: Inventory): Promise<number> {
  const listing = await orNone(() => client.list(TENANT))
  let written = 0
  for (const manifest of listing?.items ?? []) {
    await setImmediate()
    const status = statusOf(manifest, inventory)
    if (isSame(manifest.status, status)) continue
    await client.replaceStatus({ ...manifest, status }, 'tenants')
    written++
  }
  return written
}

/** What became of a Tenant in the policy that is in force. */
export function statusOf(manifest: Manifest, inventory: Inventory): TenantStatus {
  const conflicts = judge(manifest, inventory)
    .filter(({ severity }) => severity === 'error')
    .map(({ title, message }) => `${title}: ${message}`)
  const reading = readTenant(manifest)
  const namespaces = reading.ok ? inventory.namespacesOf(reading.value).sort() : []
  const attachments = namespaces.flatMap(namespace => [...inventory.attachmentsIn(namespace)])
  const reach = attachments.flatMap(attachment => attachment.reach)
  const pods = new Set(attachments.flatMap(({ namespace, name }) => [...inventory.uses.of(namespace, name)]))
  return {
    observedGeneration: manifest.metadata.generation ?? 0,
    namespaces,
    vlansInUse: reach.length === 0 ? 'none' : describeSegments(reach),
    networks: attachments.length,
    pods: pods.size,
    conflicts,
  }
}

function isSame(before: unknown, status: TenantStatus): boolean {
  return before !== undefined && canonicalize(before as JsonObject) === canonicalize({ ...status })
}
