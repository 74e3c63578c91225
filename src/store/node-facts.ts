import type { Cluster } from '../config/cluster.ts'

/** What of the configuration the guard has to know, as its guard.json has it: what it reads must be what was claimed. */
export function nodeFacts({
  primaryInterface,
  interfaces,
  allowedCniArgs,
  exemptNamespaces,
}: Cluster): string {
  return `${JSON.stringify({ primaryInterface, interfaces, allowedCniArgs, exemptNamespaces }, null, 2)}\n`
}
