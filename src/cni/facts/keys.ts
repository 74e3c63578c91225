import type { KeyTree } from './extractor.ts'

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

/** Whether a key is one of these, or stands for one: `vlan_id`, `vlanTag`, `vlan-trunks`. */
export function isVlanKey(key: string): boolean {
  return /^(?:vlans?|vlan-?(?:id|tag|number|trunk)s?|trunks?)$/i.test(key.replaceAll('_', '-'))
}

/** Keys by which some plugin or other names an interface of the node, or people do. On any other they are silently ignored. */
export const INTERFACE_KEYS: readonly string[] = ['master', 'bridge', 'device', 'interface', 'parent']
