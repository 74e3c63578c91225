import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KEYS_FILE, REVOCATIONS_FILE } from '../src/claims/file-names.ts'
import { parseKeySet } from '../src/claims/keys.ts'
import { parseRevocations } from '../src/claims/revocations.ts'
import { GUARD_DIRECTORY, GUARDED_PLUGINS, SETTINGS_FILE } from '../src/cni/guarded.ts'
import { MULTUS_BIN_DIR } from '../src/doctor/distribution.ts'
import type { JsonObject } from '../src/json/value.ts'
import { type ClusterNetworks, decodeClusterNetworks } from './cluster-facts.ts'
import { findClusterNetwork } from './cluster-network.ts'
import { InstallError } from './install-error.ts'
import { distinct } from './one-installer.ts'
import { planPlugins } from './plan-plugins.ts'
import { type PublishedFacts, readPublishedFacts } from './published-facts.ts'
import { readObject } from './read-object.ts'
import { isReal } from './stand-in.ts'
import { planDirectory, planFile, type Step } from './steps.ts'

export interface InstallOptions {
  /** Directories of plugins. The first must be there; of the others those that are. */
  readonly binDirs: readonly string[]
  readonly confDir: string
  /** The guard's executable, to be copied. */
  readonly executable: string
  /** Public keys; undefined: those that are there already. */
  readonly keys: string | undefined
  /** Claims that no longer count; undefined: those that are there already. */
  readonly revocations?: string | undefined
  /** What the cluster's configuration says that the guard has to know; undefined: what is there already. */
  readonly facts?: string | undefined
  readonly mode: 'enforce' | 'audit' | undefined
  readonly node: string | undefined
  readonly log: string | undefined
  /** Where the file system of the node is mounted, when that is not `/`. */
  readonly root?: string
}

/**
 * What brings a node to where the guard stands in for its plugins; nothing, where it does already. Each plugin is
 * replaced by one rename, with the real one in place before: there is no moment without a plugin that works.
 */
export function planInstall(options: InstallOptions): Step[] {
  return planParts(options).flatMap(plan => plan())
}

/** The same in parts, of which one that cannot be done need not keep a node that has the guard from the others. */
export function planParts(options: InstallOptions): (() => Step[])[] {
  const { binDirs, confDir } = options
  for (const needed of [...binDirs.slice(0, 1), confDir])
    if (!existsSync(needed))
      throw new InstallError(
        `${needed} does not exist: name the node's CNI directories with CNI_BIN_DIR and CNI_CONF_DIR`,
      )
  const directory = join(confDir, GUARD_DIRECTORY)
  const facts = readPublishedFacts(options.facts)
  return [
    () => planDirectory(directory),
    () => planKeys(options, directory),
    () => planRevocations(options, directory),
    () => planSettings(options, facts, directory),
    () => checkFacts(facts),
    ...distinct(binDirs).map(binDir => () => planPlugins(options, binDir)),
  ]
}

/** Whether the guard has settings and keys on this node already, to go on with. */
export function hasSettings({ confDir }: Pick<InstallOptions, 'confDir'>): boolean {
  return [SETTINGS_FILE, KEYS_FILE].every(name => existsSync(join(confDir, GUARD_DIRECTORY, name)))
}

/** Real plugins where Multus looks first, in a directory that is not taken: a line for people, or none. */
export function warnOfUnguarded({ binDirs, root = '/' }: Pick<InstallOptions, 'binDirs' | 'root'>): string {
  const directory = join(root, MULTUS_BIN_DIR)
  const isTaken = distinct([...binDirs, directory]).length === distinct(binDirs).length
  const real = isTaken ? [] : GUARDED_PLUGINS.filter(name => isReal(join(directory, name)))
  if (real.length === 0) return ''
  return `warning: ${real.join(', ')} in ${MULTUS_BIN_DIR} can be run past the guard, unless Multus has another "binDir": add ":${MULTUS_BIN_DIR}" to the directories of plugins\n`
}

/** Without keys everything guarded would be refused from the first moment on. */
function planKeys({ keys, mode }: InstallOptions, directory: string): Step[] {
  const file = join(directory, KEYS_FILE)
  const known = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  if (keys === undefined) {
    const effective = mode ?? readObject(join(directory, SETTINGS_FILE)).mode
    if (known === undefined && effective !== 'audit') throw new InstallError(NO_KEYS)
    return []
  }
  parseKeySet(keys)
  return planFile(file, keys)
}

function planRevocations({ revocations }: InstallOptions, directory: string): Step[] {
  const file = join(directory, REVOCATIONS_FILE)
  if (revocations === undefined) return []
  parseRevocations(revocations)
  return planFile(file, revocations)
}

const NO_KEYS =
  'the node has no keys, and would refuse every VLAN: add --keys FILE (socni-ctl keys export), or start with --mode audit'

/** A part of its own, so that a mode is set (an emergency may ask for one) whatever is wrong with the facts. */
function checkFacts({ problem }: PublishedFacts): Step[] {
  if (problem !== undefined) throw problem
  return []
}

function planSettings(
  { mode, node, log, confDir }: InstallOptions,
  { fields, unknown }: PublishedFacts,
  directory: string,
): Step[] {
  const file = join(directory, SETTINGS_FILE)
  const known = readObject(file)
  const wanted = {
    mode: 'enforce',
    log: '/var/log/socni-cni.log',
    ...known,
    ...fields,
    ...(mode !== undefined && { mode }),
    ...(node !== undefined && { node }),
    ...(log !== undefined && { log }),
  }
  const cluster = planClusterNetwork(confDir, known, wanted.mode)
  const text = `${JSON.stringify({ ...wanted, ...cluster?.fields }, null, 2)}\n`
  const left = unknown.map(key => `"${key}" is no fact that this version knows, and is left out`)
  const what = [wanted.mode, ...(cluster === undefined ? [] : [cluster.text]), ...left].join('; ')
  return planFile(file, text, ` (${what})`)
}

/** Where the cluster's own network is another than Flannel's, no pod would start for want of a claim to it. */
function planClusterNetwork(
  confDir: string,
  known: JsonObject,
  mode: unknown,
): { fields: ClusterNetworks; text: string } | undefined {
  const own = findClusterNetwork(confDir)
  if (own === undefined) return undefined
  if (own.type !== 'bridge') {
    if (mode === 'audit') return undefined
    throw new InstallError(
      `the cluster's own network "${own.name}" is of type "${own.type}", which the guard would refuse to every pod: for eth0 it lets bridge alone pass; install with --mode audit, which refuses nothing`,
    )
  }
  const { clusterNetworks, clusterBridges } = decodeClusterNetworks(known, (key, wanted) => {
    throw new InstallError(`${SETTINGS_FILE} has a "${key}" that is not ${wanted}`)
  })
  const { name, master } = own
  if (master === undefined || (clusterNetworks.includes(name) && clusterBridges.includes(master)))
    return undefined
  return {
    fields: {
      clusterNetworks: [...new Set([...clusterNetworks, name])],
      clusterBridges: [...new Set([...clusterBridges, master])],
    },
    text: `"${name}" on "${master}" is the cluster's own network`,
  }
}
