import type { Family } from './ip.ts'
import { firstAddress, lastAddress, type Prefix } from './prefix.ts'

const v6 = (groups: number, bits: number): Prefix => ({ family: 6, address: BigInt(groups) << 96n, bits })

/**
 * Where a default route leads, as sets of prefixes apart from each other: all of IPv4; of IPv6 what is meant for everybody
 * (RFC 4291 section 2.4, 2000::/3), and the little of that which the registries were given, where all that answers is (IANA, IPv6
 * Global Unicast Address Assignments).
 */
const SPACES: readonly (readonly Prefix[])[] = [
  [{ family: 4, address: 0n, bits: 0 }],
  [v6(0x2000_0000, 3)],
  [
    v6(0x2001_0000, 16),
    v6(0x2003_0000, 18),
    v6(0x2400_0000, 12),
    v6(0x2410_0000, 12),
    v6(0x2600_0000, 12),
    v6(0x2610_0000, 23),
    v6(0x2620_0000, 23),
    v6(0x2630_0000, 12),
    v6(0x2800_0000, 12),
    v6(0x2a00_0000, 12),
    v6(0x2a10_0000, 12),
    v6(0x2c00_0000, 12),
  ],
]

/**
 * The family of which these destinations together take half of the addresses or more: then they are its default route, in
 * however many pieces, and whatever they leave out.
 */
export function defaultRouteOf(destinations: readonly Prefix[]): Family | undefined {
  const taken = { 4: uniteRanges(destinations, 4), 6: uniteRanges(destinations, 6) }
  const isTaken = (space: readonly Prefix[]): boolean =>
    2n * sum(space.map(part => countCovered(taken[part.family], rangeOf(part)))) >=
    sum(space.map(part => countOf(rangeOf(part))))
  return SPACES.find(isTaken)?.[0]?.family
}

/** Addresses from the first to the last, inclusive. */
interface Range {
  readonly first: bigint
  readonly last: bigint
}

/** All addresses of these prefixes in ranges apart from each other, in order: a pod may have tens of thousands of routes. */
function uniteRanges(prefixes: readonly Prefix[], family: Family): Range[] {
  const sorted = prefixes
    .filter(prefix => prefix.family === family)
    .map(rangeOf)
    .sort((a, b) => (a.first < b.first ? -1 : 1))
  const ranges: { first: bigint; last: bigint }[] = []
  for (const { first, last } of sorted) {
    const before = ranges.at(-1)
    if (before === undefined || first > before.last) ranges.push({ first, last })
    else if (last > before.last) before.last = last
  }
  return ranges
}

/** How many addresses of the space are in one of the ranges. */
function countCovered(ranges: readonly Range[], space: Range): bigint {
  let count = 0n
  for (const { first, last } of ranges) {
    if (first > space.last) break
    const from = first > space.first ? first : space.first
    const to = last < space.last ? last : space.last
    if (from <= to) count += countOf({ first: from, last: to })
  }
  return count
}

function rangeOf(prefix: Prefix): Range {
  return { first: firstAddress(prefix).value, last: lastAddress(prefix).value }
}

function countOf({ first, last }: Range): bigint {
  return last - first + 1n
}

function sum(counts: readonly bigint[]): bigint {
  return counts.reduce((total, count) => total + count, 0n)
}
