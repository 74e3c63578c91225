/** The CNI specification's own constants. Source: https://www.cni.dev/docs/spec/ (1.1.0). */

/** Versions that libcni and the reference plugins know; compared as exact strings. Section "Version considerations". */
export const CNI_VERSIONS = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const

export type CniVersion = (typeof CNI_VERSIONS)[number]

export function isCniVersion(text: string): text is CniVersion {
  return (CNI_VERSIONS as readonly string[]).includes(text)
}

/** A network's `name` (section 1): it becomes a file name in libcni's cache and in IPAM stores. */
export function isNetworkName(text: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(text)
}

/** Whether a runtime takes a file for a network configuration, by its name (libcni ConfFiles, containerd pkg/cri). */
export function isConfigurationFile(name: string): boolean {
  return /\.(?:conf|conflist|json)$/.test(name)
}

/** A plugin's `type` is the name of an executable: without a path separator (libcni pkg/invoke/find.go). */
export function isPluginType(text: string): boolean {
  return text !== '' && text !== '.' && text !== '..' && !/[/\\\s]/.test(text)
}

/**
 * What the runtime writes into a plugin's configuration on the node (libcni InjectConf; multus for deviceID and
 * pciBusID), so that a digest must not cover it. Nothing can be smuggled in through these keys: an author-set args,
 * runtimeConfig or prevResult is refused, and devices are compared as masters, by their facts.
 */
export const RUNTIME_KEYS: ReadonlySet<string> = new Set([
  'name',
  'cniVersion',
  'args',
  'runtimeConfig',
  'prevResult',
  'deviceID',
  'pciBusID',
  'cni.dev/valid-attachments',
  'cni.dev/attachments',
])
