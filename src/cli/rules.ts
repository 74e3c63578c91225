import { stringify } from 'yaml'
import { allRules } from '../policy/rules/index.ts'
import { type Subcommand, UsageError } from './command.ts'

/** `socni-ctl rules`: every rule in a line, or as JSON. */
export const rulesCommand: Subcommand = {
  name: 'rules',
  summary: 'list the rules',
  usage: 'socni-ctl rules [--format text|json]\n',

  run(args, terminal) {
    const [flag, format = 'text', ...rest] = args.flatMap(arg => arg.split('='))
    if (
      (flag !== undefined && flag !== '--format') ||
      !['text', 'json'].includes(format) ||
      rest.length > 0
    ) {
      throw new UsageError(`"${args.join(' ')}" is not understood: use --format text or --format json`)
    }
    const rows = allRules.map(({ id, severity, title, why, source }) => ({
      id,
      severity,
      title,
      why,
      source,
    }))
    const width = Math.max(...rows.map(({ id }) => id.length))
    const table = rows
      .map(({ id, severity, title }) => `${id.padEnd(width)}  ${severity.padEnd(7)}  ${title}\n`)
      .join('')
    terminal.stdout(format === 'json' ? `${JSON.stringify(rows, null, 2)}\n` : table)
    return 0
  },
}

/** `socni-ctl explain`: all that a rule says of itself. */
export const explainCommand: Subcommand = {
  name: 'explain',
  summary: 'say why a rule is there, with an example that it refuses and one that it accepts',
  usage: 'socni-ctl explain RULE\n',

  run(args, terminal) {
    const [id] = args
    const rule = allRules.find(candidate => candidate.id === id)
    if (rule === undefined || args.length !== 1)
      throw new UsageError(`"${args.join(' ')}" is no rule: socni-ctl rules lists them`)
    const example = (manifest: object) =>
      stringify(manifest, { lineWidth: 0, blockQuote: 'literal' }).replace(/^(?=.)/gm, '  ')
    terminal.stdout(`${rule.id} (${rule.severity}): ${rule.title}.

${rule.why}

Refused:

${example(rule.bad.manifest)}
Accepted:

${example(rule.good.manifest)}
Source: ${rule.source}
`)
    return 0
  },
}
