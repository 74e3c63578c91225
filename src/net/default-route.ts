import type { Family } from './ip.ts'
import { firstAddress, lastAddress, overlaps, type Prefix } from './prefix.ts'

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
  const isTaken = (space: readonly Prefix[]): boolean =>
    2n * sum(space.map(part => countCovered(destinations, part))) >= sum(space.map(countOf))
  return SPACES.find(isTaken)?.[0]?.family
}

/** How many addresses of the space are in one of the prefixes at least. */
function countCovered(prefixes: readonly Prefix[], space: Prefix): bigint {
  const end = lastAddress(space).value
  const inside = prefixes
    .filter(prefix => overlaps(prefix, space))
    .map(prefix => ({ first: firstAddress(prefix).value, last: lastAddress(prefix).value }))
    .sort((a, b) => (a.first < b.first ? -1 : 1))
  let next = firstAddress(space).value
  let count = 0n
  for (const { first, last } of inside) {
    const from = first > next ? first : next
    const to = last < end ? last : end
    if (to < from) continue
    count += to - from + 1n
    next = to + 1n
  }
  return count
}

function sum(counts: readonly bigint[]): bigint {
  return counts.reduce((total, count) => total + count, 0n)
}

function countOf(space: Prefix): bigint {
  return lastAddress(space).value - firstAddress(space).value + 1n
}
