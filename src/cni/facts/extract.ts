import type { Fix } from '../../json/fix.ts'
import { foldKey } from '../../json/fold.ts'
import { quoteValue } from '../../json/quote.ts'
import { isObject, type JsonObject, type JsonValue, type Path } from '../../json/value.ts'
import type { Network } from '../network.ts'
import { FactsBuilder } from './builder.ts'
import { chainOf, depthOf, innermost } from './chain.ts'
import type { Extractor, KeyTree } from './extractor.ts'
import { extractors } from './extractors.ts'
import type { Facts, TypeFact } from './facts.ts'
import { Fields } from './fields.ts'
import { COMMON_KEYS, INTERFACE_KEYS, isVlanKey, VLAN_KEYS } from './keys.ts'
import { similarKey } from './similar-key.ts'

/** Delegates may nest (flannel in multus in …). Deeper than any real configuration is not followed, but reported. */
const MAX_NESTING = 8

/** Reads every plugin of a network with the extractor of its type. Linear in the size of the configuration. */
export function extractFacts(network: Network): Facts {
  const facts = new FactsBuilder('', network.name, extractNested)
  for (const { body, at } of network.plugins) extractPlugin(body, at, 'plugin', facts)
  return facts.build()
}

function extractNested(body: JsonValue, at: Path, role: TypeFact['role'], by: FactsBuilder): void {
  if (isObject(body)) extractPlugin(body, at, role, by)
  else by.problem('wrong-type', at, `${quoteValue(body)} is no configuration: write a JSON object`)
}

function extractPlugin(body: JsonObject, at: Path, role: TypeFact['role'], by: FactsBuilder): void {
  const type = typeof body.type === 'string' ? body.type : ''
  const ownName = typeof body.name === 'string' && role === 'plugin' ? body.name : undefined
  const facts = by.speakingFor(chainOf(by.plugin, type), ownName)
  const extractor = extractorOf(type, role)
  facts.type({ at: at.concat('type'), type, role, known: extractor !== undefined })
  if (depthOf(facts.plugin) > MAX_NESTING) {
    facts.problem('undecidable', at, `delegates are nested deeper than ${MAX_NESTING} levels`)
    return
  }
  if (extractor === undefined) return
  if (extractor.isChained && facts.earlierTypes()?.length === 0)
    facts.problem(
      'missing',
      at,
      `type "${type}" works on the interface of an earlier plugin: put one before it in "plugins"`,
    )

  const keys = role === 'ipam' ? extractor.keys : { ...COMMON_KEYS, ...extractor.keys }
  reportMisspeltKeys(body, at, keys, facts)
  reportUnreadKeys(body, at, extractor, facts)
  if (role !== 'ipam') reportIgnoredVlanKeys(body, at, extractor, facts)
  // What an extractor reads at two places is wrong once.
  const told = new Set<string>()
  const conf = new Fields(body, at, (where, expected, found) => {
    const place = JSON.stringify(where)
    if (!told.has(place)) reportWrongType(where, expected, found, facts)
    told.add(place)
  })
  if (Object.hasOwn(keys, 'dns')) checkDns(conf)
  extractor.extract(conf, facts)
}

/** Nobody's facts, but libcni decodes it for all plugins (containernetworking/cni pkg/types DNS), and fails at what it is not. */
function checkDns(conf: Fields): void {
  const dns = conf.object('dns')
  dns?.string('domain')
  for (const key of ['nameservers', 'search', 'options']) dns?.strings(key)
}

function reportWrongType(at: Path, expected: string, found: JsonValue, facts: FactsBuilder): void {
  const fix = withoutQuotes(expected, found)
  const instead = fix === undefined ? '' : `; write ${fix.text} without quotes`
  const message = `${quoteValue(found)} is not ${expected}: the plugin cannot decode it and ADD fails${instead}`
  facts.problem('wrong-type', at, message, fix)
}

/** `"100"` where 100 belongs, and `"true"` where true does. */
function withoutQuotes(expected: string, found: JsonValue): Fix | undefined {
  if (typeof found !== 'string') return undefined
  const isNumber = expected === 'a whole number' && /^(?:0|[1-9]\d{0,8})$/.test(found)
  const isTruthValue = expected === 'true or false' && /^(?:true|false)$/.test(found)
  return isNumber || isTruthValue ? { action: 'write value', text: found } : undefined
}

