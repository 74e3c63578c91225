import { foldKey } from '../../json/fold.ts'
import { isObject, type JsonObject, type JsonValue, type Path } from '../../json/value.ts'
import type { Network } from '../network.ts'
import { FactsBuilder } from './builder.ts'
import type { Extractor, KeyTree } from './extractor.ts'
import type { Facts, TypeFact } from './facts.ts'
import { Fields } from './fields.ts'
import { hostLocal } from './host-local.ts'
import { vlan } from './vlan.ts'

export type { Facts } from './facts.ts'

/** One extractor per CNI type. A type that is not in this list is unknown, and refused for tenants. */
export const extractors: readonly Extractor[] = [vlan, hostLocal]

const byRole = {
  plugin: indexByType('plugin'),
  ipam: indexByType('ipam'),
}

/** Keys that libcni and the runtime read or write in any plugin's configuration (CNI SPEC 1.1 section 1). */
const COMMON_KEYS: KeyTree = {
  cniVersion: {},
  cniVersions: {},
  name: {},
  type: {},
  args: { cni: {} },
  ipMasq: {},
  ipam: {},
  dns: { nameservers: {}, domain: {}, search: {}, options: {} },
  capabilities: { ips: {}, mac: {}, portMappings: {}, bandwidth: {}, infinibandGUID: {}, deviceID: {}, dns: {}, ipRanges: {}, aliases: {} },
  runtimeConfig: {},
  prevResult: {},
  deviceID: {},
  pciBusID: {},
  plugins: {},
  disableCheck: {},
  disableGC: {},
  loadOnlyInlinedPlugins: {},
}

/** Every key that some extractor knows: for the strict reader, which refuses keys that only fold to one of them. */
export const knownKeys: ReadonlySet<string> = new Set(
  [COMMON_KEYS, ...extractors.map(extractor => extractor.keys)].flatMap(keysOf),
)

/** Delegates may nest (flannel in multus in …): deeper than any real configuration is not followed, but reported. */
const MAX_NESTING = 8

/** Reads every plugin of a network with the extractor of its type. */
export function extractFacts(network: Network): Facts {
  const facts = new FactsBuilder('', network.name, extractNested)
  for (const plugin of network.plugins) extractPlugin(plugin.body, plugin.at, 'plugin', facts)
  return facts.build()
}

function extractNested(body: JsonValue, at: Path, role: TypeFact['role'], by: FactsBuilder): void {
  if (!isObject(body)) return
  extractPlugin(body, at, role, by)
}

function extractPlugin(body: JsonObject, at: Path, role: TypeFact['role'], by: FactsBuilder): void {
  const type = typeof body.type === 'string' ? body.type : ''
  const chain = by.plugin === '' ? type : `${by.plugin} > ${type}`
  const facts = by.speakingFor(chain)
  const extractor = byRole[role === 'ipam' ? 'ipam' : 'plugin'].get(type)
  facts.type({ at: [...at, 'type'], type, role, known: extractor !== undefined })
  if (chain.split(' > ').length > MAX_NESTING) {
    facts.problem('undecidable', at, `delegates are nested deeper than ${MAX_NESTING} levels`)
    return
  }
  if (extractor === undefined) return

  const keys = role === 'ipam' ? extractor.keys : { ...COMMON_KEYS, ...extractor.keys }
  reportMisspeltKeys(body, at, keys, facts)
  const conf = new Fields(body, at, (where, expected, found) =>
    facts.problem('wrong-type', where, `${JSON.stringify(found)} is not ${expected}: the plugin cannot decode it and ADD fails`),
  )
  extractor.extract(conf, facts)
}

/** Go matches keys without regard to case, so `VLANID` is read as `vlanId`: a checker that overlooks it is bypassed. */
function reportMisspeltKeys(value: JsonValue, at: Path, keys: KeyTree, facts: FactsBuilder): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) reportMisspeltKeys(item, [...at, index], keys, facts)
    return
  }
  if (!isObject(value)) return
  const spelling = new Map(Object.keys(keys).map(key => [foldKey(key), key]))
  for (const [key, inner] of Object.entries(value)) {
    const known = spelling.get(foldKey(key))
    if (known !== undefined && known !== key) {
      facts.problem('misspelt-key', [...at, key], `"${key}" is read as "${known}" by the plugin: write "${known}"`)
    }
    const tree = known === undefined ? undefined : keys[known]
    if (tree !== undefined) reportMisspeltKeys(inner, [...at, key], tree, facts)
  }
}

function indexByType(role: Extractor['role']): ReadonlyMap<string, Extractor> {
  return new Map(
    extractors.filter(extractor => extractor.role === role).flatMap(extractor => extractor.types.map(type => [type, extractor])),
  )
}

function keysOf(tree: KeyTree): string[] {
  return Object.entries(tree).flatMap(([key, inner]) => [key, ...keysOf(inner)])
}
