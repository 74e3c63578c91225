import { Command, CommanderError, type Option } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { InstallError } from '../../plugin/install-error.ts'
import { KeyError } from '../claims/jwk.ts'
import { UnreadableFileError } from '../files/read-text.ts'
import { BaselineError } from '../lint/baseline.ts'
import { WebhookCallError } from '../review/client.ts'
import { StoreError } from '../store/store.ts'
import { addClaim } from './claim.ts'
import {
  type AddCommand,
  DEFAULT_POLICY_DIR,
  type ExitCode,
  FailureError,
  type Setup,
  type Terminal,
  UsageError,
} from './command.ts'
import { addCompletion } from './completion.ts'
import { addDoctor } from './doctor.ts'
import { addGenerate } from './generate.ts'
import { addInstall } from './install.ts'
import { addKeys } from './keys.ts'
import { addLint } from './lint.ts'
import { addList } from './list.ts'
import { addMap } from './map.ts'
import { checkNeeded } from './options.ts'
import { addReview } from './review.ts'
import { addExplain, addRules } from './rules.ts'
import { addTenant } from './tenant.ts'
import { addVlans } from './vlans.ts'

const subcommands: readonly AddCommand[] = [
  addLint,
  addRules,
  addExplain,
  addReview,
  addList,
  addVlans,
  addTenant,
  addGenerate,
  addKeys,
  addClaim,
  addDoctor,
  addInstall,
  addMap,
  addCompletion,
]

/** Runs a command line. A wrong one is exit code 2, a world that fails 3, each with one line on stderr. */
export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exit: ExitCode = 0
  const program = buildProgram(terminal, code => {
    exit = code
  })
  if (args.length === 0) {
    program.outputHelp({ error: true })
    return 2
  }
  try {
    checkHelp(args, program)
    await program.parseAsync([...args], { from: 'user' })
    return exit
  } catch (error) {
    return report(error, terminal)
  }
}

/** Commander shows its whole help for a command that is none. */
function checkHelp([word, name]: readonly string[], { commands }: Command): void {
  const names = commands.map(command => command.name())
  if (word !== 'help' || name === undefined || name.startsWith('-') || names.includes(name)) return
  throw new UsageError(`unknown command '${name}': use ${names.join(', ')}`)
}

/** The whole command line; `finish` is told how an action ended. */
export function buildProgram(terminal: Terminal, finish: (exit: ExitCode) => void): Command {
  const program = newProgram(terminal)
  program.hook('preAction', (_, command) => {
    checkNeeded(command)
    const isNamed = ['policyDir', 'keysDir'].some(name => program.getOptionValueSource(name) !== 'default')
    program.setOptionValue('isClusterMeant', terminal.isKubectlPlugin === true && !isNamed)
  })
  const action: Setup['action'] =
    run =>
    async (...given) =>
      finish(await run(...given))
  for (const add of subcommands) add(program, { terminal, action })
  explainErrors(program)
  return program
}

/** One line in our own form: what is wrong, then what was perhaps meant, or all that is accepted. */
function explainErrors(command: Command): void {
  const names = command.commands.map(sub => sub.name()).join(', ')
  const accepted = (text: string): string => {
    if (/unknown command '[^']*'$/.test(text)) return `: use ${names}`
    const [, missing] = /missing required argument '(.*)'$/.exec(text) ?? []
    const argument = command.registeredArguments.find(each => each.name() === missing)
    return argument === undefined ? '' : `: ${argument.description}`
  }
  command.configureOutput({
    outputError: (text, write) => {
      const line = text
        .replace(/^error: /, '')
        .trimEnd()
        .replaceAll('\n', ' ')
      write(`socni-ctl: ${line}${accepted(line)}\n`)
    },
  })
  for (const sub of command.commands) explainErrors(sub)
}

/** Options of the program that mean something to some commands only; the help of the others leaves them out. */
const MEANT_FOR: Readonly<Record<string, readonly string[]>> = {
  '--keys-dir': ['review', 'revoke', 'delete', 'tenant', 'keys', 'claim', 'install'],
  '--config-dir': ['list', 'status', 'install', 'uninstall'],
  '--tenant-id': ['create', 'grant', 'delete', 'tenant'],
}

/** Those of the program that a subcommand takes: `keys rotate` what `keys` does. */
function globalOptions(command: Command): Option[] {
  const { parent } = command
  if (parent === null) return []
  if (parent.parent !== null) return globalOptions(parent)
  return parent.options.filter(({ long }) => MEANT_FOR[long ?? '']?.includes(command.name()) ?? true)
}

function newProgram(terminal: Terminal): Command {
  return (
    new Command('socni-ctl')
      .description(
        'Keeps the tenants of a cluster inside their own VLANs: lint manifests, manage VLANs, grants and keys.',
      )
      .configureOutput({
        writeOut: terminal.stdout,
        writeErr: terminal.stderr,
      })
      // The same on every terminal, so that it can be documented.
      .configureHelp({ showGlobalOptions: true, visibleGlobalOptions: globalOptions, helpWidth: 100 })
      .version(packageJson.version)
      .exitOverride()
      .option('--format <format>', 'how to print: text, json, yaml (lint has more)', 'text')
      .option('--policy-dir <dir>', 'directory of Tenants and cluster configuration', DEFAULT_POLICY_DIR)
      .option('--keys-dir <dir>', 'directory of the keys that sign claims', '.socni/keys')
      .option('--config-dir <dir>', "the node's directory of CNI configurations")
      .option('--tenant-id <name>', 'whose VLANs are created, granted and revoked', 'admin')
      .option('--kubeconfig <file>', 'work on a cluster instead of --policy-dir and --keys-dir')
      .option('--context <name>', 'context of the kubeconfig')
      .addHelpText('after', '\nEvery command has examples: socni-ctl COMMAND --help')
  )
}

function report(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) {
    // Commander has printed the help, or the message and what was perhaps meant.
    return error.exitCode === 0 ? 0 : 2
  }
  if (!(error instanceof Error)) throw error
  const isUsage = error instanceof UsageError
  if (!isUsage && !isFailure(error)) throw error
  terminal.stderr(`socni-ctl: ${error.message}\n`)
  return isUsage ? 2 : 3
}

/** What the world does to us; anything else is our own mistake, and is not dressed up as one of these. */
function isFailure(error: Error): boolean {
  return (
    error instanceof FailureError ||
    error instanceof KeyError ||
    error instanceof BaselineError ||
    error instanceof StoreError ||
    error instanceof InstallError ||
    error instanceof WebhookCallError ||
    error instanceof UnreadableFileError ||
    'syscall' in error
  )
}
