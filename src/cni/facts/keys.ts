import type { KeyTree } from './extractor.ts'
import { extractors } from './extractors.ts'

/** Keys that libcni, Multus and the runtime read or write in any plugin's configuration (CNI SPEC 1.1 section 1). */
export const COMMON_KEYS: KeyTree = {
  cniVersion: {},
  cniVersions: {},
  name: {},
  type: {},
  args: { cni: {} },
  ipMasq: {},
  ipam: { type: {} },
  dns: { nameservers: {}, domain: {}, search: {}, options: {} },
  capabilities: {
    ips: {},
    mac: {},
    portMappings: {},
    bandwidth: {},
    infinibandGUID: {},
    deviceID: {},
    dns: {},
    ipRanges: {},
    aliases: {},
  },
  runtimeConfig: {},
  prevResult: {},
  deviceID: {},
  pciBusID: {},
  plugins: {},
  disableCheck: {},
  disableGC: {},
  loadOnlyInlinedPlugins: {},
}

/** Keys by which some plugin or other names VLANs. On a plugin that reads none of them they are silently ignored. */
export const VLAN_KEYS = ['vlan', 'vlanId', 'vlanID', 'vlanTrunk', 'trunk'] as const

/** Every key that some extractor knows: the strict reader refuses keys that Go only folds onto one of them. */
export const knownKeys: ReadonlySet<string> = collectKeys()

// In place and without lists in between: the guard does this at each start, before anything is compiled.
function collectKeys(): Set<string> {
  const keys = new Set<string>()
  addKeys(COMMON_KEYS, keys)
  for (const extractor of extractors) addKeys(extractor.keys, keys)
  return keys
}

function addKeys(tree: KeyTree, keys: Set<string>): void {
  for (const key in tree) {
    keys.add(key)
    addKeys(tree[key] ?? {}, keys)
  }
}
