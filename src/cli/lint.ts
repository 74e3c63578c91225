import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { type LinterConfiguration, noLinterConfiguration } from '../config/linter.ts'
import type { RuleSettings } from '../config/values.ts'
import { listPolicyFiles } from '../files/list-policy.ts'
import type { LintOptions } from '../lint/lint.ts'
import { lintInParallel } from '../lint/parallel.ts'
import type { LintResult, Source } from '../lint/result.ts'
import { ruleText } from '../lint/rules.ts'
import { count } from '../report/count.ts'
import { reports } from '../report/index.ts'
import type { Report } from '../report/report.ts'
import { readName } from './arguments.ts'
import { leaveOutKnown, writeBaseline } from './baseline.ts'
import {
  type AddCommand,
  choose,
  type ExitCode,
  type GlobalFlags,
  type Terminal,
  UsageError,
} from './command.ts'
import { draftFixes, fixInRounds, writeFixed } from './fix.ts'
import { findConfiguration } from './linter-configuration.ts'
import { listOption } from './options.ts'
import { writeOutputFile } from './output.ts'
import { findSources } from './sources.ts'
import { namesCluster, openCluster } from './store.ts'

interface LintFlags extends GlobalFlags {
  /** --policy-dir was given, and is not the default. */
  readonly isPolicyDirNamed: boolean
  readonly policy?: readonly string[]
  readonly cluster?: true
  readonly namespace?: string
  readonly report?: readonly string[]
  readonly failOn?: string
  readonly maxWarnings?: string
  readonly rule?: readonly string[]
  readonly config: string | boolean
  readonly baseline?: string
  readonly writeBaseline?: string
  readonly fix?: true
  readonly dryRun?: true
}

/** `socni-ctl lint`: the webhook's rules on files. */
export const addLint: AddCommand = (program, { terminal, action }) => {
  program
    .command('lint')
    .summary('judge manifests with the rules of the webhook')
    .description(
      'Judges manifests with the rules of the webhook. Paths are files, directories, patterns, or - for standard input.',
    )
    .argument('[path...]', 'what to lint (default: "paths" in socni.yaml)')
    .addOption(
      listOption(
        '--policy <path>',
        'Tenants, cluster configuration and NADs that are not linted; repeatable',
      ),
    )
    .option(
      '--cluster',
      'judge by the Tenants, NADs and namespaces of the live cluster, read-only: --kubeconfig says so too',
    )
    .option('-n, --namespace <name>', 'where manifests go that do not say so (default: default)')
    .addOption(listOption('--report <format=file>', 'a further report into a file; repeatable'))
    .option('--fail-on <level>', 'error or warning (default: error)')
    .option('--max-warnings <n>', 'fail when there are more warnings')
    .addOption(listOption('--rule <id=setting>', 'off, warn or deny for one rule; repeatable'))
    .addOption(new Option('--config <file>', 'configuration (default: socni.yaml here or above)'))
    .option('--no-config', 'take no configuration file')
    .option('--baseline <file>', 'leave out the findings that this file holds')
    .option('--write-baseline <file>', 'write the findings of this run into a baseline file')
    .option('--fix', 'write the answer to findings that have exactly one')
    .option('--dry-run', 'with --fix or --write-baseline: only show what would be written')
    .addHelpText(
      'after',
      `
Formats: ${[...reports.keys()].join(', ')}.

Examples:
  socni-ctl lint --policy policy/ deploy/
  helm template my-chart | socni-ctl lint --policy policy/ -
  socni-ctl lint --report sarif=socni.sarif --format github deploy/`,
    )
    .action(
      action(async (paths: string[], _, command: Command) => {
        const isPolicyDirNamed = command.getOptionValueSourceWithGlobals('policyDir') !== 'default'
        return runLint(paths, { ...command.optsWithGlobals(), isPolicyDirNamed }, terminal)
      }),
    )
}

/** All that flags and configuration say of a run. */
interface Run {
  readonly sources: readonly Source[]
  readonly options: LintOptions
  /** Paths that lead nowhere. */
  readonly failures: readonly string[]
  readonly limits: Limits
  readonly baseline: string | undefined
  readonly render: Report
  readonly furtherReports: readonly { readonly render: Report; readonly file: string }[]
}

async function runLint(paths: readonly string[], flags: LintFlags, terminal: Terminal): Promise<ExitCode> {
  const { sources, options, failures, limits, baseline, render, furtherReports } = await prepare(
    paths,
    flags,
    terminal,
  )
  const run = (): Promise<LintResult> => lintSources(sources, options, terminal)
  let result = await run()
  if (flags.fix) {
    const fixed = flags.dryRun
      ? await draftFixes(result, sources, options, terminal)
      : await fixInRounds(result, sources, run, ({ path }, text) =>
          writeFixed(path, text, terminal.directory),
        )
    terminal.stderr(`${flags.dryRun ? 'would fix' : 'fixed'} ${count(fixed.count, 'finding')}\n`)
    // What a dry run prints is what there is.
    if (!flags.dryRun) result = fixed.result
  }
  result = { ...result, failures: [...failures, ...result.failures] }
  let exit: ExitCode = 0
  if (flags.writeBaseline !== undefined) writeBaseline(result, flags.writeBaseline, flags.dryRun, terminal)
  if (flags.writeBaseline === undefined || flags.dryRun) {
    result = leaveOutKnown(result, sources, baseline, terminal)
    terminal.stdout(render(result, { color: terminal.color }))
    for (const { render: renderFurther, file } of furtherReports)
      writeOutputFile('--report', file, renderFurther(result, { color: false }), terminal)
    exit = exitCode(result, limits)
  }
  for (const failure of result.failures) terminal.stderr(`socni-ctl: ${failure}\n`)
  return result.failures.length > 0 ? 3 : exit
}

