import { quote } from '../../json/quote.ts'
import type { Path } from '../../json/value.ts'
import { parseIp, printIp } from '../../net/ip.ts'
import { parseMac } from '../../net/mac.ts'
import {
  addressOf,
  hasHostBits,
  isWholeFamily,
  network,
  type Prefix,
  parsePrefix,
  printPrefix,
} from '../../net/prefix.ts'
import type { FactsBuilder } from './builder.ts'
import type { Fields } from './fields.ts'

/** Reads an optional IP address, reporting text that is none. */
export function readAddress(conf: Fields, key: string, facts: FactsBuilder, parse = parseIp) {
  const text = conf.string(key)
  if (!text) return undefined
  const address = parse(text)
  if (address === undefined) reportNoAddress(text, conf.path(key), facts)
  return address
}

/** Reports text that is no IP address: where it is one behind which a prefix length stands, what is to be written is clear. */
export function reportNoAddress(text: string, at: Path, facts: FactsBuilder): void {
  const prefix = parsePrefix(text)
  const meant = prefix && printIp(addressOf(prefix))
  const fix = meant === undefined ? undefined : ({ action: 'rename value', text: meant } as const)
  const instead = meant === undefined ? 'one like "10.100.0.1"' : `"${meant}", without the prefix length`
  facts.problem('malformed', at, `${quote(text)} is no IP address: write ${instead}`, fix)
}

/** Reads a prefix that must be a network: no host bits, and not the whole family. Reports what is none. */
export function readSubnet(
  conf: Fields,
  key: string,
  facts: FactsBuilder,
  parse = parsePrefix,
): Prefix | undefined {
  const text = conf.string(key)
  if (!text) return undefined
  const subnet = parse(text)
  if (subnet === undefined) {
    facts.problem(
      'malformed',
      conf.path(key),
      `${quote(text)} is no subnet: write a prefix like "10.100.0.0/24"`,
    )
  } else if (hasHostBits(subnet) && !isWholeFamily(subnet)) {
    const start = printPrefix(network(subnet))
    const message = `${quote(text)} has host bits, so it is no network: write "${start}"`
    facts.problem('malformed', conf.path(key), message, { action: 'rename value', text: start })
  }
  return subnet
}

/** Reads the hardware address that a plugin is to set; which one that is, its tenant may choose. */
export function readMac(conf: Fields, facts: FactsBuilder): void {
  const text = conf.string('mac')
  if (text && parseMac(text) === undefined)
    facts.problem(
      'malformed',
      conf.path('mac'),
      `${quote(text)} is no hardware address: write one like "02:00:00:00:00:01"`,
    )
}
