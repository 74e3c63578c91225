import type { Report } from './report.ts'

/** Workflow commands, which GitHub Actions shows as annotations on the lines. */
export const renderGithub: Report = ({ findings, notices }) => {
  const lines = findings.map(({ severity, path, place, rule, message }) => {
    const where = `file=${property(path)},line=${place.line},endLine=${place.endLine},col=${place.column}`
    return `::${severity} ${where},title=${property(rule)}::${data(message)}\n`
  })
  return [...lines, ...notices.map(notice => `::notice::${data(notice)}\n`)].join('')
}

// actions/toolkit packages/core/src/command.ts escapeData() and escapeProperty()
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
