import { stringify } from 'yaml'
import { fileRules, ruleTexts } from '../lint/rules.ts'
import { allRules, nearestRule } from '../policy/rules/index.ts'
import {
  type AddCommand,
  choose,
  type ExitCode,
  type GlobalFlags,
  type Terminal,
  UsageError,
} from './command.ts'
import { printPlain } from './output.ts'

/** `socni-ctl rules`: every rule in a line, or as data. */
export const addRules: AddCommand = (program, { terminal, action }) => {
  program
    .command('rules')
    .summary('list the rules')
    .description('Lists every rule of the webhook and the linter.')
    .addHelpText('after', '\nExamples:\n  socni-ctl rules\n  socni-ctl rules --format json')
    .action(action((_, command) => listRules(command.optsWithGlobals(), terminal)))
}

function listRules({ format }: GlobalFlags, terminal: Terminal): ExitCode {
  const rows = ruleTexts.map(({ id, severity, title, why, source }) => ({ id, severity, title, why, source }))
  const width = Math.max(...rows.map(({ id }) => id.length))
  const table = rows.map(
    ({ id, severity, title }) => `${id.padEnd(width)}  ${severity.padEnd(7)}  ${title}\n`,
  )
  const chosen = choose('--format', format, ['text', 'json', 'yaml'])
  terminal.stdout(chosen === 'text' ? table.join('') : printPlain(rows, chosen))
  return 0
}

/** `socni-ctl explain`: all that a rule says of itself. */
export const addExplain: AddCommand = (program, { terminal, action }) => {
  program
    .command('explain')
    .summary('say why a rule is there, with an example that it refuses and one that it accepts')
    .description('Says why a rule is there, with an example that it refuses and one that it accepts.')
    .argument('[rule]', 'id of a rule; without it the rules are listed')
    .addHelpText('after', '\nExamples:\n  socni-ctl explain default-route')
    .action(
      action((id: string | undefined, _, command) =>
        id === undefined
          ? listRules(command.optsWithGlobals(), terminal)
          : explain(id, command.optsWithGlobals(), terminal),
      ),
    )
}

function explain(id: string, { format }: GlobalFlags, terminal: Terminal): ExitCode {
  const chosen = choose('--format', format, ['text', 'json', 'yaml'])
  const rule = ruleTexts.find(candidate => candidate.id === id)
  if (rule === undefined) throw new UsageError(`"${id}" is no rule: ${suggest(id)}socni-ctl rules lists them`)
  const { bad, good } = examplesOf(id)
  const { severity, title, why, source } = rule
  const data = { id, severity, title, why, refused: bad, accepted: good, source }
  const text = `${id} (${severity}): ${title}.

${why}

Refused:

${indent(bad)}
Accepted:

${indent(good)}
Source: ${source}
`
  terminal.stdout(chosen === 'text' ? text : printPlain(data, chosen))
  return 0
}

function examplesOf(id: string): { bad: string; good: string } {
  const own = fileRules.find(rule => rule.id === id)
  const rule = allRules.find(candidate => candidate.id === id)
  const print = (manifest: object = {}) => stringify(manifest, { lineWidth: 0, blockQuote: 'literal' })
  return own ?? { bad: print(rule?.bad.manifest), good: print(rule?.good.manifest) }
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}

function suggest(id: string): string {
  const near = nearestRule(
    id,
    ruleTexts.map(rule => rule.id),
  )
  return near === undefined ? '' : `did you mean "${near}"? `
}
