import { quote } from '../../json/quote.ts'
import { parseIp } from '../../net/ip.ts'
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
import { connectedRoute } from './routes.ts'

/** Reads an optional IP address, reporting text that is none. */
export function readAddress(conf: Fields, key: string, facts: FactsBuilder, parse = parseIp) {
  const text = conf.string(key)
  if (!text) return undefined
  const address = parse(text)
  if (address === undefined) facts.problem('malformed', conf.path(key), `${quote(text)} is no IP address`)
  return address
}

/** An address with its prefix, and the gateway beside it (static, whereabouts). */
export function readStaticAddress(entry: Fields, facts: FactsBuilder, parse = parsePrefix): void {
  const text = entry.string('address') ?? ''
  const subnet = parse(text)
  const at = entry.path('address')
  if (subnet === undefined) {
    facts.problem(
      'malformed',
      at,
      `${quote(text)} is no address with a prefix: write one like "10.100.0.7/24"`,
    )
    return
  }
  const address = addressOf(subnet)
  const gateway = readAddress(entry, 'gateway', facts)
  facts.subnet({ at, subnet, gateway, first: address, last: address, source: 'static' })
  if (gateway !== undefined)
    facts.address({ at: entry.path('gateway'), address: gateway, role: 'gateway', subnet, isChecked: false })
  connectedRoute(subnet, at, text, facts)
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
