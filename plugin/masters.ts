import type { Uplink } from '../src/cni/facts/facts.ts'
import { isEmptyVlans, NATIVE, subtractVlans } from '../src/net/vlan-set.ts'
import { hiddenVlan, type NetworkNames, ridesInPod } from '../src/policy/reach.ts'
import { findLink } from './netlink.ts'

/** What only the node can tell of the interfaces that a configuration names. */

/** In words, an interface of this node that plugins before 1.3.0 would take for the pod's (linkInContainer). */
export function findEitherMaster(uplinks: readonly Uplink[]): string | undefined {
  return ridesInPod(uplinks)
    .map(({ name }) => (name === undefined ? "the node's default interface" : nameOnNode(name)))
    .find(words => words !== undefined)
}

function nameOnNode(name: string): string | undefined {
  return findLink(name) === undefined ? undefined : `"${name}" of the node`
}

/** A bridge that is there already, and is asked for a VLAN: plugins turn filtering on for those alone that they make. */
export function findOpenBridge(uplinks: readonly Uplink[]): string | undefined {
  return uplinks
    .filter(({ master, vlans }) => !master.inContainer && !isEmptyVlans(subtractVlans(vlans, NATIVE)))
    .map(({ master }) => master.name)
    .find(name => name !== undefined && findLink(name)?.filtersVlans === false)
}

/** An interface of this node that is another VLAN than its name says, in words; whether it is on the named parent nobody asks. */
export function findOtherVlan(uplinks: readonly Uplink[], names: NetworkNames): string | undefined {
  return uplinks
    .filter(({ master }) => !master.inContainer)
    .map(({ master: { name = names.primaryInterface } }) => {
      const meant = hiddenVlan(name, names)?.vlan
      const found = meant === undefined ? undefined : findLink(name)?.vlan
      return found === undefined || found === meant
        ? undefined
        : `"${name}" of this node is VLAN ${found}, not ${meant}`
    })
    .find(words => words !== undefined)
}
