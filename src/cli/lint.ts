import { parseArgs } from 'node:util'
import { writeAtomically } from '../files/atomic.ts'
import { type LintOptions, type LintResult, lint } from '../lint/lint.ts'
import { allRules } from '../policy/rules/index.ts'
import { reports } from '../report/index.ts'
import type { Report } from '../report/report.ts'
import { type ExitCode, type Subcommand, UsageError } from './command.ts'
import { readSources } from './sources.ts'

const OPTIONS = {
  policy: { type: 'string', multiple: true },
  namespace: { type: 'string', short: 'n', default: 'default' },
  format: { type: 'string', default: 'text' },
  report: { type: 'string', multiple: true },
  'fail-on': { type: 'string', default: 'error' },
  'max-warnings': { type: 'string' },
  rule: { type: 'string', multiple: true },
} as const

/** `socni-ctl lint`: the webhook's rules on files. */
export const lintCommand: Subcommand = {
  name: 'lint',
  summary: 'judge manifests with the rules of the webhook',
  usage: `socni-ctl lint [options] path…

Paths are files, directories, patterns, or - for standard input (helm template … | socni-ctl lint -).

  --policy PATH         Tenants, cluster configuration, NADs that are not linted themselves; repeatable
  -n, --namespace NAME  where manifests go that do not say so (default: default)
  --format FORMAT       ${[...reports.keys()].join(', ')} (default: text)
  --report FORMAT=FILE  a further report into a file; repeatable
  --fail-on LEVEL       error or warning (default: error)
  --max-warnings N      fail when there are more warnings
  --rule ID=SETTING     off, warn or deny for one rule; repeatable
`,

  run(args, terminal) {
    const { values, positionals } = parse(args)
    if (positionals.length === 0)
      throw new UsageError('name what to lint: files, directories, or - for standard input')
    const linted = readSources(positionals, terminal)
    const policy = readSources(values.policy ?? [], terminal)
    const result = lint(linted.sources, {
      policy: policy.sources,
      rules: readRules(values.rule ?? []),
      namespace: values.namespace,
    })

    const texts = new Map([...linted.sources, ...policy.sources].map(({ path, text }) => [path, text]))
    const render = (report: Report, color: boolean) =>
      report(result, { textOf: path => texts.get(path) ?? '', color })
    terminal.stdout(render(reportNamed(values.format), terminal.color))
    for (const wanted of values.report ?? []) {
      const [format = '', file = ''] = split(wanted, '--report', 'FORMAT=FILE')
      writeAtomically(file, render(reportNamed(format), false), 0o644)
    }
    const failures = [...linted.failures, ...policy.failures]
    for (const failure of failures) terminal.stderr(`socni-ctl: ${failure}\n`)
    return failures.length > 0 ? 3 : exitCode(result, values['fail-on'], values['max-warnings'])
  },
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function exitCode({ findings }: LintResult, failOn: string, maxWarnings: string | undefined): ExitCode {
  if (failOn !== 'error' && failOn !== 'warning')
    throw new UsageError(`--fail-on "${failOn}" is no level: use error or warning`)
  const most = maxWarnings === undefined ? Number.POSITIVE_INFINITY : Number(maxWarnings)
  if (Number.isNaN(most) || most < 0) throw new UsageError(`--max-warnings "${maxWarnings}" is no number`)
  const warnings = findings.filter(({ severity }) => severity === 'warning').length
  const errors = findings.length - warnings
  return errors > 0 || (failOn === 'warning' && warnings > 0) || warnings > most ? 1 : 0
}

function readRules(settings: readonly string[]): LintOptions['rules'] {
  return Object.fromEntries(
    settings.map(text => {
      const [id = '', setting = ''] = split(text, '--rule', 'ID=SETTING')
      if (!allRules.some(rule => rule.id === id))
        throw new UsageError(`"${id}" is no rule: socni-ctl rules lists them`)
      if (setting !== 'off' && setting !== 'warn' && setting !== 'deny') {
        throw new UsageError(`"${setting}" is no setting of a rule: use off, warn or deny`)
      }
      return [id, setting]
    }),
  )
}

function reportNamed(format: string): Report {
  const report = reports.get(format)
  if (report === undefined)
    throw new UsageError(`"${format}" is no format: use ${[...reports.keys()].join(', ')}`)
  return report
}

function split(text: string, flag: string, form: string): string[] {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) throw new UsageError(`${flag} "${text}" is not ${form}`)
  return [text.slice(0, at), text.slice(at + 1)]
}