/** Reads flags and configuration, and finds what they name. Throws a UsageError for what is wrong with them. */
async function prepare(paths: readonly string[], flags: LintFlags, terminal: Terminal): Promise<Run> {
  const named = typeof flags.config === 'string' ? flags.config : undefined
  const configuration =
    flags.config === false ? noLinterConfiguration : findConfiguration(terminal.directory, named)
  const limits = readLimits(flags, configuration)
  const wanted = paths.length > 0 ? paths : configuration.paths
  if (wanted.length === 0)
    throw new UsageError('name what to lint: files, directories, or - for standard input')
  if (flags.dryRun && !flags.fix && flags.writeBaseline === undefined)
    throw new UsageError('--dry-run is for --fix and --write-baseline: lint alone writes nothing')
  if (flags.fix && wanted.includes('-')) throw new UsageError('standard input cannot be fixed: name a file')
  const render = reportNamed('--format', flags.format)
  const furtherReports = (flags.report ?? []).map(text => {
    const [format, file] = split(text, '--report', 'FORMAT=FILE')
    return { render: reportNamed('--report', format), file }
  })
  const linted = findSources(wanted, configuration.exclude, terminal)
  const isCluster = flags.cluster === true || namesCluster(flags)
  const policy = findSources(policyPaths(flags, configuration, isCluster, terminal), [], terminal)
  return {
    sources: linted.sources,
    options: {
      policy: policy.sources,
      cluster: isCluster ? await (await openCluster(flags, terminal)).list() : undefined,
      rules: { ...configuration.rules, ...readRules(flags.rule ?? []) },
      namespace:
        flags.namespace === undefined
          ? (configuration.namespace ?? 'default')
          : readName('--namespace', flags.namespace),
    },
    failures: [...linted.failures, ...policy.failures],
    limits,
    baseline: flags.baseline ?? configuration.baseline,
    render,
    furtherReports,
  }
}

/** What is named; without anything the directory that every other command works on. */
function policyPaths(
  { policy = [], policyDir, isPolicyDirNamed }: LintFlags,
  configuration: LinterConfiguration,
  isCluster: boolean,
  { directory }: Terminal,
): string[] {
  const named = [...configuration.policy, ...policy, ...(isPolicyDirNamed ? [policyDir] : [])]
  if (named.length > 0 || isCluster) return named
  return listPolicyFiles(resolve(directory, policyDir)).length > 0 ? [policyDir] : []
}

/** On as many cores as are worth it. */
async function lintSources(
  sources: readonly Source[],
  options: LintOptions,
  terminal: Terminal,
): Promise<LintResult> {
  const clear = '\r\u001b[K'
  let shown = -1
  // Files count twice: they are gathered, then judged. A line for each would cost more than the files.
  const progress = (files: number): void => {
    const percent = Math.floor((50 * files) / sources.length)
    if (percent === shown) return
    shown = percent
    terminal.stderr(`${clear}linting: ${percent} % of ${sources.length} files`)
  }
  const result = await lintInParallel(sources, options, terminal.hasProgress ? progress : undefined)
  if (shown >= 0) terminal.stderr(clear)
  return result
}

interface Limits {
  readonly failOn: 'error' | 'warning'
  readonly maxWarnings: number
}

function readLimits(flags: LintFlags, configuration: LinterConfiguration): Limits {
  const failOn = choose('--fail-on', flags.failOn ?? configuration.failOn ?? 'error', ['error', 'warning'])
  if (flags.maxWarnings !== undefined && !/^\d{1,9}$/.test(flags.maxWarnings))
    throw new UsageError(`--max-warnings "${flags.maxWarnings}" is no number: use 0 or more`)
  const most = flags.maxWarnings ?? configuration.maxWarnings
  return { failOn, maxWarnings: most === undefined ? Number.POSITIVE_INFINITY : Number(most) }
}

function exitCode({ findings }: LintResult, { failOn, maxWarnings }: Limits): ExitCode {
  const warnings = findings.filter(({ severity }) => severity === 'warning').length
  const errors = findings.length - warnings
  return errors > 0 || (failOn === 'warning' && warnings > 0) || warnings > maxWarnings ? 1 : 0
}

function readRules(settings: readonly string[]): RuleSettings {
  const entries = settings.map(text => {
    const [id, setting] = split(text, '--rule', 'ID=SETTING')
    return [id, choose('--rule', setting, ['off', 'warn', 'deny'])] as const
  })
  for (const [id] of entries)
    if (ruleText(id) === undefined)
      throw new UsageError(`--rule: "${id}" is no rule: socni-ctl rules lists them`)
  return Object.fromEntries(entries)
}

function reportNamed(flag: string, format: string): Report {
  const name = choose(flag, format, [...reports.keys()])
  const report = reports.get(name)
  if (report === undefined) throw new UsageError(`"${format}" is no format`)
  return report
}

function split(text: string, flag: string, form: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) throw new UsageError(`${flag} "${text}" is not ${form}`)
  return [text.slice(0, at), text.slice(at + 1)]
}
