import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { extractFacts } from '../src/cni/facts/extract.ts'
import { GUARDED_PLUGINS } from '../src/cni/guarded.ts'
import { readNetwork } from '../src/cni/network.ts'
import { isConfigurationFile } from '../src/cni/spec.ts'

/** The network that is every pod's eth0, where the node's plugins for it are guarded. */
export interface ClusterNetwork {
  readonly name: string
  /** What runs in the end: Flannel delegates to bridge. */
  readonly type: string
  /** The interface of the host that it is on, as the guard reads it: for bridge, which one. */
  readonly master: string | undefined
}

/**
 * What Multus takes for the cluster's own network: the first configuration of the runtime that is not Multus's own
 * (multus-cni pkg/server/config getMasterConfigFile). Undefined where its plugins are none that the guard stands in for.
 */
export function findClusterNetwork(confDir: string): ClusterNetwork | undefined {
  for (const file of readdirSync(confDir).filter(isConfigurationFile).sort()) {
    const { network } = readNetwork(readFileSync(join(confDir, file), 'utf8'), file)
    const isOther = network?.plugins.every(({ type }) => /^multus|^loopback$/.test(type))
    if (network === undefined || isOther) continue
    const { types, uplinks } = extractFacts(network)
    const guarded = types.find(({ type, role }) => role !== 'ipam' && GUARDED_PLUGINS.includes(type))
    if (guarded === undefined) return undefined
    const uplink = uplinks.find(({ plugin }) => plugin === guarded.plugin)
    return { name: network.name, type: guarded.type, master: uplink?.master.name }
  }
  return undefined
}
