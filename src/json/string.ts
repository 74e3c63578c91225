import { codePointName } from './quote.ts'

/** A string's value and the offset behind its closing quote, or what is wrong with it. RFC 8259 section 7. */
export type StringReading =
  | { readonly value: string; readonly end: number }
  | {
      readonly problem: 'syntax' | 'control-character'
      readonly offset: number
      readonly end: number
      readonly message: string
    }

const QUOTE = 0x22
const BACKSLASH = 0x5c
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** Reads the string whose opening quote is at `open`. Linear: plain stretches are copied as a whole. */
export function readString(text: string, open: number): StringReading {
  let value = ''
  let plain = open + 1
  for (let at = plain; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return { value: value + text.slice(plain, at), end: at + 1 }
    if (code < 0x20) return rawControl(text, at)
    if (code !== BACKSLASH) continue
    const escaped = readEscape(text, at)
    if (escaped === undefined) return unknownEscape(text, at)
    value += text.slice(plain, at) + escaped
    at += text.charAt(at + 1) === 'u' ? 5 : 1
    plain = at + 1
  }
  return { problem: 'syntax', offset: open, end: text.length, message: 'this string has no closing quote' }
}

function readEscape(text: string, at: number): string | undefined {
  const letter = text.charAt(at + 1)
  if (letter !== 'u') return Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined
  const hex = text.slice(at + 2, at + 6)
  return /^[0-9a-fA-F]{4}$/.test(hex) ? String.fromCharCode(Number.parseInt(hex, 16)) : undefined
}

function unknownEscape(text: string, at: number): StringReading {
  const shown = JSON.stringify(text.slice(at, at + 2))
  const message = `${shown} is no escape of JSON: use \\" \\\\ \\/ \\b \\f \\n \\r \\t or \\uXXXX`
  return { problem: 'syntax', offset: at, end: at + 2, message }
}

function rawControl(text: string, at: number): StringReading {
  const name = codePointName(text.charAt(at))
  const message = `the control character ${name} stands in a string: write it as an escape`
  return { problem: 'control-character', offset: at, end: at + 1, message }
}
