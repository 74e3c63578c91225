import type { z } from 'zod'
import type { Path } from '../json/value.ts'

/** What is wrong with one of our own documents, and at which field. */
export interface DocumentProblem {
  readonly at: Path
  readonly message: string
}

export type DocumentReading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] }

/** Reads a document by its schema; each problem names the field, the value and what would be accepted. */
export function readDocument<T>(schema: z.ZodType<T>, document: unknown): DocumentReading<T> {
  const reading = schema.safeParse(document)
  if (reading.success) return { ok: true, value: reading.data }
  return { ok: false, problems: reading.error.issues.flatMap(problemsOf) }
}

function problemsOf(issue: z.core.$ZodIssue): DocumentProblem[] {
  const at = issue.path.map(step => (typeof step === 'symbol' ? String(step) : step))
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({ at: [...at, key], message: `"${key}" is no field here` }))
  }
  return [{ at, message: issue.message }]
}
