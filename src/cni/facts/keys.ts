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
export const knownKeys: ReadonlySet<string> = new Set(
  [COMMON_KEYS, ...extractors.map(extractor => extractor.keys)].flatMap(keysOf),
)

function keysOf(tree: KeyTree): string[] {
  return Object.entries(tree).flatMap(([key, inner]) => [key, ...keysOf(inner)])
}
