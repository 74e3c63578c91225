import { readTenant } from '../config/tenant.ts'
import type { Manifest } from '../kube/manifest.ts'
import { carryOut, judgePlan } from '../manage/carry-out.ts'
import type { Change, Plan } from '../manage/plan.ts'
import type { World } from '../manage/world.ts'
import type { PolicyStore } from '../store/store.ts'
import { printManifest } from '../yaml/edit.ts'
import { choose, type ExitCode, type GlobalFlags, type Terminal } from './command.ts'
import { printPlain } from './output.ts'
import { isInCluster } from './store.ts'

/** What every command takes that changes Tenants. */
export interface WritingFlags extends GlobalFlags {
  readonly dryRun?: true
  readonly yes?: true
}

/** Judges a plan with the rules that the webhook has for Tenants, and carries it out when they have nothing against it. */
export async function writePlan(
  plan: Plan,
  world: World,
  store: PolicyStore,
  flags: WritingFlags,
  terminal: Terminal,
  what: string,
): Promise<ExitCode> {
  const { format, dryRun } = flags
  const chosen = choose('--format', format, ['text', 'json', 'yaml'])
  const findings = judgePlan(plan, world)
  for (const { rule, severity, message } of findings)
    terminal.stderr(`socni-ctl: ${severity}: ${message} [${rule}]\n`)
  if (findings.some(({ severity }) => severity === 'error')) return 1
  if (!dryRun) await carryOut(plan, store)
  const made = plan.changes.flatMap(change => describeNew(change, world, flags))
  for (const note of [...made, ...(plan.notes ?? [])]) terminal.stderr(`note: ${note}\n`)
  const manifests = plan.changes.map(({ after }) => (isInCluster(flags) ? withoutStatus(after) : after))
  if (chosen !== 'text') terminal.stdout(printPlain(manifests, chosen))
  else if (dryRun) {
    const shown = manifests.length === 0 ? '' : `\n${manifests.map(printManifest).join('---\n')}`
    terminal.stdout(`would write to ${store.title}: ${what}\n${shown}`)
  } else terminal.stdout(`${what} (${store.title})\n`)
  return 0
}

/** What people write of an object: the API server and the webhook write the rest. */
function withoutStatus({ apiVersion, kind, metadata: { name = '', labels }, spec }: Manifest): Manifest {
  return { apiVersion, kind, metadata: { name, ...(labels !== undefined && { labels }) }, spec }
}

/** A tenant that nobody named before may be a misspelt one. Only a cluster knows which namespaces are there. */
function describeNew({ after, edit }: Change, { inventory }: World, flags: WritingFlags): string[] {
  const reading = readTenant(after)
  if (edit !== undefined || !reading.ok) return []
  const { name, namespaces } = reading.value
  const shown = namespaces.map(namespace =>
    isInCluster(flags) && !inventory.hasNamespace(namespace) ? `${namespace} (not there yet)` : namespace,
  )
  return [`${flags.dryRun ? 'would make' : 'made'} tenant ${name}, for namespace ${shown.join(', ')}`]
}
