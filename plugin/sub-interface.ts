import { CniError } from '../src/cni/errors.ts'
import { isInterfaceName } from '../src/net/interface-name.ts'
import { closeFile, openFile, overwriteText, readText, tryLock } from './libc.ts'
import {
  addAltName,
  createVlanLink,
  deleteLink,
  findLink,
  type Link,
  listLinks,
  removeAltName,
  setUp,
} from './netlink.ts'
import { sha256 } from './runtime.ts'

/**
 * VLAN sub-interfaces that the pods of a node share. The kernel remembers all there is to remember: the link's group
 * says that it is ours, and each attachment that uses it is one of its alternative names. So nothing is written to disk,
 * nothing outlives a reboot that should not, and a process that dies half-way leaves nothing that GC would not find.
 */
export interface SubInterface {
  readonly master: string
  readonly vlan: number
}

/** One use of it: an interface of a container, on a network. */
export interface User {
  readonly network: string
  readonly containerId: string
  readonly interface: string
}

/** "socn" in ASCII: who looks at `ip link` finds what the guard made with `ip link show group 1936679790`. */
const GROUP = 0x736f636e

/** What the sub-interface is called: `eth0.100`, as administrators do; a hash where the master's name is too long. */
export function nameOf({ master, vlan }: SubInterface): string {
  const name = `${master}.${vlan}`
  return isInterfaceName(name) ? name : `s${hash(master, 9)}.${vlan}`
}

/** Makes the sub-interface when this is its first use, and writes the use down. Throws a CniError (5, 7 or 11). */
export function join(sub: SubInterface, user: User, lockDirectory: string): Promise<void> {
  return exclusively(lockDirectory, () => {
    const link = ensure(sub)
    // One that an administrator made stays as it is, also when its last user goes, so nobody counts them.
    if (link.group !== GROUP) return
    keepNodeOut(link)
    if (!link.isUp) setUp(link)
    addAltName(link, nameOfUse(user))
  })
}

/**
 * Forgets a use, and takes the sub-interface away with the last one. What is gone already is no error. It is found by the use:
 * the network may have been edited, or the sub-interface renamed.
 */
export function leave(sub: SubInterface, user: User, lockDirectory: string): Promise<void> {
  return exclusively(lockDirectory, () => {
    const link = findLink(nameOfUse(user)) ?? findLink(nameOf(sub))
    if (link?.group === GROUP) forget(link, [nameOfUse(user)])
  })
}

/** Forgets every use on this network that is not among the valid ones. */
export function collect(network: string, valid: readonly User[], lockDirectory: string): Promise<void> {
  const kept = new Set(valid.map(nameOfUse))
  return exclusively(lockDirectory, () => {
    for (const link of listLinks()) {
      if (link.group !== GROUP) continue
      const stale = link.altNames.filter(name => name.startsWith(prefixOf(network)) && !kept.has(name))
      forget(link, stale)
    }
  })
}

/** Throws a CniError (7) when the sub-interface is not there, or does not know of this use. */
export function checkUse(sub: SubInterface, user: User): void {
  const link = findLink(nameOf(sub))
  if (link === undefined) throw new CniError('configuration', `the sub-interface ${nameOf(sub)} is gone`)
  if (link.group === GROUP && !link.altNames.includes(nameOfUse(user)))
    throw new CniError('configuration', `the sub-interface ${nameOf(sub)} does not know of this attachment`)
}

function ensure(sub: SubInterface): Link {
  const parent = findLink(sub.master)
  if (parent === undefined || parent.name !== sub.master)
    throw new CniError('configuration', `the master "${sub.master}" is no interface of this node`)
  const name = nameOf(sub)
  if (findLink(name) === undefined) createVlanLink(name, sub.vlan, parent, GROUP)
  const link = findLink(name)
  // Whoever made it: a bridge, or another VLAN, by that name is not what was admitted.
  if (link?.name !== name || link.vlan !== sub.vlan || link.parent !== parent.index)
    throw new CniError('configuration', `"${name}" is there, and is not VLAN ${sub.vlan} on "${sub.master}"`)
  return link
}

/**
 * The sub-interface is there for the pods. The node itself would take addresses and default routes from whoever announces
 * himself as a router of the VLAN (IPv6), answer for all of its own addresses, and be the VLAN's way to pods and services
 * (IPv4): no route leads to an interface without addresses, so that reverse path filtering (RFC 3704) takes nothing
 * from it. Before it is up, and once more for each use: versions before this one left it open.
 */
function keepNodeOut({ name }: Link): void {
  closeTo(`/proc/sys/net/ipv6/conf/${name}/disable_ipv6`)
  closeTo(`/proc/sys/net/ipv4/conf/${name}/rp_filter`)
}

function closeTo(setting: string): void {
  const before = readText(setting)?.trim()
  // A kernel without IPv6 has none to keep out.
  if (before === undefined || before === '1') return
  if (!overwriteText(setting, '1\n'))
    throw new CniError('io', 'the node cannot be kept out of the VLAN', `${setting} cannot be written`)
}

function forget(link: Link, uses: readonly string[]): void {
  const known = uses.filter(use => link.altNames.includes(use))
  for (const use of known) removeAltName(link, use)
  const isUsed = link.altNames.some(name => name.startsWith(PREFIX) && !known.includes(name))
  if (!isUsed) deleteLink(link)
}

const PREFIX = 'socni-'

function prefixOf(network: string): string {
  return `${PREFIX}${hash(network, 12)}-`
}

function nameOfUse({ network, containerId, interface: name }: User): string {
  // Neither a container's id nor an interface's name holds a slash.
  return `${prefixOf(network)}${hash(`${containerId}/${name}`, 32)}`
}

/** Letters that any name of an interface may hold, whatever the text is. */
function hash(text: string, length: number): string {
  return sha256(text)
    .replaceAll(/[^A-Za-z0-9]/g, 'x')
    .slice(0, length)
}

const WAIT_MS = 10_000
const RETRY_MS = 2

/**
 * Runs alone among the guards of this node, for some system calls' time. The lock is the kernel's, on a directory that is
 * there anyway: it ends with the process that holds it, however that ends. Where somebody has deleted the directory nothing
 * is attached any more, and those that clean up keep themselves apart by the root's.
 */
async function exclusively(directory: string, work: () => void): Promise<void> {
  const file = openFile(directory) ?? openFile('/')
  if (file === undefined) throw new CniError('io', `neither ${directory} nor / can be opened`)
  try {
    if (!(await waitForLock(file)))
      throw new CniError('tryLater', `${directory} stays locked by another guard`)
    work()
  } finally {
    closeFile(file)
  }
}

/** Waits for a lock, ten seconds at most; returns whether it was taken. */
export async function waitForLock(file: number): Promise<boolean> {
  // Clocks of nodes are set while they run.
  const end = performance.now() + WAIT_MS
  while (!tryLock(file)) {
    if (performance.now() > end) return false
    await Bun.sleep(RETRY_MS)
  }
  return true
}
