import type { JsonValue } from './value.ts'

/**
 * The canonical form of RFC 8785 (JCS): no white space, members sorted by UTF-16 code units (section 3.2.3), numbers and
 * strings as ECMAScript prints them (3.2.2). Equal values have equal text, so its hash can be signed.
 * Throws a RangeError for what I-JSON does not have (3.1): numbers that are not finite, half surrogate pairs.
 */
export function canonicalize(value: JsonValue): string {
  if (typeof value === 'string') return printString(value)
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new RangeError(`${value} has no form in JSON`)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalize).join(',')}]`
  const members = Object.entries(value)
    // The comparison operators compare UTF-16 units; localeCompare would not.
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${printString(key)}:${canonicalize(member)}`)
  return `{${members.join(',')}}`
}

function printString(text: string): string {
  if (!text.isWellFormed()) throw new RangeError(`${JSON.stringify(text)} holds half of a surrogate pair`)
  return JSON.stringify(text)
}
