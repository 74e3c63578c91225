import type { z } from 'zod'
import { quote, quoteValue } from '../json/quote.ts'
import type { JsonValue, Path } from '../json/value.ts'

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
  const reading = schema.safeParse(document, { reportInput: true })
  if (reading.success) return { ok: true, value: reading.data }
  return { ok: false, problems: reading.error.issues.flatMap(problemsOf) }
}

function problemsOf(issue: z.core.$ZodIssue): DocumentProblem[] {
  const at = issue.path.map(step => (typeof step === 'symbol' ? String(step) : step))
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({
      at: [...at, key],
      message: `${quote(key)} is no field here: correct its name, or remove it`,
    }))
  }
  return [{ at, message: messageOf(issue) }]
}

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a map',
  record: 'a map',
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
}

/** `"audit", "warn" or "deny"`. */
function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

/** The value in quotes, then what would be accepted, where zod's own words would say neither. */
function messageOf(issue: z.core.$ZodIssue): string {
  // Our own checks come after values were read, which are no JSON any more, and have words of their own.
  if (issue.code === 'custom') return issue.message
  const shown = quoteValue((issue.input ?? null) as JsonValue)
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? `${quote(String(issue.path.at(-1) ?? 'it'))} is missing: write ${TYPES[issue.expected] ?? issue.expected}`
        : `${shown} is not ${TYPES[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `${shown} is not understood: use ${listed(issue.values.map(value => `"${String(value)}"`))}`
    case 'too_small':
      return issue.origin === 'array'
        ? 'it is empty: name at least one'
        : `${shown} is too small: use at least ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'string'
        ? `${shown} is too long: use at most ${issue.maximum} characters`
        : `${shown} is too large: use at most ${issue.maximum}`
    default:
      return issue.message
  }
}
