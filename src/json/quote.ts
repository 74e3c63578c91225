import type { JsonValue } from './value.ts'

/** A piece of someone else's text for a message: in double quotes, with escapes, and cut when it is long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}

/** A JSON value for a message, as it is written: text in quotes, everything else bare, cut when it is long. */
export function quoteValue(value: JsonValue | undefined): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

/** `U+00A0`: the name of a character that a message could not show. */
export function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** Text of a file for a terminal: control characters, which terminals obey, and marks that turn text around, are shown as one sign. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}
