import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { masterName } from '../config/values.ts'
import { isDnsLabel } from '../net/dns-label.ts'
import { isInterfaceName } from '../net/interface-name.ts'
import { hasHostBits, parsePrefix } from '../net/prefix.ts'
import { parseVlanSet, type VlanSet } from '../net/vlan-set.ts'
import { FailureError, type Terminal, UsageError } from './command.ts'

// What several commands take as arguments. Each reader throws a UsageError that names the flag, and what it takes.

/** Nothing is taken away without a word from somebody. */
export function askFirst(
  question: string,
  { yes, dryRun }: { readonly yes?: true | undefined; readonly dryRun?: true | undefined },
  terminal: Terminal,
): void {
  if (yes || dryRun) return
  if (terminal.confirm === undefined) throw new UsageError(`${question} Nobody is here to answer: add --yes`)
  if (!terminal.confirm(question)) throw new FailureError('nothing was changed')
}

/** Reads ids, lists and ranges of VLANs, or `native`. */
export function readVlans(flag: string, text: string): VlanSet {
  const vlans = parseVlanSet(text)
  if (vlans === undefined)
    throw new UsageError(
      `${flag} "${text}" is no list of VLANs: use ids from 1 to 4094 like 100,200-209, or native`,
    )
  return vlans
}

/** Names become file names and names of objects: an RFC 1123 label, whatever else the store would take. */
export function readName(flag: string, text: string): string {
  if (!isDnsLabel(text))
    throw new UsageError(`${flag} "${text}" is no name: use up to 63 small letters, digits and "-"`)
  return text
}

/** The name of a host interface. */
export function readInterface(text: string): string {
  if (!isInterfaceName(text))
    throw new UsageError(
      `--master "${text}" is no interface name: use 1 to 15 bytes without "/", ":" or spaces`,
    )
  return text
}

/** What a grant may name: also a PCI address, or a resource of a device plugin. */
export function readMaster(text: string): string {
  if (text.includes(','))
    throw new UsageError(`--master "${text}" is a list: write --master once for each interface`)
  const reading = masterName.safeParse(text)
  if (!reading.success) throw new UsageError(`--master ${reading.error.issues[0]?.message}`)
  return text
}

/** A network, without host bits, as it was written. */
export function readSubnetOption(text: string): string {
  const prefix = parsePrefix(text)
  if (prefix === undefined || hasHostBits(prefix))
    throw new UsageError(`--subnet "${text}" is no network: write a prefix like 10.200.0.0/24`)
  return text
}

/** An MTU in bytes, as Linux takes for IPv4. */
export function readMtu(text: string): number {
  const mtu = /^\d{2,5}$/.test(text) ? Number(text) : 0
  if (mtu < 68 || mtu > 65_535) throw new UsageError(`--mtu "${text}" is no MTU: use 68 to 65535`)
  return mtu
}

/** The directory of a node's file system: another machine's, or one that is mounted. */
export function readRoot(text: string, { directory }: Terminal): string {
  const root = resolve(directory, text)
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory())
    throw new FailureError(`--root "${text}" is no directory: name where the file system of the node is`)
  return root
}

/** Reads `KEY=VALUE`s. */
export function readLabels(labels: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    labels.map(label => {
      const at = label.indexOf('=')
      if (at < 1) throw new UsageError(`--label "${label}" is not KEY=VALUE`)
      return [label.slice(0, at), label.slice(at + 1)]
    }),
  )
}
