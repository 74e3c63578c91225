import { CniError } from '../src/cni/errors.ts'
import { askNetlink, describeErrno } from './libc.ts'

/** Links by rtnetlink(7): no more than is needed of VLAN sub-interfaces and bridges. Numbers are those of linux/rtnetlink.h. */

const NLMSG_ERROR = 2
const NLMSG_DONE = 3
const RTM_NEWLINK = 16
const RTM_DELLINK = 17
const RTM_GETLINK = 18
const RTM_NEWLINKPROP = 108
const RTM_DELLINKPROP = 109
const NLM_F_REQUEST = 0x1
const NLM_F_ACK = 0x4
const NLM_F_EXCL = 0x200
const NLM_F_DUMP = 0x300
const NLM_F_CREATE = 0x400
const NLM_F_APPEND = 0x800

const IFLA_IFNAME = 3
const IFLA_LINK = 5
const IFLA_LINKINFO = 18
const IFLA_INFO_KIND = 1
const IFLA_INFO_DATA = 2
const IFLA_VLAN_ID = 1
const IFLA_VLAN_PROTOCOL = 5
const IFLA_BR_VLAN_FILTERING = 7
const ETH_P_8021Q = 0x8100
const IFLA_GROUP = 27
const IFLA_EXT_MASK = 29
const IFLA_PROP_LIST = 52
const IFLA_ALT_IFNAME = 53
const NLA_TYPE = 0x3fff
const NLA_F_NESTED = 0x8000
const RTEXT_FILTER_SKIP_STATS = 8
const IFF_UP = 1
/** linux/if.h IFNAMSIZ, without the NUL. */
const MAX_NAME = 15

/** errno(3), as the kernel negates it in its answers. */
const ENODEV = 19
const EEXIST = 17
const EINVAL = 22
const ERANGE = 34
const ENOENT = 2
const EOPNOTSUPP = 95
const ENETDOWN = 100
const REASONS: Readonly<Record<number, string>> = {
  1: 'this process may not',
  [EEXIST]: 'it exists already',
  [ENODEV]: 'there is no such interface',
  [EOPNOTSUPP]: 'this kernel cannot: load its module 8021q; alternative names need Linux 5.5',
  [ENETDOWN]: 'the interface below it is down',
}

/** A network interface of the node. */
export interface Link {
  readonly index: number
  readonly name: string
  /** The interface that it rides on; 0: none. */
  readonly parent: number
  readonly group: number
  readonly isUp: boolean
  /** Of a VLAN sub-interface, by IEEE 802.1Q. */
  readonly vlan: number | undefined
  /** Of a bridge: whether its ports are in VLANs. */
  readonly filtersVlans: boolean | undefined
  readonly altNames: readonly string[]
}

/** The link of this name, or alternative name, which may be longer; undefined when there is none. */
export function findLink(name: string): Link | undefined {
  const isLong = Buffer.byteLength(name) > MAX_NAME
  const answer = request(RTM_GETLINK, 0, ifinfo(0), [
    text(isLong ? IFLA_ALT_IFNAME : IFLA_IFNAME, name),
    u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS),
  ])
  // The latter two of a name that is longer than any, and of a kernel without alternative names.
  if (answer.error === ENODEV || (isLong && [ERANGE, EINVAL].includes(answer.error))) return undefined
  if (answer.error !== 0) throw failure(`${name} cannot be looked up`, answer.error)
  return answer.links[0]
}

/** Every link of this network namespace. */
export function listLinks(): readonly Link[] {
  const { links, error } = request(RTM_GETLINK, NLM_F_DUMP, ifinfo(0), [
    u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS),
  ])
  if (error !== 0) throw failure('interfaces cannot be listed', error)
  return links
}

/** Creates a VLAN sub-interface with all of the MTU below it, and down: it takes nothing from its VLAN yet. */
export function createVlanLink(name: string, vlan: number, parent: Link, group: number): void {
  const { error } = request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, ifinfo(0), [
    text(IFLA_IFNAME, name),
    u32(IFLA_LINK, parent.index),
    u32(IFLA_GROUP, group),
    nested(IFLA_LINKINFO, [
      text(IFLA_INFO_KIND, 'vlan'),
      nested(IFLA_INFO_DATA, [attribute(IFLA_VLAN_ID, Uint8Array.of(vlan & 0xff, vlan >> 8))]),
    ]),
  ])
  if (error !== 0) throw failure(`the VLAN sub-interface ${name} cannot be created`, error)
}

/** Sets a link up. */
export function setUp({ index, name }: Link): void {
  const { error } = request(RTM_NEWLINK, NLM_F_ACK, ifinfo(index, IFF_UP, IFF_UP), [])
  if (error !== 0) throw failure(`${name} cannot be set up`, error)
}

/** Sets a link down, which takes its routes along. */
export function setDown({ index, name }: Link): void {
  const { error } = request(RTM_NEWLINK, NLM_F_ACK, ifinfo(index, IFF_UP), [])
  if (error !== 0) throw failure(`${name} cannot be set down`, error)
}

/** Deletes a link; one that is gone already is no error. */
export function deleteLink({ index, name }: Link): void {
  const { error } = request(RTM_DELLINK, NLM_F_ACK, ifinfo(index), [])
  if (error !== 0 && error !== ENODEV) throw failure(`${name} cannot be deleted`, error)
}

