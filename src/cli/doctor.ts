import { resolve } from 'node:path'
import { styleText } from 'node:util'
import type { Check } from '../doctor/check.ts'
import { DISTRIBUTIONS } from '../doctor/distribution.ts'
import { examineInstallation } from '../doctor/installation.ts'
import { examineManifests } from '../doctor/manifest.ts'
import { examineNode } from '../doctor/node.ts'
import { readTextFile } from '../files/read-text.ts'
import { printable } from '../json/quote.ts'
import { STDIN } from '../lint/result.ts'
import { readWorld, type World } from '../manage/world.ts'
import { readRoot } from './arguments.ts'
import {
  type AddCommand,
  choose,
  type ExitCode,
  type GlobalFlags,
  type Terminal,
  UsageError,
} from './command.ts'
import { listOption } from './options.ts'
import { printPlain } from './output.ts'
import { openInstalled, openStore } from './store.ts'

interface DoctorFlags extends GlobalFlags {
  readonly root: string
  readonly manifest?: string
  readonly distribution: string
  readonly master?: readonly string[]
  readonly nodes?: string
  readonly cluster?: true
}

/** `socni-ctl doctor`: what a node, or an installation of Multus, lacks. */
export const addDoctor: AddCommand = (program, { terminal, action }) => {
  program
    .command('doctor')
    .summary('look for what a node, a cluster, or a Multus manifest, lacks')
    .description(
      'Looks at the files of a node, with --cluster at what is installed of SOCNI in a cluster, or with --manifest at Helm values, a HelmChart or a DaemonSet of Multus: what was found, why it matters, and what mends it. Exit code 1 when something is wrong.',
    )
    .option('--cluster', 'judge webhook, certificate, Tenants and guard of the live cluster, read-only')
    .option('--root <dir>', 'where the file system of the node is', '/')
    .option(
      '--manifest <file>',
      'judge Helm values, a HelmChart or a DaemonSet of Multus; - is standard input',
    )
    .option('--distribution <name>', `what the manifest is for: ${DISTRIBUTIONS.join(', ')}`, 'k3s')
    .addOption(
      listOption(
        '--master <interface>',
        'host interface that must be there (default: those of the policy); repeatable',
      ),
    )
    .option('--nodes <n>', 'how many nodes the cluster has')
    .addHelpText(
      'after',
      '\nExamples:\n  sudo socni-ctl doctor\n  socni-ctl --kubeconfig ~/.kube/config doctor --cluster\n  socni-ctl doctor --manifest multus-values.yaml',
    )
    .action(action((_, command) => doctor(command.optsWithGlobals(), terminal)))
}

async function doctor(flags: DoctorFlags, terminal: Terminal): Promise<ExitCode> {
  const chosen = choose('--format', flags.format, ['text', 'json', 'yaml'])
  if (flags.cluster && flags.manifest !== undefined)
    throw new UsageError('--cluster and --manifest are two questions: run the command for each')
  const checks = flags.cluster
    ? examineInstallation(await openInstalled(flags, terminal))
    : flags.manifest === undefined
      ? await examine(flags, terminal)
      : judge(flags.manifest, flags, terminal)
  terminal.stdout(
    chosen === 'text'
      ? checks.map(check => describe(check, terminal.color)).join('')
      : printPlain(checks, chosen),
  )
  return checks.some(({ status }) => status === 'error') ? 1 : 0
}

async function examine(flags: DoctorFlags, terminal: Terminal): Promise<Check[]> {
  const { nodes } = flags
  if (nodes !== undefined && !/^[1-9]\d{0,5}$/.test(nodes))
    throw new UsageError(`--nodes "${nodes}" is no number of nodes: use 1 or more`)
  const root = readRoot(flags.root, terminal)
  const { tenants, inventory } = await readWorld(await openStore(flags, terminal), terminal.stderr)
  return examineNode(root, {
    masters: flags.master ?? mastersOf(tenants),
    cluster: inventory.cluster,
    nodes: nodes === undefined ? undefined : Number(nodes),
  })
}

function mastersOf(tenants: World['tenants']): string[] {
  return [
    ...new Set([...tenants.values()].flatMap(({ tenant }) => tenant.vlans.flatMap(({ masters }) => masters))),
  ]
}

function judge(file: string, flags: DoctorFlags, terminal: Terminal): Check[] {
  const distribution = choose('--distribution', flags.distribution, DISTRIBUTIONS)
  const text = file === '-' ? terminal.stdin() : readTextFile(resolve(terminal.directory, file))
  return examineManifests(text, file === '-' ? STDIN : file, distribution)
}

const COLORS = { ok: 'green', warning: 'yellow', error: 'red', unknown: 'cyan' } as const

function describe({ id, status, title, found, why, mend }: Check, color: boolean): string {
  const mark = color ? styleText(COLORS[status], status, { validateStream: false }) : status
  const head = `${mark}${' '.repeat(8 - status.length)}${title} [${id}]\n          ${printable(found)}\n`
  return status === 'ok'
    ? head
    : `${head}          ${why}\n${mend === undefined ? '' : `          mend: ${printable(mend)}\n`}`
}
