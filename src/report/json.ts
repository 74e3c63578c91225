import { printPath } from '../json/value.ts'
import type { Report } from './report.ts'

/** For programs: `{ findings: [{ rule, severity, title, message, object, field, path, line, column, … }], notices }`. */
export const renderJson: Report = ({ findings, notices, files, manifests }) => {
  const list = findings.map(({ rule, severity, title, message, object, at, inside = [], path, place }) => {
    return { rule, severity, title, message, object, field: printPath([...at, ...inside]), path, ...place }
  })
  return `${JSON.stringify({ findings: list, notices, files, manifests }, null, 2)}\n`
}
