import { type CST, Parser } from 'yaml'

/** A comment, with the line that it is about: its own, or, where it stands alone, that of what follows. */
export interface Comment {
  readonly text: string
  /** 1-based, in the text given. */
  readonly line: number
  readonly column: number
  readonly aboutLine: number
}

/** The comments of a text. A `#` inside of a scalar is none, so this asks the parser and not the lines. */
export function findComments(text: string): Comment[] {
  const offsets: { at: number; source: string }[] = []
  for (const token of new Parser().parse(text)) collect(token, offsets)
  const lines = text.split('\n')
  let line = 1
  let lineStart = 0
  return offsets.map(({ at, source }) => {
    for (let end = lineStart + (lines[line - 1]?.length ?? 0); at > end; ) {
      lineStart = end + 1
      line++
      end = lineStart + (lines[line - 1]?.length ?? 0)
    }
    const before = lines[line - 1]?.slice(0, at - lineStart) ?? ''
    const standsAlone = /^(?:---)?\s*$/.test(before)
    return {
      text: source,
      line,
      column: at - lineStart + 1,
      aboutLine: standsAlone ? nextContent(lines, line) : line,
    }
  })
}

/** The first line below that is neither empty nor a comment of its own. */
function nextContent(lines: readonly string[], line: number): number {
  let next = line + 1
  while (next <= lines.length && /^\s*(?:#.*)?$/.test(lines[next - 1] ?? '')) next++
  return next
}

/** Tokens hold others in lists of several names; comments are at every level. */
function collect(value: unknown, found: { at: number; source: string }[]): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found)
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (isComment(value)) found.push({ at: value.offset, source: value.source })
  else for (const item of Object.values(value)) collect(item, found)
}

function isComment(value: object): value is CST.SourceToken {
  return 'type' in value && value.type === 'comment'
}
