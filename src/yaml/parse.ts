import { type Document, LineCounter, type ParsedNode, parseAllDocuments } from 'yaml'
import { addDisputes } from './disputes.ts'
import { indentQuotedScalars } from './indent.ts'
import { addObstacles } from './obstacle.ts'

/** A place in a file: 1-based lines and columns, the end behind the last character. */
export interface Place {
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

export type ParsedDocument = Document.Parsed<ParsedNode>

/** A text that was parsed: perhaps with other indentation than the file's, which `toPlace` takes back. */
export interface ParsedSource {
  readonly documents: readonly ParsedDocument[]
  readonly source: string
  /** Turns offsets of `source` into places of the file that people see. */
  readonly toPlace: (start: number, end: number) => Place
}

/** Parses a piece of a file, `linesAbove` lines into it, as kubectl takes it: quoted text may stand too far left. */
export function parseTolerantly(text: string, linesAbove: number): ParsedSource {
  const parsed = parseSource(text, linesAbove)
  const errors = parsed.documents.flatMap(document => document.errors)
  if (errors.length === 0 || errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) return parsed
  const indented = indentQuotedScalars(text)
  if (indented === text) return parsed
  const again = parseSource(indented, linesAbove)
  const [lines, indentedLines] = [text.split('\n'), indented.split('\n')]
  const back = (line: number, column: number): number => {
    const index = line - 1 - linesAbove
    const added = (indentedLines[index]?.length ?? 0) - (lines[index]?.length ?? 0)
    return Math.max(1, column - added)
  }
  const toPlace: ParsedSource['toPlace'] = (start, end) => {
    const place = again.toPlace(start, end)
    return {
      ...place,
      column: back(place.line, place.column),
      endColumn: back(place.endLine, place.endColumn),
    }
  }
  return { ...again, toPlace }
}

/** What the parser has against a text, on one line: the place is said by whoever shows it. */
export function syntaxMessage(message: string): string {
  return (message.split('\n', 1)[0] ?? message).replace(/ at line \d+, column \d+:?$/, '')
}

function parseSource(text: string, linesAbove: number): ParsedSource {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(text, {
    uniqueKeys: false,
    version: '1.2',
    merge: true,
    lineCounter: lines,
  })
  const toPlace: ParsedSource['toPlace'] = (start, end) => {
    const [from, to] = [lines.linePos(start), lines.linePos(Math.max(start, end))]
    return {
      line: Math.max(1, from.line) + linesAbove,
      column: Math.max(1, from.col),
      endLine: Math.max(1, to.line) + linesAbove,
      endColumn: Math.max(1, to.col),
    }
  }
  const documents = Array.isArray(parsed) ? parsed : []
  for (const document of documents) addObstacles(document)
  addDisputes(documents, text)
  return { documents, source: text, toPlace }
}
