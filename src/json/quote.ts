import type { JsonValue } from './value.ts'

/** A piece of someone else's text for a message: in double quotes, with escapes, and cut when it is long. */
export function quote(text: string): string {
  return escapeUnseen(JSON.stringify(shorten(text, 80)))
}

/** A JSON value for a message, as it is written: text in quotes, everything else bare, cut when it is long. */
export function quoteValue(value: JsonValue | undefined): string {
  return shorten(escapeUnseen(JSON.stringify(value) ?? 'nothing'), 80)
}

/** Text of at most so many UTF-16 units, and a sign where something is missing. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text
}

/** JSON leaves controls above ASCII and marks that turn text around as they are, and terminals obey both. */
function escapeUnseen(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    sign => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** `U+00A0`: the name of a character that a message could not show. */
export function codePointName(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

/** Text of a file for a terminal: control characters, which terminals obey, and marks that turn text around, are shown as one sign. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}
