import { CniError } from '../src/cni/errors.ts'
import { GUARD_TYPE, GUARDED_PLUGINS } from '../src/cni/guarded.ts'
import { isObject, type JsonObject, type JsonValue } from '../src/json/value.ts'
import { releaseAddresses, type Surroundings } from './delegate.ts'
import type { CallEnvironment } from './environment.ts'
import { inNetworkNamespace } from './libc.ts'
import { deleteLink, findLink, setDown } from './netlink.ts'

/**
 * Plugins that leave nothing on a node but an interface and its addresses, and whose DEL fails for ever once something is
 * gone that it looks up before (containernetworking/plugins, 0.9.1 to 1.9.1): the master (vlan; macvlan before 1.2), the
 * default route in a master's place (ipvlan), the interface and the namespace (host-device). What other plugins have to
 * undo besides (a device's VLAN, a port of a switch, rules of a firewall) they alone know.
 */
const LEAVES_INTERFACE_ONLY: ReadonlySet<string> = new Set(['vlan', 'macvlan', 'ipvlan', 'host-device'])

/**
 * Whether nothing is left of an attachment that the plugin's DEL has failed to take off. How far a plugin came before it
 * failed differs with its version (host-device 0.9.1 looks for the interface first, and later ones release addresses first), so
 * that addresses are released here once more: that is no error where they are free already, and where it is one, DEL has
 * to be called again.
 */
export function isNothingLeft(
  type: string,
  body: JsonObject,
  environment: CallEnvironment,
  surroundings: Surroundings,
): boolean {
  return (
    LEAVES_INTERFACE_ONLY.has(type) && isInterfaceGone(environment) && isReleased(type, body, surroundings)
  )
}

function isInterfaceGone({ netns, interface: name }: CallEnvironment): boolean {
  if (netns === '') return true
  try {
    return inNetworkNamespace(netns, () => findLink(name) !== undefined) !== true
  } catch {
    // Who cannot look does not know.
    return false
  }
}

/**
 * Takes an interface out of use that the pod may not keep and the plugin's DEL has failed to take off: the pod may run already, and would
 * have its routes until it ends. It is deleted, and set down before, which is all that can be done to a device. Its addresses are the
 * runtime's DEL's.
 */
export function cutOff({ netns, interface: name }: CallEnvironment): void {
  try {
    inNetworkNamespace(netns, () => {
      const link = findLink(name)
      if (link?.name !== name) return
      setDown(link)
      deleteLink(link)
    })
  } catch (error) {
    // The refusal is what the runtime has to hear.
    if (!(error instanceof CniError)) throw error
  }
}

function isReleased(type: string, body: JsonObject, surroundings: Surroundings): boolean {
  const ipam = valueAsGo(body, 'ipam')
  const named = isObject(ipam) ? valueAsGo(ipam, 'type') : undefined
  if (typeof named !== 'string' || named === '') return true
  // What joins networks gives no addresses; by these names it is the guard again, which waits for this call to end.
  if (named === GUARD_TYPE || GUARDED_PLUGINS.includes(named)) return true
  return releaseAddresses(surroundings, type, named, body)?.exit === 0
}

/** As plugins find a key in a configuration that the strict reader refused, and that was attached before the guard came. */
function valueAsGo(object: JsonObject, key: string): JsonValue | undefined {
  return Object.entries(object).findLast(([name]) => name.toLowerCase() === key)?.[1]
}
