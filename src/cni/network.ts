import type { JsonObject, Path } from '../json/value.ts'

/** A network configuration as libcni sees it: what a NAD's spec.config holds. CNI SPEC 1.1 section 1. */
export interface Network {
  /** The configuration's own `name`, else the NAD's: the IPAM store and libcni's cache are keyed by it. */
  readonly name: string
  readonly form: 'conf' | 'conflist'
  /** `cniVersion` as written; "" is read as 0.1.0. */
  readonly cniVersion: string
  readonly cniVersions: readonly string[]
  readonly plugins: readonly PluginConfiguration[]
}

export interface PluginConfiguration {
  readonly type: string
  /** `[]` for a conf, `['plugins', 0]` in a conflist. */
  readonly at: Path
  readonly body: JsonObject
}
