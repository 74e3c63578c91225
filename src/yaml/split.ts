/** One document of a file, and how many lines of the file are above it. */
export interface DocumentText {
  readonly text: string
  readonly linesAbove: number
}

/**
 * Cuts a text at its `---` lines, so that a file of any length is read a document at a time. No scalar can hold such a
 * line (YAML 1.2.2 section 9.1.2, c-forbidden). A directive belongs to the document after it, so a text with one is
 * not cut.
 */
export function* splitDocuments(text: string): Generator<DocumentText> {
  if (/^%/m.test(text)) {
    yield { text, linesAbove: 0 }
    return
  }
  const marker = /^---(?=[ \t\r\n]|$)/gm
  let start = 0
  let linesAbove = 0
  for (let match = marker.exec(text); match !== null; match = marker.exec(text)) {
    if (match.index === 0) continue
    const piece = text.slice(start, match.index)
    yield { text: piece, linesAbove }
    linesAbove += countLines(piece)
    start = match.index
  }
  yield { text: start === 0 ? text : text.slice(start), linesAbove }
}

function countLines(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++
  return count
}
