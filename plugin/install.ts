import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseKeySet } from '../src/claims/keys.ts'
import { parseRevocations } from '../src/claims/revocations.ts'
import {
  CONF_DIR_FILE,
  GUARD_TYPE as GUARD,
  GUARDED_PLUGINS,
  GUARD_DIRECTORY as PRIVATE,
} from '../src/cni/guarded.ts'
import { MULTUS_BIN_DIR } from '../src/doctor/distribution.ts'
import { writeAtomically } from '../src/files/atomic.ts'
import type { JsonObject } from '../src/json/value.ts'
import { findClusterNetwork } from './cluster-network.ts'
import { copyExecutable, isSameFile, readHeader } from './executable.ts'
import { type ClusterNetworks, decodeClusterNetworks } from './facts.ts'
import { InstallError } from './install-error.ts'
import { buildLauncher } from './launcher.ts'
import { type PublishedFacts, readPublishedFacts } from './published-facts.ts'
import { readObject } from './read-object.ts'
import {
  isGuard,
  isReal,
  isThere,
  putStandIn,
  RECORD,
  readRecord,
  replacePlugin,
  resolved,
  restorePlugin,
  temporaryOf,
} from './stand-in.ts'

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

/** What an installation would do, or did, a line a step. */
export interface Step {
  readonly text: string
  readonly run: () => void
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
  for (const directory of [...binDirs.slice(0, 1), confDir])
    if (!existsSync(directory))
      throw new InstallError(
        `${directory} does not exist: name the node's CNI directories with CNI_BIN_DIR and CNI_CONF_DIR`,
      )
  const settings = join(confDir, PRIVATE)
  const facts = readPublishedFacts(options.facts)
  return [
    () => planDirectory(settings),
    () => planKeys(options, settings),
    () => planRevocations(options, settings),
    () => planSettings(options, facts, settings),
    () => checkFacts(facts),
    ...distinct(binDirs).map(directory => () => planPlugins(options, directory)),
  ]
}

/** Whether the guard has settings and keys on this node already, to go on with. */
export function isInstalled({ confDir }: Pick<InstallOptions, 'confDir'>): boolean {
  return ['guard.json', 'keys.json'].every(name => existsSync(join(confDir, PRIVATE, name)))
}

/** Real plugins where Multus looks first, in a directory that is not taken: a line for people, or none. */
export function describePassed({ binDirs, root = '/' }: Pick<InstallOptions, 'binDirs' | 'root'>): string {
  const directory = join(root, MULTUS_BIN_DIR)
  const isTaken = distinct([...binDirs, directory]).length === distinct(binDirs).length
  const real = isTaken ? [] : GUARDED_PLUGINS.filter(name => isReal(join(directory, name)))
  if (real.length === 0) return ''
  return `warning: ${real.join(', ')} in ${MULTUS_BIN_DIR} can be run past the guard, unless Multus has another "binDir": add ":${MULTUS_BIN_DIR}" to the directories of plugins\n`
}

/** Those that are there, each once: /opt/cni/bin may be a link to another, or one may be mounted at two places. */
function distinct(directories: readonly string[]): string[] {
  const seen = new Map<string, string>()
  for (const directory of directories) {
    if (!existsSync(directory)) continue
    const { dev, ino } = statSync(directory)
    const identity = `${dev}:${ino}`
    if (!seen.has(identity)) seen.set(identity, directory)
  }
  return [...seen.values()]
}

function planDirectory(directory: string): Step[] {
  if (existsSync(directory)) return []
  return [{ text: `make ${directory}`, run: () => mkdirSync(directory, { recursive: true, mode: 0o755 }) }]
}

/** Writes a file that says something else, or is not there. */
function planFile(file: string, content: string | Buffer, remark = '', mode = 0o644): Step[] {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  if (existsSync(file) && statSync(file).size === bytes.length && readFileSync(file).equals(bytes)) return []
  return [{ text: `write ${file}${remark}`, run: () => writeAtomically(file, bytes, mode) }]
}

