import type { Uplink } from '../src/cni/facts/facts.ts'
import { parseKernelRoutes } from '../src/net/kernel-routes.ts'
import { hasTags } from '../src/net/vlan-set.ts'
import { hiddenVlan, type NetworkNames, ridesInPod } from '../src/policy/reach.ts'
import { readText } from './libc.ts'
import { findLink } from './netlink.ts'

/** What only the node can tell of the interfaces that a configuration names. */

/** As the kernel prints the destination and the mask of a default route. */
const EVERYWHERE = '00000000'

/** The statement that does not hold, and why. */
export interface Refusal {
  readonly statement: string
  readonly message: string
}

/** An interface of this node that plugins before 1.3.0 would take for the pod's (linkInContainer). */
export function findEitherMaster(uplinks: readonly Uplink[]): Refusal | undefined {
  const taken = ridesInPod(uplinks).find(({ name }) => name === undefined || findLink(name) !== undefined)
  if (taken === undefined) return undefined
  const words = taken.name === undefined ? "the node's default interface" : `"${taken.name}" of the node`
  return {
    statement: 'linkInContainer',
    message: `plugins before 1.3.0 do not read "linkInContainer", and take ${words}: name a "master" that this node does not have, such as "net1"`,
  }
}

/** An interface of this node that does not keep the pod in the VLAN that the policy went by. */
export function findWrongMaster(uplinks: readonly Uplink[], names: NetworkNames): Refusal | undefined {
  for (const { master, vlans } of uplinks.filter(uplink => !uplink.master.inContainer)) {
    const { name = names.primaryInterface } = master
    const isOwnChoice = master.name === undefined && master.byDefault && master.use !== 'device'
    const other = isOwnChoice ? findOtherDefault(name) : undefined
    if (other !== undefined)
      return {
        statement: 'master',
        message: `"${other}" of this node has the default route, so that a plugin without "master" takes it, and the policy went by "${name}": name the master in the NAD`,
      }
    const meant = hiddenVlan(name, names)?.vlan
    // Most interfaces need not be asked for.
    if (meant === undefined && !hasTags(vlans)) continue
    const link = findLink(name)
    if (meant !== undefined && link?.vlan !== undefined && link.vlan !== meant)
      return {
        statement: 'master',
        message: `"${name}" of this node is VLAN ${link.vlan}, not ${meant}: rename it, or map its name under "interfaces" of the cluster configuration`,
      }
    // Plugins turn filtering on for those bridges alone that they make. A sub-interface on a bridge is in its own VLAN.
    const isPort = master.name !== undefined && master.use !== 'ride'
    if (isPort && hasTags(vlans) && link?.filtersVlans === false)
      return {
        statement: 'bridge',
        message: `"${name}" of this node does not filter VLANs, so that the pod would be in all that it carries: ip link set ${name} type bridge vlan_filtering 1`,
      }
  }
  return undefined
}

/**
 * The interface that plugins take of themselves (containernetworking/plugins macvlan getDefaultRouteInterfaceName()), where the node has
 * the one that the policy takes it for as well.
 */
function findOtherDefault(primary: string): string | undefined {
  const routes = parseKernelRoutes(readText('/proc/net/route') ?? '')
  const taken = routes.find(
    ({ destination, mask }) => destination === EVERYWHERE && mask === EVERYWHERE,
  )?.name
  if (taken === undefined || taken === primary) return undefined
  const meant = findLink(primary)
  return meant === undefined || meant.name === taken ? undefined : taken
}
