import { isObject, type JsonObject } from '../src/json/value.ts'
import { type Prefix, parsePrefix } from '../src/net/prefix.ts'

/** What the guard knows of the cluster's configuration, to read a network as the webhook did (src/store/node-facts.ts). */
export interface ClusterFacts {
  readonly primaryInterface: string
  readonly interfaces: Readonly<Record<string, { readonly parent: string; readonly vlan: number }>>
  /** Keys that pods may set under cni-args. */
  readonly allowedCniArgs: readonly string[]
  /** Namespaces whose pods nobody judges, and that have no claims. */
  readonly exemptNamespaces: readonly string[]
  /** Addresses of pods and of services. */
  readonly podCIDRs: readonly Prefix[]
  readonly serviceCIDRs: readonly Prefix[]
}

/** Says which field is not what it should be, by an error of the caller's. */
export type Refuse = (key: string, wanted: string) => never

/** The facts among the fields of guard.json, or of what the cluster published; what is missing is as in a K3s cluster. */
export function decodeFacts(fields: JsonObject, refuse: Refuse): ClusterFacts {
  return {
    primaryInterface: decodeText(fields, 'primaryInterface', 'eth0', refuse),
    interfaces: decodeInterfaces(fields, refuse),
    allowedCniArgs: decodeList(fields, 'allowedCniArgs', [], refuse),
    exemptNamespaces: decodeList(fields, 'exemptNamespaces', [], refuse),
    podCIDRs: decodePrefixes(fields, 'podCIDRs', ['10.42.0.0/16'], refuse),
    serviceCIDRs: decodePrefixes(fields, 'serviceCIDRs', ['10.43.0.0/16'], refuse),
  }
}

/** Which networks, on which bridges, are the cluster's own. */
export interface ClusterNetworks {
  readonly clusterNetworks: readonly string[]
  readonly clusterBridges: readonly string[]
}

/** The same of guard.json; what is missing is as Flannel has it. */
export function decodeClusterNetworks(fields: JsonObject, refuse: Refuse): ClusterNetworks {
  return {
    clusterNetworks: decodeList(fields, 'clusterNetworks', ['cbr0'], refuse),
    clusterBridges: decodeList(fields, 'clusterBridges', ['cni0'], refuse),
  }
}

export function decodeText(fields: JsonObject, key: string, fallback: string, refuse: Refuse): string {
  const given = fields[key] ?? fallback
  return typeof given === 'string' ? given : refuse(key, 'text')
}

function decodeList(
  fields: JsonObject,
  key: string,
  fallback: readonly string[],
  refuse: Refuse,
): readonly string[] {
  const given = fields[key] ?? fallback
  return Array.isArray(given) && given.every(item => typeof item === 'string')
    ? given
    : refuse(key, 'a list of texts')
}

function decodePrefixes(
  fields: JsonObject,
  key: string,
  fallback: readonly string[],
  refuse: Refuse,
): readonly Prefix[] {
  const wanted = 'a list of prefixes like "10.42.0.0/16"'
  return decodeList(fields, key, fallback, refuse).map(text => parsePrefix(text) ?? refuse(key, wanted))
}

function decodeInterfaces({ interfaces }: JsonObject, refuse: Refuse): ClusterFacts['interfaces'] {
  if (interfaces === undefined) return {}
  if (!isObject(interfaces)) return refuse('interfaces', 'an object')
  const entries = Object.entries(interfaces).map(([name, entry]) => {
    const { parent, vlan } = isObject(entry) ? entry : {}
    if (typeof parent !== 'string' || typeof vlan !== 'number')
      return refuse(`interfaces.${name}`, '{"parent", "vlan"}')
    return [name, { parent, vlan }] as const
  })
  return Object.fromEntries(entries)
}
