import type { ClaimedUplink } from '../src/claims/claim.ts'
import type { Uplink } from '../src/cni/facts/facts.ts'
import { hasTags, parseVlanSet } from '../src/net/vlan-set.ts'
import { type Passage, passThrough, uplinksInPod } from '../src/policy/reach.ts'
import type { CallEnvironment } from './environment.ts'
import { putFile, readText, removeFile } from './libc.ts'
import type { Refusal } from './masters.ts'
import { readAsGo } from './stdin-configuration.ts'

/**
 * What the guard attached a pod's interfaces to, a file for each. A network that rides on one (linkInContainer) was admitted
 * for what it reaches through the interface as it was to be; a virtual function, or one end of a veth, does not show what it is
 * on, so that the guard writes it down. /run is empty after a boot, as are the pods.
 */
const DIRECTORY = '/run/socni'

/** Flannel's interface: what rides on it stays in the cluster's own network. */
const CLUSTER_INTERFACE = 'eth0'

/** Neither a container's id nor an interface's name holds a slash, and the former no `@`. */
function fileOf({ containerId }: CallEnvironment, name: string): string {
  return `${DIRECTORY}/${containerId}@${name}`
}

/** Writes down what the interface of this call is on. Where that cannot be, nothing may ride on it with tags. */
export function remember(environment: CallEnvironment, uplinks: readonly ClaimedUplink[]): void {
  putFile(DIRECTORY, fileOf(environment, environment.interface), JSON.stringify({ uplinks }))
}

/** Forgets it; what was never written down is no error. */
export function forget(environment: CallEnvironment): void {
  removeFile(fileOf(environment, environment.interface))
}

/** What an interface of the pod is on; undefined where the guard does not know. */
function recall(environment: CallEnvironment, name: string): readonly ClaimedUplink[] | undefined {
  if (name === CLUSTER_INTERFACE) return []
  const text = readText(fileOf(environment, name))
  const uplinks = text === undefined ? undefined : readAsGo(text)?.uplinks
  // Nobody but the guard writes there.
  return Array.isArray(uplinks) ? (uplinks as unknown as ClaimedUplink[]) : undefined
}

/** What a network reaches through interfaces of the pod as they are. */
export interface Carried {
  readonly passages: readonly Passage[]
  /** Interfaces of which the guard does not know what they are on. */
  readonly unknown: readonly string[]
}

/** Looks at what is there when a network is attached; other calls change nothing of that. */
export function carriedBy(uplinks: readonly Uplink[], environment: CallEnvironment): Carried {
  if (environment.command !== 'ADD') return { passages: [], unknown: [] }
  const riding = uplinksInPod(uplinks).map(({ master: { name = CLUSTER_INTERFACE }, vlans }) => ({
    name,
    vlans,
    on: recall(environment, name),
  }))
  return {
    passages: riding.flatMap(({ vlans, on = [] }) =>
      on.flatMap(({ master, vlans: printed }) => {
        const carried = parseVlanSet(printed)
        return carried === undefined ? [] : passThrough({ master, vlans: carried }, vlans)
      }),
    ),
    unknown: riding.filter(({ on }) => on === undefined).map(({ name }) => name),
  }
}

/** Tags on an interface of which nobody knows what it is on might reach anything; what is untagged reaches what that one does. */
export function findUnknownCarrier(uplinks: readonly Uplink[], { unknown }: Carried): Refusal | undefined {
  const tagged = uplinksInPod(uplinks).find(
    ({ master, vlans }) => hasTags(vlans) && unknown.includes(master.name ?? CLUSTER_INTERFACE),
  )
  return (
    tagged && {
      statement: 'uplinks',
      message: `the guard has not attached "${tagged.master.name}" of this pod, or has forgotten what it is on, so that a tag there might reach any VLAN: restart the pod's workload`,
    }
  )
}
