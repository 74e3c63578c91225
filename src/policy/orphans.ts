import type { Tenant } from '../config/tenant.ts'
import { ungrantedSegments } from './grants.ts'
import type { Inventory } from './inventory.ts'
import type { Orphan } from './subjects.ts'

/** Networks of a tenant that lose their namespace or their VLANs when it becomes another one, or is deleted. */
export function orphansOf(before: Tenant, after: Tenant | undefined, inventory: Inventory): Orphan[] {
  const kept = new Set(after === undefined ? [] : inventory.claimedBy(after))
  return inventory.claimedBy(before).flatMap(namespace =>
    [...inventory.attachmentsIn(namespace)].flatMap(attachment => {
      const lost =
        after !== undefined && kept.has(namespace)
          ? attachment.reach.flatMap(segment => ungrantedSegments(after, segment, inventory.cluster))
          : attachment.reach
      return lost.length === 0 ? [] : [{ attachment, lost }]
    }),
  )
}
