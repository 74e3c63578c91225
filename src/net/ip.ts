/** An IP address. A v4-mapped IPv6 address is IPv4, as in Go and in the kernel. */
export interface Ip {
  readonly family: 4 | 6
  /** 32 or 128 bits in network order. */
  readonly value: bigint
}

export type Family = Ip['family']

/** The number of bits in an address of the family. */
export function familyBits(family: Family): 32 | 128 {
  return family === 4 ? 32 : 128
}

/** Reads an address exactly as Go's net.ParseIP: no leading zeros, no zone, no port. */
export function parseIp(text: string): Ip | undefined {
  const value = parseIpv4(text, false)
  if (value !== undefined) return { family: 4, value }
  const wide = parseIpv6(text)
  return wide === undefined ? undefined : unmap(wide)
}

/** As k8s.io/utils/net.ParseIPSloppy, which whereabouts uses: leading zeros are decimal, `010.0.0.1` is 10.0.0.1. */
export function parseIpSloppy(text: string): Ip | undefined {
  const value = parseIpv4(text, true)
  return value === undefined ? parseIp(text) : { family: 4, value }
}

/** Prints an address as RFC 5952 section 4 recommends: lower case, the longest run of zeros as `::`. */
export function printIp({ family, value }: Ip): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map(shift => (value >> shift) & 0xffn).join('.')
  const groups = Array.from({ length: 8 }, (_, index) =>
    Number((value >> BigInt(112 - 16 * index)) & 0xffffn),
  )
  const { start, length } = longestZeroRun(groups)
  const hex = groups.map(group => group.toString(16))
  // Section 4.2.2: one group of zeros alone is not shortened.
  if (length < 2) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

export function isSameIp(a: Ip, b: Ip): boolean {
  return a.family === b.family && a.value === b.value
}

const MAPPED = 0xffffn << 32n

function unmap(value: bigint): Ip {
  return value >> 32n === MAPPED >> 32n ? { family: 4, value: value & 0xffffffffn } : { family: 6, value }
}

/** The 128 bits as written, without taking a mapped address for IPv4; prefix.ts needs to tell them apart. */
export function parseIpv6(text: string): bigint | undefined {
  if (!/^[0-9a-fA-F:.]{2,45}$/.test(text)) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head = '', tail] = halves
  const left = parseGroups(head, tail === undefined)
  const right = tail === undefined ? [] : parseGroups(tail, true)
  if (left === undefined || right === undefined) return undefined
  const missing = 8 - left.length - right.length
  // `::` stands for at least one group.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...left, ...Array<number>(missing).fill(0), ...right]
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n)
}

/** Groups of 16 bits; only the end of an address may be written as IPv4. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      const value = isEnd && index === parts.length - 1 ? parseIpv4(part, false) : undefined
      if (value === undefined) return undefined
      groups.push(Number(value >> 16n), Number(value & 0xffffn))
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined
      groups.push(Number.parseInt(part, 16))
    }
  }
  return groups
}

function parseIpv4(text: string, leadingZeros: boolean): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let value = 0n
  for (const part of parts) {
    const isDecimal = leadingZeros ? /^0*[0-9]{1,3}$/.test(part) : /^(?:0|[1-9][0-9]{0,2})$/.test(part)
    const octet = isDecimal ? Number(part) : 256
    if (octet > 255) return undefined
    value = (value << 8n) | BigInt(octet)
  }
  return value
}

/** The first of the longest runs (RFC 5952 section 4.2.3). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start }
  }
  return best
}

/** Below, equal or above zero, as for Array.sort; IPv4 comes before IPv6. */
export function compareIps(a: Ip, b: Ip): number {
  if (a.family !== b.family) return a.family - b.family
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0
}

/** Whether an address is in both ranges; never in one of each family. */
export function sharesAddresses(
  a: { readonly first: Ip; readonly last: Ip },
  b: { readonly first: Ip; readonly last: Ip },
): boolean {
  return compareIps(a.first, b.last) <= 0 && compareIps(b.first, a.last) <= 0
}

export function nextIp({ family, value }: Ip): Ip {
  return { family, value: value + 1n }
}

export function previousIp({ family, value }: Ip): Ip {
  return { family, value: value - 1n }
}
