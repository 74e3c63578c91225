import { setImmediate } from 'node:timers/promises'
import { readTenant, type TenantCondition, type TenantStatus } from '../../src/config/tenant.ts'
import { canonicalize } from '../../src/json/canonical.ts'
import { shorten } from '../../src/json/quote.ts'
import type { JsonObject } from '../../src/json/value.ts'
import { isRecord, type Manifest } from '../../src/kube/manifest.ts'
import { type KubeClient, orNone } from '../../src/kube-api/client.ts'
import { KINDS } from '../../src/kube-api/kinds.ts'
import { effectiveFindings } from '../../src/policy/decision.ts'
import { tabulateSegments } from '../../src/policy/describe.ts'
import { grantedSegments } from '../../src/policy/grants.ts'
import type { Inventory } from '../../src/policy/inventory.ts'
import { judge, jurisdictionOf } from '../../src/policy/judge.ts'

/** Writes the status of each Tenant where it is another than before, between reviews. */
export async function writeStatuses(client: KubeClient, inventory: Inventory, now: Date): Promise<void> {
  const listing = await orNone(() => client.list(KINDS.tenant))
  for (const manifest of listing?.items ?? []) {
    await setImmediate()
    const status = statusOf(manifest, inventory, now)
    if (!isSame(manifest.status, status)) await client.replaceStatus({ ...manifest, status }, 'tenants')
  }
}

/** What became of a Tenant in the policy that is in force. */
export function statusOf(manifest: Manifest, inventory: Inventory, now: Date): TenantStatus {
  const isError = ({ severity }: { readonly severity: string }): boolean => severity === 'error'
  // As putPolicy leaves Tenants out: what somebody turned off is no conflict, and a warning made stricter none that is there.
  const found = judge(manifest, inventory).filter(isError)
  const conflicts = effectiveFindings(found, jurisdictionOf(manifest, inventory))
    .filter(isError)
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
    granted: tabulateSegments(granted),
    vlansInUse: tabulateSegments(reach),
    networks: attachments.length,
    pods: pods.size,
    conflicts,
    conditions: [readiness(manifest, conflicts, reading.ok ? 'Conflict' : 'Unreadable', now)],
  }
}

/** metav1.Condition says at most so much. */
const MAX_MESSAGE = 32_768

function readiness(
  { metadata, status }: Manifest,
  conflicts: readonly string[],
  obstacle: string,
  now: Date,
): TenantCondition {
  const isReady = conflicts.length === 0
  const before = isRecord(status) && Array.isArray(status.conditions) ? status.conditions : []
  const own = before.find(condition => isRecord(condition) && condition.type === 'Ready')
  const ready = isReady ? 'True' : 'False'
  const since = own?.status === ready ? own.lastTransitionTime : undefined
  return {
    type: 'Ready',
    status: ready,
    reason: isReady ? 'InForce' : obstacle,
    message: shorten(conflicts.join('\n'), MAX_MESSAGE - 1),
    observedGeneration: metadata.generation ?? 0,
    lastTransitionTime: since ?? now.toISOString().replace(/\.\d+/, ''),
  }
}

function isSame(before: unknown, status: TenantStatus): boolean {
  return before !== undefined && canonicalize(before as JsonObject) === canonicalize(status as JsonObject)
}
