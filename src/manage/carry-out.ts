import { effectiveFindings } from '../policy/decision.ts'
import type { Finding } from '../policy/finding.ts'
import { Inventory } from '../policy/inventory.ts'
import { judge } from '../policy/judge.ts'
import { putManifest, putPolicy } from '../policy/put-policy.ts'
import type { PolicyStore } from '../store/store.ts'
import type { Plan } from './plan.ts'
import type { World } from './world.ts'

/** What the rules have against a plan, each change judged among all others as the webhook has them in force. */
export function judgePlan(plan: Plan, world: World): Finding[] {
  return plan.changes.flatMap(({ after, edit }) => {
    const inventory = new Inventory()
    putPolicy(inventory, world.manifests)
    for (const other of plan.changes) if (other.after !== after) putManifest(inventory, other.after)
    const where = { cluster: inventory.cluster, tenant: undefined, namespace: undefined }
    return effectiveFindings(judge(after, inventory, { before: edit?.tenant }), where)
  })
}

/** A replica hears of a change within a moment, a webhook with a directory within two seconds; clocks differ a little. */
const HEARD_SECONDS = 5

/**
 * Writes a plan. What is revoked is written first: when the second write fails, nodes refuse what the policy still
 * grants, and running the command again mends that. It is written again at the end, for claims that were signed between.
 */
export async function carryOut(
  { changes, deleted, revocations = [] }: Plan,
  store: PolicyStore,
): Promise<void> {
  const revoke = async (margin: number): Promise<void> => {
    if (revocations.length === 0) return
    // Claims hold whole seconds, so that those of this one are revoked too.
    const notBefore = Math.floor((await store.now()).getTime() / 1000) + 1 + margin
    await store.revoke(revocations.map(revocation => ({ ...revocation, notBefore })))
  }
  await revoke(0)
  for (const { after, edit } of changes) {
    if (edit === undefined) await store.createTenant(after)
    else await store.editTenant(edit.tenant, edit.edits)
  }
  if (deleted !== undefined) await store.deleteTenant(deleted)
  await revoke(HEARD_SECONDS)
}
