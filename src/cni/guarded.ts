/** Plugins that put a pod into a network of the host; the guard stands in for those that a node has. */
export const GUARDED_PLUGINS: readonly string[] = [
  ...['vlan', 'macvlan', 'ipvlan', 'bridge', 'host-device', 'tap', 'bond'],
  ...['sriov', 'ib-sriov', 'ovs', 'accelerated-bridge', 'cnv-bridge'],
]

/** Of these, plugins that put a device into the pod besides the bridge that they name: others ignore one that they are given. */
export const DEVICE_PORTS: readonly string[] = ['ovs', 'accelerated-bridge']

/** The guard's own type, and the name by which it is called. */
export const GUARD_TYPE = 'socni'

/**
 * The name of two directories. That beside the plugins holds the guard, and the real plugins that it stands in for; that beside the
 * CNI configurations holds guard.json, keys.json and revocations.json.
 */
export const GUARD_DIRECTORY = 'socni.d'
/** In the one beside the CNI configurations. */
export const SETTINGS_FILE = 'guard.json'

/** A file in the first that says where the second is: a guard is called with nothing that tells. */
export const CONF_DIR_FILE = 'conf-dir'

/** No stand-in is longer: Linux reads so much of a first line (linux/binfmts.h BINPRM_BUF_SIZE). */
export const MAX_STAND_IN = 255

/** What stands in the place of a plugin that was a file: one line that names the guard as its interpreter. */
export function standInText(guard: string): string {
  return `#!${guard}\n`
}

/** Whether a text is that of a stand-in: spaces would end the interpreter's path. */
export function isStandIn(text: string): boolean {
  return text.length <= MAX_STAND_IN && /^#!\/\S*\/socni\n$/.test(text)
}
