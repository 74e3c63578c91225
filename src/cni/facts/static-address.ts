import { quote } from '../../json/quote.ts'
import { addressOf, parsePrefix } from '../../net/prefix.ts'
import { readAddress } from './addresses.ts'
import type { FactsBuilder } from './builder.ts'
import type { Fields } from './fields.ts'
import { connectedRoute } from './routes.ts'

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
