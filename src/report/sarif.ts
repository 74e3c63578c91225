import { fingerprint } from '../lint/baseline.ts'
import type { LintFinding } from '../lint/result.ts'
import { ruleTexts } from '../lint/rules.ts'
import type { Report } from './report.ts'

/** SARIF 2.1.0 (OASIS), with what GitHub code scanning asks for. What is ignored is there too, as suppressed. */
export const renderSarif: Report = ({ findings, ignored }) => {
  const results = [
    ...findings.map(resultOf),
    ...ignored.map(finding => ({
      ...resultOf(finding),
      suppressions: [{ kind: 'inSource', justification: finding.reason }],
    })),
  ]
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver: driver() }, columnKind: 'utf16CodeUnits', results }],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

/** Each rule has a page, with what it refuses and what it accepts. */
const RULE_PAGES = 'https://github.com/socni/socni/blob/main/docs/rules'

function driver(): object {
  return {
    name: 'socni-ctl',
    rules: ruleTexts.map(({ id, title, why, severity, source }) => ({
      id,
      shortDescription: { text: title },
      fullDescription: { text: why },
      help: { text: `${why}\n\nSource: ${source}` },
      helpUri: `${RULE_PAGES}/${id}.md`,
      defaultConfiguration: { level: severity },
      properties: { tags: ['security'], ...(severity === 'error' && { 'security-severity': '7.0' }) },
    })),
  }
}

function resultOf(finding: LintFinding): object {
  const { rule, severity, message, path, place } = finding
  const ruleIndex = ruleTexts.findIndex(({ id }) => id === rule)
  const { line, column, endLine, endColumn } = place
  const region = { startLine: line, startColumn: column, endLine, endColumn }
  return {
    ruleId: rule,
    ...(ruleIndex !== -1 && { ruleIndex }),
    level: severity,
    message: { text: message },
    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(path) }, region } }],
    partialFingerprints: { primaryLocationLineHash: fingerprint(finding) },
  }
}

/** A relative reference (RFC 3986 section 4.2): a colon in its first segment would make a scheme of it. */
function uriOf(path: string): string {
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  return path.startsWith('/') ? `file://${encoded}` : encoded
}
