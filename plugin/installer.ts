import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { KeyError } from '../src/claims/jwk.ts'
import { chosenBinDirs, findDistribution } from '../src/doctor/distribution.ts'
import { Tree } from '../src/doctor/tree.ts'
import type { Variables } from './environment.ts'
import { hasSettings, type InstallOptions, planInstall, planParts, warnOfUnguarded } from './install.ts'
import { InstallError } from './install-error.ts'
import { tryLock } from './libc.ts'
import { runAlone, takeSteps } from './one-installer.ts'
import { runSteps, type Step } from './steps.ts'
import { planUninstall } from './uninstall.ts'

const USAGE = `Usage: socni install [options]
       socni uninstall [--watch] [--dry-run]

  --keys FILE         public keys that claims are verified with (socni-ctl keys export)
  --revocations FILE  claims that no longer count (ConfigMap socni-system/socni-keys)
  --facts FILE        what the cluster's configuration says of interfaces and namespaces (the same ConfigMap)
  --mode MODE         enforce or audit (default: what is configured, else enforce)
  --node NAME         what the node is called in the cluster
  --log FILE          where decisions are written (default: /var/log/socni-cni.log)
  --watch             stay, and put the guard back whenever an upgrade replaces it; with uninstall only stay
  --dry-run           print what would be done

CNI_BIN_DIR (several with ":" between them) and CNI_CONF_DIR name the node's directories; without them they are found as
the distribution has them, with /opt/cni/bin besides, where Multus looks first.
`

/** How often a plugin that an upgrade has put back is looked for. */
const WATCH_MS = 5_000

export interface InstallerWorld {
  readonly args: readonly string[]
  readonly variables: Variables
  /** This program's own file. */
  readonly executable: string
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
}

/** `socni install` and `socni uninstall`, of the guard's executable itself: a node needs nothing else. */
export function runInstaller(world: InstallerWorld): number {
  try {
    const { values, positionals } = parse(world.args)
    const [verb, ...rest] = positionals
    if (values.help || rest.length > 0 || (verb !== 'install' && verb !== 'uninstall')) {
      world.stdout(USAGE)
      return values.help ? 0 : 2
    }
    return (verb === 'uninstall' ? uninstall : install)(values, world)
  } catch (error) {
    const isOurs =
      error instanceof InstallError ||
      error instanceof KeyError ||
      (error instanceof Error && 'code' in error)
    if (!isOurs) throw error
    world.stderr(`socni: ${error.message}\n`)
    const isUsage = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_')
    return isUsage ? 2 : 3
  }
}

type Values = ReturnType<typeof parse>['values']

function uninstall(values: Values, world: InstallerWorld): number {
  const directories = findDirectories(world.variables)
  const plan = (): Step[] => planUninstall(directories)
  const isDryRun = values['dry-run']
  takeSteps(plan, { ...directories, tryLock, isDryRun, stdout: world.stdout })
  if (values.watch && !isDryRun) watch(() => [plan], directories, world)
  return 0
}

function install(values: Values, world: InstallerWorld): number {
  const directories = findDirectories(world.variables)
  const isDryRun = values['dry-run']
  const read = readersOf(values, directories, world.executable)
  const isWatching = values.watch && !isDryRun
  // All or nothing on a node without it. One that has it gets revocations whatever is wrong with the rest, which is told by
  // the exit: a rollout waits for what stays up.
  if (isWatching && hasSettings(directories)) {
    if (!runParts(read.parts, directories, world)) return 3
  } else
    takeSteps(() => planInstall(read.options()), { ...directories, tryLock, isDryRun, stdout: world.stdout })
  world.stderr(warnOfUnguarded(directories))
  if (isWatching) watch(read.parts, directories, world)
  return 0
}

/** What is to be installed, read anew each time: the DaemonSet's files change. */
function readersOf(values: Values, directories: Directories, executable: string) {
  const { mode } = values
  if (mode !== undefined && mode !== 'enforce' && mode !== 'audit')
    throw new InstallError(`--mode "${mode}" is not understood: use enforce or audit`)
  const optionsWith = (keys: string | undefined): InstallOptions => ({
    ...directories,
    executable,
    keys,
    revocations: readIfThere(values.revocations),
    facts: readIfThere(values.facts),
    mode,
    node: values.node,
    log: values.log,
  })
  const readKeys = (): string | undefined =>
    values.keys === undefined ? undefined : readFileSync(values.keys, 'utf8')
  const checkKeys = (): Step[] => {
    readKeys()
    return []
  }
  return {
    options: () => optionsWith(readKeys()),
    parts: (): Parts => [checkKeys, ...planParts(optionsWith(readIfThere(values.keys)))],
  }
}

/** What can be done, and fail, each for itself. */
type Parts = readonly (() => Step[])[]

type Directories = Pick<InstallOptions, 'binDirs' | 'confDir'>

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      keys: { type: 'string' },
      revocations: { type: 'string' },
      facts: { type: 'string' },
      mode: { type: 'string' },
      node: { type: 'string' },
      log: { type: 'string' },
      watch: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
}

/** A cluster in which nothing was revoked yet has no such file. */
function readIfThere(file: string | undefined): string | undefined {
  return file === undefined || !existsSync(file) ? undefined : readFileSync(file, 'utf8')
}

function findDirectories({ CNI_BIN_DIR, CNI_CONF_DIR }: Variables): Directories {
  const found = findDistribution(new Tree('/'))
  const binDirs = chosenBinDirs(CNI_BIN_DIR, found)
  const confDir = CNI_CONF_DIR ?? found?.confDir
  if (binDirs === undefined || confDir === undefined)
    throw new InstallError(
      'this is neither K3s, RKE2, kubeadm nor OpenShift: name its directories with CNI_BIN_DIR and CNI_CONF_DIR',
    )
  return { binDirs, confDir }
}

/**
 * An upgrade of K3s unpacks its plugins anew; until then the guard is put back, new attachments are unchecked. When the
 * guard is taken off, the pod of a DaemonSet that stays says that its node is done.
 */
function watch(parts: () => Parts, directories: Directories, world: InstallerWorld): void {
  setInterval(() => runParts(parts, directories, world), WATCH_MS)
}

/** Does each part for itself; returns whether all could be done. */
function runParts(parts: () => Parts, { binDirs }: Directories, { stdout, stderr }: InstallerWorld): boolean {
  const tryTo = (work: () => void): boolean => {
    try {
      work()
      return true
    } catch (error) {
      stderr(`socni: ${error instanceof Error ? error.message : String(error)}\n`)
      return false
    }
  }
  const outcomes: boolean[] = []
  const runEach = (): void => {
    for (const plan of parts()) outcomes.push(tryTo(() => runSteps(plan(), false, stdout)))
  }
  const isPlanned = tryTo(() => runAlone(binDirs, tryLock, runEach))
  return isPlanned && outcomes.every(isDone => isDone)
}
