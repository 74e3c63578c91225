import { LAST_VLAN, NO_VLANS, type VlanRange, type VlanSet, vlanSet } from '../../net/vlan-set.ts'
import type { FactsBuilder } from './builder.ts'
import type { KeyTree } from './extractor.ts'
import type { Fields } from './fields.ts'

/** Keys of a trunk: `[{"id": 100}, {"minID": 200, "maxID": 209}]`. */
export const TRUNK_KEYS: KeyTree = { id: {}, minID: {}, maxID: {} }

/**
 * Reads a VLAN id; undefined when the key is missing. One outside 0–4094 is reported and stands for no VLAN
 * (4095 is reserved by IEEE 802.1Q table 9-2; 0 is untagged).
 */
export function readVlan(conf: Fields, key: string, facts: FactsBuilder): VlanSet | undefined {
  const id = conf.integer(key)
  if (id === undefined) return undefined
  if (id >= 0 && id <= LAST_VLAN) return vlanSet(id)
  facts.problem('vlan-out-of-range', conf.path(key), `"${key}": ${id} is no VLAN: use 1 to 4094`)
  return NO_VLANS
}

/** Whether a key that may say 0 for "no VLAN" says so, or is missing. */
export function isUntagged(vlans: VlanSet | undefined): boolean {
  return vlans === undefined || vlans.ranges[0]?.first === 0
}

/** Reads a trunk list. Undefined when the key is missing; ids beyond `least`–4094 are reported and left out. */
export function readTrunk(conf: Fields, key: string, least: 0 | 1, facts: FactsBuilder): VlanSet | undefined {
  if (!conf.has(key)) return undefined
  const ranges = conf.objects(key).flatMap(entry => readTrunkEntry(entry, least, facts))
  return vlanSet(...ranges)
}

function readTrunkEntry(entry: Fields, least: 0 | 1, facts: FactsBuilder): VlanRange[] {
  const [id, first, last] = [entry.integer('id'), entry.integer('minID'), entry.integer('maxID')]
  if ((first === undefined) !== (last === undefined)) {
    facts.problem('malformed', entry.at, '"minID" and "maxID" belong together: write both, or "id"')
    return []
  }
  const ranges = [
    ...(id === undefined ? [] : [{ first: id, last: id }]),
    ...(first === undefined || last === undefined ? [] : [{ first, last }]),
  ]
  if (ranges.length === 0)
    facts.problem('malformed', entry.at, 'a trunk entry needs "id", or "minID" and "maxID"')
  return ranges.filter(range => {
    const isValid = range.first >= least && range.last <= LAST_VLAN && range.first <= range.last
    if (!isValid) {
      const text = range.first === range.last ? `${range.first}` : `${range.first}-${range.last}`
      facts.problem(
        'vlan-out-of-range',
        entry.at,
        `${text} is no VLAN or range of VLANs: use ids from ${least} to 4094, the smaller first`,
      )
    }
    return isValid
  })
}
