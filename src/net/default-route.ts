import type { Family } from './ip.ts'
import { firstAddress, lastAddress, overlaps, type Prefix } from './prefix.ts'

/** Where a default route leads: all of IPv4, and of IPv6 what is given out (RFC 4291 section 2.4, 2000::/3). */
const SPACES: readonly Prefix[] = [
  { family: 4, address: 0n, bits: 0 },
  { family: 6, address: 1n << 125n, bits: 3 },
]

/**
 * The family of which these destinations together take half of the addresses or more: then they are its default route, in
 * however many pieces, and whatever they leave out.
 */
export function defaultRouteOf(destinations: readonly Prefix[]): Family | undefined {
  const taken = SPACES.find(space => 2n * countCovered(destinations, space) >= countOf(space))
  return taken?.family
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

function countOf(space: Prefix): bigint {
  return lastAddress(space).value - firstAddress(space).value + 1n
}
