import { effectiveFindings } from '../policy/decision.ts'
import type { Finding } from '../policy/finding.ts'
import { judge } from '../policy/judge.ts'
import type { PolicyStore } from '../store/store.ts'
import type { Plan } from './plan.ts'
import { buildWorld, type World } from './world.ts'

/** What the rules have against a plan, each change judged among all others as they would be. */
export function judgePlan(plan: Plan, world: World): Finding[] {
  const changed = new Set(plan.changes.map(({ after }) => after.metadata.name))
  const others = world.manifests.filter(
    ({ kind, metadata }) => kind !== 'Tenant' || !changed.has(metadata.name),
  )
  return plan.changes.flatMap(({ after, edit }) => {
    const rest = plan.changes.filter(other => other.after !== after).map(other => other.after)
    const { inventory } = buildWorld([...others, ...rest])
    const where = { cluster: inventory.cluster, tenant: undefined, namespace: undefined }
    return effectiveFindings(judge(after, inventory, { before: edit?.tenant }), where)
  })
}

/**
 * Writes a plan. The revocation comes first: when the second write fails, nodes refuse what the policy still grants,
 * and running the command again mends that.
 */
export async function carryOut(plan: Plan, store: PolicyStore, now: Date): Promise<void> {
  if (plan.revocation !== undefined) {
    // Claims hold whole seconds, so that those of this one are revoked too.
    await store.revoke({ ...plan.revocation, notBefore: Math.floor(now.getTime() / 1000) + 1 })
  }
  for (const { after, edit } of plan.changes) {
    if (edit === undefined) await store.createTenant(after)
    else await store.editTenant(edit.tenant, edit.edits)
  }
}