/** Go matches keys without regard to case, so `vlanID` is `vlanId` to the vlan plugin, though ovn-k8s has a `vlanID`. */
function reportMisspeltKeys(value: JsonValue, at: Path, keys: KeyTree, facts: FactsBuilder): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) reportMisspeltKeys(item, [...at, index], keys, facts)
    return
  }
  if (!isObject(value)) return
  for (const [key, inner] of Object.entries(value)) {
    const known = Object.hasOwn(keys, key) ? key : Object.keys(keys).find(isFoldedTo(key))
    if (known === undefined) continue
    if (known !== key)
      facts.problem(
        'misspelt-key',
        [...at, key],
        `"${key}" is read as "${known}" by the plugin: write "${known}"`,
        value[known] === undefined ? { action: 'rename key', text: known } : undefined,
      )
    reportMisspeltKeys(inner, [...at, key], keys[known] ?? {}, facts)
  }
}

/** Of the keys that everybody reads those that people write by hand. */
const WRITTEN_KEYS = ['name', 'type', 'ipam', 'dns', 'args', 'capabilities', 'cniVersion']

/** Keys that stand for one which the plugin reads, or that another IPAM plugin does: a range that nobody reads is no range. */
function reportUnreadKeys(body: JsonObject, at: Path, { keys, role }: Extractor, facts: FactsBuilder): void {
  const own = [...Object.keys(keys), ...WRITTEN_KEYS]
  const elsewhere = (key: string) => isVlanKey(key) || Object.hasOwn(COMMON_KEYS, key)
  for (const key of Object.keys(body)) {
    if (own.some(known => foldKey(known) === foldKey(key)) || (role !== 'ipam' && elsewhere(key))) continue
    const instead = insteadOf(key, own, role)
    if (instead === undefined) continue
    facts.problem(
      'unread-key',
      [...at, key],
      `type "${innermost(facts.plugin)}" does not read "${key}": ${instead}`,
    )
  }
}

function insteadOf(key: string, own: readonly string[], role: Extractor['role']): string | undefined {
  const isOther = ({ role: theirs, keys }: Extractor) => theirs === 'ipam' && Object.hasOwn(keys, key)
  const other = role === 'ipam' ? extractors.find(isOther) : undefined
  if (other !== undefined) return `it is a key of "${other.types[0]}"`
  const meant = similarKey(key, own)
  if (meant !== undefined) return `write "${meant}"`
  return role === 'plugin' && INTERFACE_KEYS.includes(key) ? interfaceOf(own) : undefined
}

/** What names the interface instead; a plugin that takes it from elsewhere is not to be second-guessed. */
function interfaceOf(own: readonly string[]): string | undefined {
  const read = INTERFACE_KEYS.find(key => own.includes(key))
  return read && `its interface is named by "${read}"`
}

function isFoldedTo(key: string): (known: string) => boolean {
  const folded = foldKey(key)
  // Folding keeps the length, and most lengths differ.
  return known => known.length === folded.length && foldKey(known) === folded
}

function reportIgnoredVlanKeys(body: JsonObject, at: Path, { keys }: Extractor, facts: FactsBuilder): void {
  const read = VLAN_KEYS.filter(key => keys[key] !== undefined)
  const instead =
    read.length > 0
      ? `it reads ${read.map(key => `"${key}"`).join(' and ')}`
      : keys.master === undefined
        ? 'it reads no VLAN at all, only its interface'
        : 'its VLAN is that of its "master", so name one such as "eth0.100"'
  const own = Object.keys(keys)
  for (const key of Object.keys(body).filter(isVlanKey)) {
    if (own.some(known => foldKey(known) === foldKey(key)) || body[key] === undefined || body[key] === null)
      continue
    const [only, ...more] = read
    // A list of VLANs is no id.
    const isClear =
      only !== undefined && more.length === 0 && body[only] === undefined && typeof body[key] !== 'object'
    facts.problem(
      'ignored-vlan-key',
      [...at, key],
      `type "${body.type}" does not read "${key}": ${instead}`,
      isClear ? { action: 'rename key', text: only } : undefined,
    )
  }
}

function extractorOf(type: string, role: TypeFact['role']): Extractor | undefined {
  const wanted = role === 'ipam' ? 'ipam' : 'plugin'
  // A look through all of them is faster than an index that the guard would build for one or two looks.
  return extractors.find(extractor => extractor.role === wanted && extractor.types.includes(type))
}

/** The types that can be read there. */
export function typesOf(role: TypeFact['role']): string[] {
  const wanted = role === 'ipam' ? 'ipam' : 'plugin'
  return extractors.filter(extractor => extractor.role === wanted).flatMap(({ types }) => types)
}
