/** A stretch of text: UTF-16 offsets (`end` is behind the last unit), and 1-based lines and columns. */
export interface Span {
  readonly offset: number
  readonly end: number
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

/** The line and column of both ends of `[offset, end)`. */
export function spanOf(text: string, offset: number, end: number): Span {
  const start = lineAndColumn(text, offset)
  const stop = lineAndColumn(text, end)
  return { offset, end, ...start, endLine: stop.line, endColumn: stop.column }
}

function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  let line = 1
  let lineStart = 0
  for (let next = text.indexOf('\n'); next !== -1 && next < offset; next = text.indexOf('\n', lineStart)) {
    line++
    lineStart = next + 1
  }
  return { line, column: offset - lineStart + 1 }
}
