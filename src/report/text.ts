import { styleText } from 'node:util'
import { printable } from '../json/quote.ts'
import type { LintFinding } from '../lint/result.ts'
import { ruleText } from '../lint/rules.ts'
import { count } from './count.ts'
import type { Report, ReportContext } from './report.ts'

/** For people: each finding with its line, a caret under the value, and why it matters. */
export const renderText: Report = (result, context) => {
  const blocks = result.findings.map(finding => block(finding, context))
  const notices = result.notices.map(notice => `note: ${notice}\n`)
  return [...blocks, ...notices, summary(result)].join('')
}

function block(finding: LintFinding, context: ReportContext): string {
  const { path, place, severity, message, rule, title, object, line } = finding
  const paint = painter(context.color)
  const head = `${printable(path)}:${place.line}:${place.column}: ${paint(severity === 'error' ? 'red' : 'yellow', severity)}: ${printable(message)} [${rule}]`
  const why = ruleText(rule)?.why
  return `${head}
${renderSnippet(line, finding, paint)}  ${title}${object === '' ? '' : ` (${printable(object)})`}.${why === undefined ? '' : ` ${why}`}

`
}

/** The line, and carets under what is meant; of a long line only the part around it. */
function renderSnippet(line: string, { place }: LintFinding, paint: Paint): string {
  if (line.trim() === '') return ''
  const start = Math.max(0, place.column - 1 - 60)
  const shown = printable(line.slice(start, start + 120).replace(/\t/g, ' '))
  const end = place.endLine === place.line ? place.endColumn : line.length + 1
  const length = Math.max(1, Math.min(end - place.column, shown.length - (place.column - 1 - start)))
  const number = String(place.line)
  const indent = ' '.repeat(place.column - 1 - start)
  return `  ${number} | ${shown}\n  ${' '.repeat(number.length)} | ${indent}${paint('cyan', '^'.repeat(length))}\n`
}

function summary({ findings, files, manifests }: Parameters<Report>[0]): string {
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const counts = `${count(errors, 'error')}, ${count(findings.length - errors, 'warning')}`
  return `${counts} in ${count(manifests, 'manifest')} of ${count(files, 'file')}\n`
}

type Paint = (color: 'red' | 'yellow' | 'cyan', text: string) => string

function painter(color: boolean): Paint {
  return (style, text) => (color ? styleText(style, text, { validateStream: false }) : text)
}
