import type { FactsBuilder } from './builder.ts'
import type { Fields } from './fields.ts'

/** Reads a VLAN id, reporting one outside 0–4094 (4095 is reserved by IEEE 802.1Q table 9-2; 0 is untagged). */
export function readVlanId(conf: Fields, key: string, facts: FactsBuilder): number | undefined {
  const id = conf.integer(key)
  if (id === undefined) return undefined
  if (id >= 0 && id <= 4094) return id
  facts.problem('vlan-out-of-range', conf.path(key), `"${key}": ${id} is no VLAN: use 1 to 4094`)
  return undefined
}

/** Hands the `ipam` object to the extractor of its own type. */
export function runIpam(conf: Fields, facts: FactsBuilder, need: 'required' | 'optional'): void {
  const ipam = conf.object('ipam')
  if (ipam?.string('type')) facts.nested(ipam.body, ipam.at, 'ipam')
  else if (need === 'required') {
    facts.problem('missing', conf.path('ipam'), `type "${facts.plugin}" needs "ipam" with a "type": ADD fails without it`)
  }
}
