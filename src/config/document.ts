import { z } from 'zod'
import { nearWord } from '../json/distance.ts'
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
  return { ok: false, problems: reading.error.issues.flatMap(issue => problemsOf(issue, schema)) }
}

function problemsOf(issue: z.core.$ZodIssue, schema: z.ZodType): DocumentProblem[] {
  const at = issue.path.map(step => (typeof step === 'symbol' ? String(step) : step))
  if (issue.code === 'unrecognized_keys') {
    const known = fieldsAt(schema, at)
    return issue.keys.map(key => {
      const meant = nearWord(key, known, NEAR)
      const instead = meant === undefined ? 'correct its name' : `did you mean ${quote(meant)}? Write that`
      return { at: [...at, key], message: `${quote(key)} is no field here: ${instead}, or remove it` }
    })
  }
  return [{ at, message: messageOf(issue) }]
}

/** Letters that a misspelt field may differ in. */
const NEAR = 2

/** The fields that a schema has at a place, as its JSON Schema says. */
function fieldsAt(schema: z.ZodType, at: Path): string[] {
  let here = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema | undefined
  for (const step of at)
    here = typeof step === 'number' ? here?.items : (here?.properties?.[step] ?? here?.additionalProperties)
  return Object.keys(here?.properties ?? {})
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema
  readonly items?: JsonSchema
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
