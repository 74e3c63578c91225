import type { Place } from '../yaml/document.ts'
import type { LintFinding } from './result.ts'

export interface FixedText {
  readonly text: string
  readonly fixed: readonly LintFinding[]
}

/**
 * Writes the one right answer to each finding that has one, and nothing else: comments and layout stay. Where two
 * fixes touch each other the second one waits for the next run.
 */
export function applyFixes(text: string, findings: readonly LintFinding[]): FixedText {
  const lineStarts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1)
  const offset = (line: number, column: number): number => (lineStarts[line - 1] ?? 0) + column - 1
  const span = ({ line, column, endLine, endColumn }: Place): [number, number] => [
    offset(line, column),
    offset(endLine, endColumn),
  ]

  const fixed: LintFinding[] = []
  const pieces: string[] = []
  let end = 0
  const fixable = findings.filter(({ fix, fixPlace }) => fix !== undefined && fixPlace !== undefined)
  for (const finding of fixable.sort((a, b) => startOf(a, span) - startOf(b, span))) {
    if (finding.fix === undefined || finding.fixPlace === undefined) continue
    const [from, to] = span(finding.fixPlace)
    if (from < end) continue
    pieces.push(text.slice(end, from), finding.fix.text)
    end = to
    fixed.push(finding)
  }
  return { text: fixed.length === 0 ? text : pieces.join('') + text.slice(end), fixed }
}

function startOf({ fixPlace }: LintFinding, span: (place: Place) => [number, number]): number {
  return fixPlace === undefined ? 0 : span(fixPlace)[0]
}
