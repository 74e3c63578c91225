import type { Path } from '../json/value.ts'
import { parseTolerantly, syntaxMessage } from './parse.ts'
import { rangeOf } from './ranges.ts'

/** A YAML file that holds one value and no manifest, and on which line each of its fields stands. */
export interface PlainDocument {
  readonly value: unknown
  /** What keeps it from being read. */
  readonly problem: { readonly line: number; readonly message: string } | undefined
  lineOf(at: Path): number
}

/** Reads a configuration file. Its first document counts; an empty file is undefined. */
export function readPlainYaml(text: string): PlainDocument {
  const { documents, source, toPlace } = parseTolerantly(text, 0)
  const [document] = documents
  if (document === undefined) return { value: undefined, problem: undefined, lineOf: () => 1 }
  const lineOf = (at: Path): number => toPlace(...rangeOf(document, source, at, undefined)).line
  const fail = (line: number, message: string): PlainDocument => ({
    value: undefined,
    problem: { line, message: syntaxMessage(message) },
    lineOf,
  })
  const [error] = document.errors
  if (error !== undefined) return fail(toPlace(...error.pos).line, error.message)
  try {
    return { value: document.toJS(), problem: undefined, lineOf }
  } catch (error) {
    return fail(1, error instanceof Error ? error.message : String(error))
  }
}
