import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { arch } from 'node:os'
import { join, resolve } from 'node:path'
import { type InstallOptions, planInstall, warnOfUnguarded } from '../../plugin/install.ts'
import { type Taking, takeSteps } from '../../plugin/one-installer.ts'
import { planUninstall } from '../../plugin/uninstall.ts'
import { KeyError } from '../claims/jwk.ts'
import { parseKeySet, printKeySet } from '../claims/keys.ts'
import { printRevocations } from '../claims/revocations.ts'
import { chosenBinDirs, findDistribution } from '../doctor/distribution.ts'
import { Tree } from '../doctor/tree.ts'
import { readTextFile } from '../files/read-text.ts'
import type { PublishedKeys } from '../store/keys.ts'
import { askFirst, readRoot } from './arguments.ts'
import {
  type AddCommand,
  choose,
  type ExitCode,
  FailureError,
  type GlobalFlags,
  type Terminal,
} from './command.ts'
import { isInCluster, namesCluster, openKeyStore } from './store.ts'

interface InstallFlags extends GlobalFlags {
  readonly plugin?: string
  readonly keys?: string
  readonly facts?: string
  readonly mode?: string
  readonly node?: string
  readonly log?: string
  readonly root: string
  readonly binDir?: string
  readonly dryRun?: true
  readonly yes?: true
}

/** `socni-ctl install` and `uninstall`: the guard on this node, as its own executable installs itself. */
export const addInstall: AddCommand = (program, { terminal, action }) => {
  program
    .command('install')
    .summary('put the guard in the place of the CNI plugins of this node')
    .description(
      'Puts the guard in the place of the CNI plugins of this node. --config-dir and --bin-dir name its directories.',
    )
    .option('--plugin <file>', "the guard's executable (default: the one in dist/plugin for this machine)")
    .option(
      '--bin-dir <dir>',
      'directories of CNI plugins, with ":" between them (default: as the distribution has them)',
    )
    .option('--keys <file>', 'public keys (default: those in --keys-dir, or of the cluster)')
    .option(
      '--facts <file>',
      "what the cluster's configuration says (facts.json of ConfigMap socni-keys; default: that of the cluster)",
    )
    .option('--mode <mode>', 'enforce or audit (default: what is configured, else enforce)')
    .option('--node <name>', 'what the node is called in the cluster')
    .option('--log <file>', 'where decisions are written')
    .option('--root <dir>', 'where the file system of the node is', '/')
    .option('--dry-run', 'only print what would be done')
    .addHelpText(
      'after',
      '\nExamples:\n  sudo socni-ctl install --dry-run\n  sudo socni-ctl install --mode audit\n  sudo socni-ctl --kubeconfig /etc/rancher/k3s/k3s.yaml install',
    )
    .action(action((_, command) => install(command.optsWithGlobals(), terminal)))
  program
    .command('uninstall')
    .summary('take the guard off this node')
    .description(
      'Puts the real plugins back where they were, and removes the guard with its configuration and keys.',
    )
    .option(
      '--bin-dir <dir>',
      'directories of CNI plugins, with ":" between them (default: as the distribution has them)',
    )
    .option('--root <dir>', 'where the file system of the node is', '/')
    .option('--dry-run', 'only print what would be done')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  sudo socni-ctl uninstall --yes')
    .action(action((_, command) => uninstall(command.optsWithGlobals(), terminal)))
}

async function install(flags: InstallFlags, terminal: Terminal): Promise<ExitCode> {
  choose('--format', flags.format, ['text'])
  const mode = flags.mode === undefined ? undefined : choose('--mode', flags.mode, ['enforce', 'audit'])
  const { binDirs, confDir, root } = directories(flags, terminal)
  const read = (file: string): string => readTextFile(resolve(terminal.directory, file))
  const published = await publishedFor(flags, terminal)
  const options: InstallOptions = {
    binDirs,
    confDir,
    root,
    executable: flags.plugin === undefined ? builtPlugin() : resolve(terminal.directory, flags.plugin),
    keys: flags.keys === undefined ? published && printKeySet(published.keys) : keysIn(flags.keys, read),
    revocations: published?.revocations.length ? printRevocations(published.revocations) : undefined,
    facts: flags.facts === undefined ? published?.facts : read(flags.facts),
    mode,
    node: flags.node,
    log: flags.log,
  }
  if (!existsSync(options.executable))
    throw new FailureError(`${options.executable} does not exist: npm run build:plugin`)
  takeSteps(() => planInstall(options), taking(binDirs, flags, terminal))
  terminal.stderr(warnOfUnguarded(options))
  return 0
}

/** The public keys in a file that was named. */
function keysIn(file: string, read: (file: string) => string): string {
  const text = read(file)
  try {
    parseKeySet(text)
    return text
  } catch (error) {
    throw error instanceof KeyError ? new FailureError(`--keys ${file}: ${error.message}`) : error
  }
}

function uninstall(flags: InstallFlags, terminal: Terminal): ExitCode {
  choose('--format', flags.format, ['text'])
  const places = directories(flags, terminal)
  if (planUninstall(places).length > 0)
    askFirst('Take the guard off this node? Nothing checks claims here any more.', flags, terminal)
  takeSteps(() => planUninstall(places), taking(places.binDirs, flags, terminal))
  return 0
}

function taking(binDirs: readonly string[], flags: InstallFlags, { stdout }: Terminal): Taking {
  return { binDirs, tryLock, isDryRun: flags.dryRun === true, stdout }
}

/**
 * As the guard's own installer locks, which Node itself cannot: flock(1) locks the open file that it shares with us, and
 * the lock stays. Where there is none (macOS, with the file system of a node) nobody else installs either.
 */
function tryLock(file: number): boolean {
  const { error, status } = spawnSync('flock', ['-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', file] })
  return error !== undefined || status !== 1
}

/** What the cluster, or the webhook beside us, has for nodes; without either the node may have what it needs. */
async function publishedFor(flags: InstallFlags, terminal: Terminal): Promise<PublishedKeys | undefined> {
  const isFound = isInCluster(flags) || existsSync(resolve(terminal.directory, flags.keysDir))
  return namesCluster(flags) || (flags.keys === undefined && isFound)
    ? (await openKeyStore(flags, terminal)).published()
    : undefined
}

function directories(
  flags: InstallFlags,
  terminal: Terminal,
): Pick<InstallOptions, 'binDirs' | 'confDir'> & { readonly root: string } {
  const root = readRoot(flags.root, terminal)
  const found = findDistribution(new Tree(root))
  const binDirs = chosenBinDirs(flags.binDir, found)
  const confDir = flags.configDir ?? found?.confDir
  if (binDirs === undefined || confDir === undefined)
    throw new FailureError(
      'this is neither K3s, RKE2, kubeadm nor OpenShift: name its directories with --bin-dir and --config-dir',
    )
  return { root, binDirs: binDirs.map(directory => join(root, directory)), confDir: join(root, confDir) }
}

/** Built for this machine; Debian and K3s's own systems have glibc, others say --plugin. */
function builtPlugin(): string {
  const machine = arch() === 'arm64' ? 'arm64' : 'x64'
  return join(import.meta.dirname, `../../dist/plugin/linux-${machine}-glibc/socni`)
}
