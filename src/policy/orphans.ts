import type { Tenant } from '../config/tenant.ts'
import { isEmptyVlans, NO_VLANS, subtractVlans } from '../net/vlan-set.ts'
import { granted } from './grants.ts'
import type { Inventory } from './inventory.ts'
import type { Segment } from './reach.ts'
import type { Attachment, Orphan } from './subjects.ts'

/**
 * Networks of a tenant that lose VLANs which it held, or their namespace, when it becomes another one or is deleted. What it
 * never was granted is no loss.
 */
export function orphansOf(before: Tenant, after: Tenant | undefined, inventory: Inventory): Orphan[] {
  const { cluster } = inventory
  const kept = new Set(after === undefined ? [] : inventory.claimedBy(after))
  const lostBy = ({ namespace, reach }: Attachment): Segment[] =>
    reach.flatMap(segment => {
      const isKept = after !== undefined && kept.has(namespace)
      const vlans = subtractVlans(
        granted(before, segment, cluster),
        isKept ? granted(after, segment, cluster) : NO_VLANS,
      )
      return isEmptyVlans(vlans) ? [] : [{ master: segment.master, vlans }]
    })
  return inventory.claimedBy(before).flatMap(namespace =>
    [...inventory.attachmentsIn(namespace)].flatMap(attachment => {
      const lost = lostBy(attachment)
      return lost.length === 0 ? [] : [{ attachment, lost }]
    }),
  )
}
