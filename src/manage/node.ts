import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { extractFacts } from '../cni/facts/extract.ts'
import { readNetwork } from '../cni/network.ts'
import { isConfigurationFile } from '../cni/spec.ts'
import { readTextFile, UnreadableFileError } from '../files/read-text.ts'
import { type KernelVlan, parseKernelVlans } from '../net/kernel-vlans.ts'
import { containsVlans, printVlans, type VlanSet, vlanSet } from '../net/vlan-set.ts'
import { grantedSegments } from '../policy/grants.ts'
import { doMeet, resolveReach, type Segment } from '../policy/reach.ts'
import type { World } from './world.ts'

/** A CNI configuration in a node's directory. */
export interface NodeConfiguration {
  readonly file: string
  readonly network: string
  readonly types: readonly string[]
  readonly segments: readonly { readonly master: string; readonly vlans: string }[]
  /** Tenants that hold one of these VLANs. */
  readonly tenants: readonly string[]
  /** What keeps it from being read. */
  readonly problem?: string
}

/** The configurations that the container runtime and Multus find in a directory, in their order. */
export function readConfigurations(directory: string, world: World): NodeConfiguration[] {
  const names = readdirSync(directory).filter(isConfigurationFile)
  return names.sort().map(name => readConfiguration(join(directory, name), name, world))
}

function readConfiguration(path: string, file: string, world: World): NodeConfiguration {
  const none = { file, network: '', types: [], segments: [], tenants: [] }
  let text: string
  try {
    text = readTextFile(path)
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error
    return { ...none, problem: error.message }
  }
  const { network, problems } = readNetwork(text, file)
  if (network === undefined) return { ...none, problem: problems[0]?.message ?? 'it is no configuration' }
  const reach = resolveReach(extractFacts(network).uplinks, world.inventory.cluster, undefined)
  return {
    file,
    network: network.name,
    types: network.plugins.map(({ type }) => type),
    segments: reach.map(({ master, vlans }) => ({ master, vlans: printVlans(vlans) })),
    tenants: holdersOf(reach, world),
  }
}

function holdersOf(reach: readonly Segment[], { tenants, inventory }: World): string[] {
  return [...tenants.values()]
    .filter(({ tenant }) =>
      tenant.vlans
        .flatMap(grant => grantedSegments(grant, inventory.cluster))
        .some(segment => reach.some(reached => doMeet(segment, reached))),
    )
    .map(({ tenant }) => tenant.name)
}

/** The node's VLAN interfaces; undefined where the kernel has no 802.1Q (or this is no Linux). */
export function readKernelVlans(root: string, vlans?: VlanSet): KernelVlan[] | undefined {
  const path = join(root, 'proc/net/vlan/config')
  if (!existsSync(path)) return undefined
  const found = parseKernelVlans(readFileSync(path, 'utf8'))
  return found.filter(({ vlan }) => vlans === undefined || containsVlans(vlans, vlanSet(vlan)))
}
