import type { Tenant } from '../config/tenant.ts'
import { isEmptyVlans, printVlans, uniteVlans } from '../net/vlan-set.ts'
import type { Segment } from './reach.ts'
import type { Attachment } from './subjects.ts'

/** "2 pods, "finance/teller" among them, use": for a sentence that goes on with what. */
export function describeUsers(users: ReadonlySet<string>): string {
  const [first = ''] = users
  return users.size === 1 ? `pod "${first}" uses` : `${users.size} pods, "${first}" among them, use`
}

/** "VLAN 100 on "eth0""; of an id that no VLAN has, the interface alone. */
export function describeSegment({ master, vlans }: Segment): string {
  return isEmptyVlans(vlans) ? `"${master}"` : `VLAN ${printVlans(vlans)} on "${master}"`
}

/** "VLAN 100 on "eth0"", each once and in order, so that equal reach has equal text. */
export function describeSegments(segments: readonly Segment[]): string {
  return [...new Set(segments.map(describeSegment))].sort().join(', ') || 'no VLAN'
}

/** "br-ovs,eth0: 100; eth1: 200-209": interfaces with the same VLANs together, for a column of a table. */
export function tabulateSegments(segments: readonly Segment[]): string {
  const byMaster = Map.groupBy(segments, ({ master }) => master)
  const textOf = (master: string): string => {
    const vlans = uniteVlans(...(byMaster.get(master) ?? []).map(segment => segment.vlans))
    return isEmptyVlans(vlans) ? '' : `: ${printVlans(vlans)}`
  }
  const cells = [...Map.groupBy([...byMaster.keys()].sort(), textOf)].map(
    ([vlans, masters]) => `${masters.join()}${vlans}`,
  )
  return cells.join('; ') || 'none'
}

/** A network of somebody else's, and whose it is. */
export function describeAttachment({ namespace, name }: Attachment, tenant: Tenant | undefined): string {
  const owner = tenant === undefined ? '' : ` of tenant "${tenant.name}"`
  return `attachment "${namespace}/${name}"${owner}`
}
