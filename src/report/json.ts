import { printPath } from '../json/value.ts'
import type { LintFinding } from '../lint/result.ts'
import type { Report } from './report.ts'

/** For programs: `{ findings: [{ rule, severity, title, message, object, field, path, line, column, … }], notices }`. */
export const renderJson: Report = ({ findings, ignored, notices, failures, files, manifests }) => {
  const report = {
    findings: findings.map(plainFinding),
    ignored: ignored.map(finding => ({ ...plainFinding(finding), reason: finding.reason })),
    notices,
    failures,
    files,
    manifests,
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

function plainFinding(finding: LintFinding): object {
  const { rule, severity, title, message, object, at, inside = [], fix, fixPlace, path, place } = finding
  const field = printPath([...at, ...inside])
  const isFixable = fix !== undefined && fixPlace !== undefined
  return {
    rule,
    severity,
    title,
    message,
    object,
    field,
    path,
    ...place,
    ...(isFixable && { fix: fix.text }),
  }
}
