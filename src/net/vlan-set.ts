/**
 * A set of VLAN ids as sorted, merged, inclusive ranges over 0–4095. Id 0 is untagged traffic, "native": a frame with
 * a priority tag (VID 0) is treated as untagged by switches (IEEE 802.1Q-2018 table 9-2).
 */
export interface VlanSet {
  readonly ranges: readonly VlanRange[]
}

export interface VlanRange {
  readonly first: number
  readonly last: number
}

export const NO_VLANS: VlanSet = { ranges: [] }
export const NATIVE: VlanSet = vlanSet(0)
/** The last id that a frame may have: 4095 is reserved (802.1Q table 9-2). */
export const LAST_VLAN = 4094
/** What a trunk without a list carries: untagged traffic and every id. */
export const ALL_VLANS: VlanSet = vlanSet({ first: 0, last: LAST_VLAN })

/** The set of these ids and ranges. */
export function vlanSet(...members: readonly (number | VlanRange)[]): VlanSet {
  const sorted = members
    .map(member => (typeof member === 'number' ? { first: member, last: member } : member))
    .sort((a, b) => a.first - b.first)
  const ranges: VlanRange[] = []
  for (const { first, last } of sorted) {
    const before = ranges.at(-1)
    if (before !== undefined && first <= before.last + 1) {
      ranges[ranges.length - 1] = { first: before.first, last: Math.max(before.last, last) }
    } else ranges.push({ first, last })
  }
  return { ranges }
}

/** Reads `100,200-209` and `native`. Ids are 1 to 4094; a reversed range, an empty part or anything else is undefined. */
export function parseVlanSet(text: string): VlanSet | undefined {
  // A list of every single id has 19,469 characters.
  if (text.length > 20_000) return undefined
  const members: VlanRange[] = []
  for (const part of text.split(',')) {
    const range = parseRange(part.trim())
    if (range === undefined) return undefined
    members.push(range)
  }
  return vlanSet(...members)
}

/** Prints the form that parseVlanSet reads; the empty set is `none`. */
export function printVlans(set: VlanSet): string {
  const parts = set.ranges.flatMap(({ first, last }) => {
    if (first === 0) return last === 0 ? ['native'] : ['native', printRange(1, last)]
    return [printRange(first, last)]
  })
  return parts.join(',') || 'none'
}

export function isEmptyVlans(set: VlanSet): boolean {
  return set.ranges.length === 0
}

/** Whether it holds a VLAN beside untagged traffic. */
export function hasTags(set: VlanSet): boolean {
  return !isEmptyVlans(subtractVlans(set, NATIVE))
}

export function countVlans(set: VlanSet): number {
  return set.ranges.reduce((count, { first, last }) => count + last - first + 1, 0)
}

export function uniteVlans(...sets: readonly VlanSet[]): VlanSet {
  return vlanSet(...sets.flatMap(set => set.ranges))
}

/** Both lists are gone through once, side by side: a trunk may list every other id. */
export function intersectVlans(a: VlanSet, b: VlanSet): VlanSet {
  const ranges: VlanRange[] = []
  const [ones, others] = [a.ranges.values(), b.ranges.values()]
  let [one, other] = [ones.next().value, others.next().value]
  while (one !== undefined && other !== undefined) {
    const first = Math.max(one.first, other.first)
    const last = Math.min(one.last, other.last)
    if (first <= last) ranges.push({ first, last })
    if (one.last < other.last) one = ones.next().value
    else other = others.next().value
  }
  return { ranges }
}

/** Whether any id is in both. */
export function shareVlans(a: VlanSet, b: VlanSet): boolean {
  return !isEmptyVlans(intersectVlans(a, b))
}

/** What is in `a` and not in `b`. */
export function subtractVlans(a: VlanSet, b: VlanSet): VlanSet {
  let next = 0
  const rest = b.ranges.map(({ first, last }) => {
    const before = { first: next, last: first - 1 }
    next = last + 1
    return before
  })
  const others = [...rest, { first: next, last: 4095 }].filter(({ first, last }) => first <= last)
  return intersectVlans(a, { ranges: others })
}

export function containsVlans(outer: VlanSet, inner: VlanSet): boolean {
  return isEmptyVlans(subtractVlans(inner, outer))
}

function parseRange(part: string): VlanRange | undefined {
  if (part === 'native') return { first: 0, last: 0 }
  const [, firstText, lastText] = /^([1-9][0-9]{0,3})(?:\s*-\s*([1-9][0-9]{0,3}))?$/.exec(part) ?? []
  if (firstText === undefined) return undefined
  const first = Number(firstText)
  const last = Number(lastText ?? firstText)
  return first <= last && last <= LAST_VLAN ? { first, last } : undefined
}

function printRange(first: number, last: number): string {
  return first === last ? String(first) : `${first}-${last}`
}
