import { createHash } from 'node:crypto'
import { fingerprint } from '../lint/baseline.ts'
import type { Report } from './report.ts'

/** GitLab's code quality report. Fingerprints must differ, also where a line has the same finding twice. */
export const renderGitlab: Report = ({ findings }) => {
  const seen = new Map<string, number>()
  const issues = findings.map(finding => {
    const { path, place, rule, severity, message } = finding
    const base = fingerprint(finding)
    const times = (seen.get(base) ?? 0) + 1
    seen.set(base, times)
    return {
      description: message,
      check_name: rule,
      fingerprint: createHash('sha256').update(`${base} ${times}`).digest('hex').slice(0, 32),
      severity: severity === 'error' ? 'critical' : 'minor',
      location: { path, lines: { begin: place.line, end: place.endLine } },
    }
  })
  return `${JSON.stringify(issues, null, 2)}\n`
}
