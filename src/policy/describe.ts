import { printVlans } from '../net/vlan-set.ts'
import type { Segment } from './reach.ts'

/** "2 pods, "finance/teller" among them, use": for a sentence that goes on with what. */
export function describeUsers(users: ReadonlySet<string>): string {
  const [first = ''] = users
  return users.size === 1 ? `pod "${first}" uses` : `${users.size} pods, "${first}" among them, use`
}

/** "VLAN 100 on "eth0"", each once and in order, so that equal reach has equal text. */
export function describeSegments(segments: readonly Segment[]): string {
  const texts = segments.map(({ master, vlans }) => `VLAN ${printVlans(vlans)} on "${master}"`)
  return [...new Set(texts)].sort().join(', ') || 'no VLAN'
}