function planPlugins({ executable, binDirs, confDir, root = '/' }: InstallOptions, binDir: string): Step[] {
  const guard = join(binDir, PRIVATE, GUARD)
  const copy = {
    text: `copy the guard to ${guard}`,
    run: () => copyExecutable(executable, guard, temporaryOf(binDir, GUARD)),
  }
  // A link into another of the directories leads to the guard there.
  const others = distinct(binDirs)
    .filter(other => other !== binDir)
    .map(resolved)
  const isOwn = (file: string): boolean => !others.includes(dirname(resolved(file)))
  const path = join('/', relative(root, binDir), GUARD)
  const absent = GUARDED_PLUGINS.filter(name => !isThere(join(binDir, name)))
  const replaced = GUARDED_PLUGINS.filter(name => isReal(join(binDir, name)) && isOwn(join(binDir, name)))
  // Or the runtime finds them in a directory behind this one that nobody named, and runs them itself.
  const standIns = {
    text: `put the guard under the names of plugins that are not in ${binDir}: ${absent.join(', ')}`,
    run: () => {
      for (const name of absent) putStandIn(binDir, name, path)
    },
  }
  return [
    ...planDirectory(join(binDir, PRIVATE)),
    ...planFile(join(binDir, PRIVATE, CONF_DIR_FILE), `${join('/', relative(root, confDir))}\n`),
    ...(isSameFile(executable, guard) ? [] : [copy]),
    ...planLauncher(executable, join(binDir, GUARD), join(dirname(path), PRIVATE, GUARD)),
    ...replaced.map(name => ({
      text: `put the guard in the place of ${join(binDir, name)}`,
      run: () => replacePlugin(binDir, name, path),
    })),
    ...(absent.length === 0 ? [] : [standIns]),
  ]
}

/** What is called by the guard's name, and calls the guard. */
function planLauncher(executable: string, file: string, guard: string): Step[] {
  const launcher = buildLauncher(guard, readHeader(executable))
  if (launcher === undefined)
    throw new InstallError(`${executable} is no program for x86-64 or arm64: use one of dist/plugin`)
  return planFile(file, launcher, '', 0o755)
}

/** What brings everything back to how it was. A plugin that somebody put back meanwhile stays. */
export function planUninstall({ binDirs, confDir }: Pick<InstallOptions, 'binDirs' | 'confDir'>): Step[] {
  return [...distinct(binDirs).flatMap(planRestoring), ...planRemoval([join(confDir, PRIVATE)])]
}

function planRestoring(binDir: string): Step[] {
  const privateDir = join(binDir, PRIVATE)
  const links = readRecord(privateDir)
  const names = existsSync(privateDir) ? readdirSync(privateDir).filter(name => name !== RECORD) : []
  const steps = names
    .filter(name => isGuard(join(binDir, name)))
    .map(name => ({
      text: `put ${join(binDir, name)} back`,
      run: () => restorePlugin(binDir, name, links[name]),
    }))
  const standIns = GUARDED_PLUGINS.filter(name => !names.includes(name))
    .map(name => join(binDir, name))
    .filter(isGuard)
  return [...steps, ...planRemoval([...standIns, privateDir, join(binDir, GUARD)])]
}

function planRemoval(paths: readonly string[]): Step[] {
  return paths
    .filter(isThere)
    .map(path => ({ text: `remove ${path}`, run: () => rmSync(path, { recursive: true, force: true }) }))
}

/** Does the steps, or only says what they would be; returns the exit code. */
export function carryOut(steps: readonly Step[], isDryRun: boolean, stdout: (text: string) => void): 0 {
  if (steps.length === 0) stdout('nothing to do\n')
  carryOutSteps(steps, isDryRun, stdout)
  return 0
}

/** The same, without a word where there is nothing to do. */
export function carryOutSteps(
  steps: readonly Step[],
  isDryRun: boolean,
  stdout: (text: string) => void,
): void {
  for (const { text, run } of steps) {
    if (!isDryRun) run()
    stdout(`${isDryRun ? 'would ' : ''}${text}\n`)
  }
}

/** Without keys everything guarded would be refused from the first moment on. */
function planKeys({ keys, mode }: InstallOptions, settings: string): Step[] {
  const file = join(settings, 'keys.json')
  const known = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  if (keys === undefined) {
    const effective = mode ?? readObject(join(settings, 'guard.json')).mode
    if (known === undefined && effective !== 'audit') throw new InstallError(NO_KEYS)
    return []
  }
  parseKeySet(keys)
  return planFile(file, keys)
}

function planRevocations({ revocations }: InstallOptions, settings: string): Step[] {
  const file = join(settings, 'revocations.json')
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
  settings: string,
): Step[] {
  const file = join(settings, 'guard.json')
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
    throw new InstallError(`guard.json has a "${key}" that is not ${wanted}`)
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
