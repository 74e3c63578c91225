import { type Family, familyBits, type Ip, parseIp, parseIpSloppy, parseIpv6, printIp } from './ip.ts'

/** An address with a prefix length. Host bits are kept: a route's are refused by the kernel, an interface's are not. */
export interface Prefix {
  readonly family: Family
  readonly address: bigint
  readonly bits: number
}

/**
 * Reads a prefix as Go's net.ParseCIDR, and then as the kernel gets it from a CNI plugin: a v4-mapped prefix becomes
 * IPv4, `::ffff:10.0.0.0/104` is 10.0.0.0/8, and at /96 or shorter it is an IPv4 default route.
 * Source: reference run of ptp, static and host-local v1.2.0.
 */
export function parsePrefix(text: string): Prefix | undefined {
  return parseWith(text, parseIp)
}

/** As k8s.io/utils/net.ParseCIDRSloppy (whereabouts): leading zeros in IPv4 are decimal. */
export function parsePrefixSloppy(text: string): Prefix | undefined {
  return parseWith(text, parseIpSloppy)
}

function parseWith(text: string, parse: (text: string) => Ip | undefined): Prefix | undefined {
  const slash = text.indexOf('/')
  const ip = slash === -1 ? undefined : parse(text.slice(0, slash))
  const length = text.slice(slash + 1)
  if (ip === undefined || !/^[0-9]{1,3}$/.test(length)) return undefined
  const isMapped = ip.family === 4 && parseIpv6(text.slice(0, slash)) !== undefined
  const bits = Number(length)
  if (bits > (isMapped ? 128 : familyBits(ip.family))) return undefined
  // Go reads the length with its own leading-zero rule: `010` is 10.
  return { family: ip.family, address: ip.value, bits: isMapped ? Math.max(0, bits - 96) : bits }
}

export function printPrefix(prefix: Prefix): string {
  return `${printIp(addressOf(prefix))}/${prefix.bits}`
}

/** The single address as a prefix: /32 or /128. */
export function prefixOf({ family, value }: Ip): Prefix {
  return { family, address: value, bits: familyBits(family) }
}

/** The address, host bits and all. */
export function addressOf({ family, address }: Prefix): Ip {
  return { family, value: address }
}

/** The network that the address is in: host bits cleared. */
export function network(prefix: Prefix): Prefix {
  return { ...prefix, address: prefix.address & ~hostMask(prefix) }
}

export function hasHostBits(prefix: Prefix): boolean {
  return (prefix.address & hostMask(prefix)) !== 0n
}

/** The network address of the prefix. */
export function firstAddress(prefix: Prefix): Ip {
  return { family: prefix.family, value: network(prefix).address }
}

/** The last address of the prefix; in IPv4 up to /30 it is the broadcast address. */
export function lastAddress(prefix: Prefix): Ip {
  return { family: prefix.family, value: prefix.address | hostMask(prefix) }
}

export function contains(prefix: Prefix, ip: Ip): boolean {
  return covers(prefix, prefixOf(ip))
}

/** Whether every address of `inner` is in `outer`. */
export function covers(outer: Prefix, inner: Prefix): boolean {
  return (
    outer.family === inner.family &&
    outer.bits <= inner.bits &&
    network(outer).address === network({ ...inner, bits: outer.bits }).address
  )
}

export function overlaps(a: Prefix, b: Prefix): boolean {
  return covers(a, b) || covers(b, a)
}

/** Whether it is 0.0.0.0/0 or ::/0, however its address is written: the kernel takes 2001:db8::1/0 for ::/0. */
export function isWholeFamily(prefix: Prefix): boolean {
  return prefix.bits === 0
}

/** Whether only the network's own address and the broadcast address are in it, or one of them. */
export function hasNoHosts({ family, bits }: Prefix): boolean {
  return bits > familyBits(family) - 2
}

function hostMask({ family, bits }: Prefix): bigint {
  return (1n << BigInt(familyBits(family) - bits)) - 1n
}
