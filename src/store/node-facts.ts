import type { Cluster } from '../config/cluster.ts'
import { printPrefix } from '../net/prefix.ts'

/** What of the configuration the guard has to know, as its guard.json has it: what it reads must be what was claimed. */
export function nodeFacts({
  primaryInterface,
  interfaces,
  allowedCniArgs,
  exemptNamespaces,
  podCIDRs,
  serviceCIDRs,
}: Cluster): string {
  const facts = {
    primaryInterface,
    interfaces,
    allowedCniArgs,
    exemptNamespaces,
    podCIDRs: podCIDRs.map(printPrefix),
    serviceCIDRs: serviceCIDRs.map(printPrefix),
  }
  return `${JSON.stringify(facts, null, 2)}\n`
}
