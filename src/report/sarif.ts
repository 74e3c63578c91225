import { createHash } from 'node:crypto'
import type { LintFinding } from '../lint/lint.ts'
import { allRules } from '../policy/rules/index.ts'
import type { Report, ReportContext } from './report.ts'

/** SARIF 2.1.0 (OASIS), with what GitHub code scanning asks for. */
export const renderSarif: Report = ({ findings }, context) => {
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver: driver() }, results: findings.map(finding => resultOf(finding, context)) }],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

function driver(): object {
  return {
    name: 'socni-ctl',
    rules: allRules.map(({ id, title, why, severity, source }) => ({
      id,
      shortDescription: { text: title },
      fullDescription: { text: why },
      help: { text: `${why}\n\nSource: ${source}` },
      defaultConfiguration: { level: severity },
      properties: { tags: ['security'], ...(severity === 'error' && { 'security-severity': '7.0' }) },
    })),
  }
}

function resultOf(finding: LintFinding, { textOf }: ReportContext): object {
  const { rule, severity, message, path, place } = finding
  const ruleIndex = allRules.findIndex(({ id }) => id === rule)
  const { line, column, endLine, endColumn } = place
  const region = { startLine: line, startColumn: column, endLine, endColumn }
  return {
    ruleId: rule,
    ...(ruleIndex !== -1 && { ruleIndex }),
    level: severity,
    message: { text: message },
    locations: [{ physicalLocation: { artifactLocation: { uri: encodeURI(path) }, region } }],
    partialFingerprints: { primaryLocationLineHash: fingerprint(finding, textOf(path)) },
  }
}

/** The same while the line stays the same, wherever it moves to. */
export function fingerprint({ rule, place, object, message }: LintFinding, text: string): string {
  const line = text.split('\n')[place.line - 1] ?? ''
  return createHash('sha256')
    .update(JSON.stringify([rule, object, message, line.trim()]))
    .digest('hex')
    .slice(0, 32)
}
