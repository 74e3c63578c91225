import type { Facts, RouteFact } from '../cni/facts/facts.ts'
import { type Prefix, parsePrefix } from '../net/prefix.ts'
import type { SelectionSubject } from './subjects.ts'

/** Routes that are sure to be in the pod's main table, or taken out of it, once all plugins of the network have run. */
export function certainRoutes({ routes }: Facts): RouteFact[] {
  return routes.filter(({ installed, isMoved }) => installed === 'always' && !isMoved)
}

/** Where a network of a pod leads for sure: by its routes and addresses, and by the addresses that the pod asks for. */
export function destinationsOf({ attachment, selection }: SelectionSubject): Prefix[] {
  const routes = attachment?.facts === undefined ? [] : certainRoutes(attachment.facts)
  return [
    ...routes.filter(({ effect }) => effect === 'add').map(({ destination }) => destination),
    ...networksOf(selection.ips),
  ]
}

/** The networks of addresses that have a prefix length; the kernel routes all of each to the interface. */
export function networksOf(ips: readonly string[]): Prefix[] {
  return ips.flatMap(text => (text.includes('/') ? (parsePrefix(text) ?? []) : []))
}
