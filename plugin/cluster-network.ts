import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { GUARDED_PLUGINS } from '../src/cni/guarded.ts'
import { readNetwork } from '../src/cni/network.ts'
import { isObject, type JsonObject } from '../src/json/value.ts'

/** The network that is every pod's eth0, where the node's plugins for it are guarded. */
export interface ClusterNetwork {
  readonly name: string
  /** What runs in the end: Flannel delegates to bridge. */
  readonly type: string
  /** For bridge, which one. */
  readonly bridge: string
}

/** What bridge takes when nobody names one (containernetworking/plugins plugins/main/bridge/bridge.go defaultBrName). */
const DEFAULT_BRIDGE = 'cni0'

/**
 * What Multus takes for the cluster's own network: the first configuration of the runtime that is not Multus's own
 * (multus-cni pkg/server/config getMasterConfigFile). Undefined where its plugins are none that the guard stands in for.
 */
export function findClusterNetwork(confDir: string): ClusterNetwork | undefined {
  const names = readdirSync(confDir).filter(name => /\.(?:conf|conflist|json)$/.test(name))
  for (const file of names.sort()) {
    const { network } = readNetwork(readFileSync(join(confDir, file), 'utf8'), file)
    const isOther = network?.plugins.every(({ type }) => /^multus|^loopback$/.test(type))
    if (network === undefined || isOther) continue
    return network.plugins
      .map(({ type, body }) => delegateOf(type, body))
      .filter(({ type }) => GUARDED_PLUGINS.includes(type))
      .map(({ type, body }) => ({ name: network.name, type, bridge: textOf(body.bridge) ?? DEFAULT_BRIDGE }))
      .at(0)
  }
  return undefined
}

/** flannel-io/cni-plugin flannel.go doCmdAdd: bridge, unless its `delegate` says otherwise. */
function delegateOf(type: string, body: JsonObject): { type: string; body: JsonObject } {
  if (type !== 'flannel') return { type, body }
  const delegate = isObject(body.delegate) ? body.delegate : {}
  return { type: textOf(delegate.type) ?? 'bridge', body: delegate }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