/** Adds an alternative name; one that it has already stays. */
export function addAltName(link: Link, altName: string): void {
  const list = nested(IFLA_PROP_LIST, [text(IFLA_ALT_IFNAME, altName)])
  const flags = NLM_F_CREATE | NLM_F_APPEND | NLM_F_EXCL | NLM_F_ACK
  const { error } = request(RTM_NEWLINKPROP, flags, ifinfo(link.index), [list])
  if (error !== 0 && error !== EEXIST) throw failure(`${link.name} cannot be given a name`, error)
}

/** Takes an alternative name away; one that it has not is no error. */
export function removeAltName(link: Link, altName: string): void {
  const list = nested(IFLA_PROP_LIST, [text(IFLA_ALT_IFNAME, altName)])
  const { error } = request(RTM_DELLINKPROP, NLM_F_ACK, ifinfo(link.index), [list])
  if (error !== 0 && error !== ENOENT && error !== ENODEV)
    throw failure(`a name cannot be taken from ${link.name}`, error)
}

function failure(what: string, error: number): CniError {
  return new CniError('io', `${what}: ${REASONS[error] ?? describeErrno(error)}`)
}

interface Answer {
  readonly links: readonly Link[]
  /** 0: none. */
  readonly error: number
}

function request(type: number, flags: number, body: Buffer, attributes: readonly Buffer[]): Answer {
  const payload = Buffer.concat([body, ...attributes])
  const header = Buffer.alloc(16)
  header.writeUInt32LE(16 + payload.length, 0)
  header.writeUInt16LE(type, 4)
  header.writeUInt16LE(NLM_F_REQUEST | flags, 6)
  const links: Link[] = []
  let error = 0
  askNetlink(Buffer.concat([header, payload]), datagram => {
    for (const [kind, content] of messages(datagram)) {
      if (kind === RTM_NEWLINK) links.push(readLink(content))
      else {
        if (kind === NLMSG_ERROR) error = -content.readInt32LE(0)
        return kind === NLMSG_ERROR || kind === NLMSG_DONE
      }
    }
    // One link that was asked for by name comes alone; a dump ends with NLMSG_DONE.
    return (flags & NLM_F_DUMP) !== NLM_F_DUMP
  })
  return { links, error }
}

function* messages(datagram: Buffer): Iterable<[type: number, content: Buffer]> {
  for (let at = 0; at + 16 <= datagram.length; ) {
    const length = datagram.readUInt32LE(at)
    if (length < 16) return
    yield [datagram.readUInt16LE(at + 4), datagram.subarray(at + 16, at + length)]
    at += align(length)
  }
}

/** struct ifinfomsg; of the flags that `change`, those that are set. */
function ifinfo(index: number, change = 0, set = 0): Buffer {
  const message = Buffer.alloc(16)
  message.writeInt32LE(index, 4)
  message.writeUInt32LE(set, 8)
  message.writeUInt32LE(change, 12)
  return message
}

function readLink(message: Buffer): Link {
  const found = new Map(attributes(message.subarray(16)))
  const info = new Map(attributes(found.get(IFLA_LINKINFO)))
  const kind = readText(info.get(IFLA_INFO_KIND))
  const data = new Map(
    attributes(kind === 'vlan' || kind === 'bridge' ? info.get(IFLA_INFO_DATA) : undefined),
  )
  return {
    index: message.readInt32LE(4),
    name: readText(found.get(IFLA_IFNAME)),
    parent: found.get(IFLA_LINK)?.readUInt32LE(0) ?? 0,
    group: found.get(IFLA_GROUP)?.readUInt32LE(0) ?? 0,
    isUp: (message.readUInt32LE(8) & IFF_UP) !== 0,
    vlan:
      kind === 'vlan' && data.get(IFLA_VLAN_PROTOCOL)?.readUInt16BE(0) === ETH_P_8021Q
        ? data.get(IFLA_VLAN_ID)?.readUInt16LE(0)
        : undefined,
    filtersVlans: kind === 'bridge' ? data.get(IFLA_BR_VLAN_FILTERING)?.[0] === 1 : undefined,
    altNames: [...attributes(found.get(IFLA_PROP_LIST))].map(([, name]) => readText(name)),
  }
}

function* attributes(bytes: Buffer | undefined): Iterable<[type: number, value: Buffer]> {
  for (let at = 0; bytes !== undefined && at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16LE(at)
    if (length < 4) return
    yield [bytes.readUInt16LE(at + 2) & NLA_TYPE, bytes.subarray(at + 4, at + length)]
    at += align(length)
  }
}

function attribute(type: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc(align(4 + value.length))
  bytes.writeUInt16LE(4 + value.length, 0)
  bytes.writeUInt16LE(type, 2)
  bytes.set(value, 4)
  return bytes
}

function nested(type: number, attributes: readonly Buffer[]): Buffer {
  return attribute(type | NLA_F_NESTED, Buffer.concat(attributes))
}

function text(type: number, value: string): Buffer {
  return attribute(type, Buffer.from(`${value}\0`))
}

function u32(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value, 0)
  return attribute(type, bytes)
}

function readText(value: Buffer | undefined): string {
  return value?.toString('utf8', 0, Math.max(0, value.indexOf(0))) ?? ''
}

/** Messages and attributes begin at multiples of four bytes. */
function align(length: number): number {
  return (length + 3) & ~3
}
