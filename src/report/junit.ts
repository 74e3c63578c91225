import type { LintFinding } from '../lint/result.ts'
import type { Report } from './report.ts'

/** JUnit XML: a test case for each finding. */
export const renderJunit: Report = ({ findings }) => {
  const byPath = Map.groupBy(findings, ({ path }) => path)
  const suites = [...byPath].map(([path, list]) => {
    const cases = list.map(finding => testCase(finding)).join('')
    return `  <testsuite name="${escapeXml(path)}" tests="${list.length}" failures="${list.length}">\n${cases}  </testsuite>\n`
  })
  const counts = `tests="${findings.length}" failures="${findings.length}"`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="socni-ctl" ${counts}>\n${suites.join('')}</testsuites>\n`
}

function testCase({ rule, path, place, severity, message }: LintFinding): string {
  const where = `${path}:${place.line}:${place.column}`
  return `    <testcase name="${escapeXml(`${rule} at ${where}`)}" classname="${escapeXml(rule)}">
      <failure type="${severity}" message="${escapeXml(message)}">${escapeXml(`${where}: ${message}`)}</failure>
    </testcase>
`
}

/** XML 1.0 has no control characters, not even escaped ones. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
