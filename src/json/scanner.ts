import { describeMissingComma, describeQuote, QUOTED_JSON } from './fault.ts'
import { isExactNumber } from './number.ts'
import { codePointName, quote, shorten } from './quote.ts'
import { readString } from './string.ts'
import type { JsonObject, JsonValue, Path } from './value.ts'

/** What the scanner tells while it reads. Offsets are UTF-16 units; `path` is only valid during the call. */
export interface Listener {
  /** A semantic problem: reading goes on behind it. */
  problem(code: ProblemCode, path: Path, offset: number, end: number, message: string): void
  key?(path: Path, offset: number, end: number): void
  value?(path: Path, offset: number, end: number): void
  /** After the last member: every key of the object with the offset and end of its text. */
  object(path: Path, members: readonly Member[]): void
}

export interface Member {
  readonly key: string
  readonly offset: number
  readonly end: number
}

export type ProblemCode =
  | 'syntax'
  | 'byte-order-mark'
  | 'not-json-whitespace'
  | 'comment'
  | 'trailing-comma'
  | 'trailing-data'
  | 'too-deep'
  | 'too-long'
  | 'duplicate-key'
  | 'fold-equal-keys'
  | 'misspelt-key'
  | 'non-ascii-key'
  | 'control-character'
  | 'lone-surrogate'
  | 'inexact-number'

/** Thrown at the first place where the text is no JSON; nothing behind it has a meaning. */
export class JsonSyntaxError extends Error {
  readonly code: ProblemCode
  readonly path: Path
  readonly offset: number
  readonly end: number

  constructor(code: ProblemCode, path: Path, offset: number, end: number, message: string) {
    super(message)
    this.code = code
    this.path = path
    this.offset = offset
    this.end = end
  }
}

const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const WORD_OR_SIGN = /[-+.\w]+|./suy

/** Reads RFC 8259 JSON in one pass and in linear time, building plain values and telling the listener where all is. */
export class Scanner {
  readonly #text: string
  readonly #listener: Listener
  readonly #maxDepth: number
  readonly #path: (string | number)[] = []
  #offset = 0
  #depth = 0

  constructor(text: string, listener: Listener, maxDepth: number) {
    this.#text = text
    this.#listener = listener
    this.#maxDepth = maxDepth
  }

  /** The one value of the text. Throws JsonSyntaxError. */
  read(): JsonValue {
    if (this.#text.charCodeAt(0) === 0xfeff) {
      this.#fail('byte-order-mark', 0, 1, 'a byte order mark (U+FEFF) stands before the JSON: remove it')
    }
    const value = this.#value()
    this.#skipSpace()
    if (this.#offset < this.#text.length) {
      const isQuoted = typeof value === 'string' && /^\s*[[{]/.test(value)
      const behind = `${this.#quoteHere()} stands behind the end of the JSON value`
      this.#fail('trailing-data', this.#offset, this.#text.length, isQuoted ? QUOTED_JSON : behind)
    }
    return value
  }

  #value(): JsonValue {
    this.#skipSpace()
    const start = this.#offset
    const value = this.#bareValue()
    this.#listener.value?.(this.#path, start, this.#offset)
    return value
  }

  #bareValue(): JsonValue {
    const start = this.#offset
    const code = this.#text.charCodeAt(start)
    if (code === OPEN_BRACE) return this.#object()
    if (code === OPEN_BRACKET) return this.#array()
    if (code === QUOTE) {
      const text = this.#string()
      this.#checkString(text, start, 'value')
      return text
    }
    if (this.#text.startsWith('true', start)) return this.#word('true', true)
    if (this.#text.startsWith('false', start)) return this.#word('false', false)
    if (this.#text.startsWith('null', start)) return this.#word('null', null)
    return this.#number()
  }

  #word<T extends JsonValue>(word: string, value: T): T {
    this.#offset += word.length
    return value
  }

  #number(): number {
    const start = this.#offset
    NUMBER.lastIndex = start
    const literal = NUMBER.exec(this.#text)?.[0]
    if (literal === undefined) return this.#unexpected('a value')
    this.#offset = start + literal.length
    // `0100`, `0x64` and `1.` begin like a number and then go on.
    if (/[\w.+-]/.test(this.#text.charAt(this.#offset))) {
      this.#offset = start
      return this.#unexpected('a number as JSON writes it')
    }
    const value = Number(literal)
    if (!isExactNumber(literal)) {
      const message = `${shorten(literal, 40)} is read as ${value} by Go and JavaScript: write the number that is meant`
      this.#listener.problem('inexact-number', this.#path, start, this.#offset, message)
    }
    return value === 0 ? 0 : value
  }

  #array(): JsonValue[] {
    this.#enter()
    const items: JsonValue[] = []
    this.#skipSpace()
    if (!this.#take(CLOSE_BRACKET)) {
      for (;;) {
        this.#path.push(items.length)
        items.push(this.#value())
        this.#path.pop()
        this.#skipSpace()
        if (this.#take(CLOSE_BRACKET)) break
        this.#comma(CLOSE_BRACKET)
      }
    }
    this.#leave()
    return items
  }

  #object(): JsonObject {
    this.#enter()
    const object: JsonObject = Object.create(null)
    const members: Member[] = []
    this.#skipSpace()
    if (!this.#take(CLOSE_BRACE)) {
      for (;;) {
        const offset = this.#offset
        if (this.#text.charCodeAt(offset) !== QUOTE) this.#unexpected('a key in double quotes')
        const key = this.#string()
        this.#path.push(key)
        this.#checkString(key, offset, 'key')
        members.push({ key, offset, end: this.#offset })
        this.#listener.key?.(this.#path, offset, this.#offset)
        this.#skipSpace()
        if (!this.#take(COLON)) this.#unexpected('":"')
        object[key] = this.#value()
        this.#path.pop()
        this.#skipSpace()
        if (this.#take(CLOSE_BRACE)) break
        this.#comma(CLOSE_BRACE)
      }
    }
    this.#listener.object(this.#path, members)
    this.#leave()
    return object
  }

  /** A comma, and then something: `[1,]` is refused with words of its own. */
  #comma(close: number): void {
    const offset = this.#offset
    if (!this.#take(COMMA)) {
      const missing = describeMissingComma(this.#text, offset, close === CLOSE_BRACKET)
      if (missing !== undefined) this.#fail('syntax', offset, missing.end, missing.message)
      this.#unexpected(`"," or "${String.fromCharCode(close)}"`)
    }
    this.#skipSpace()
    if (this.#text.charCodeAt(this.#offset) === close) {
      this.#fail(
        'trailing-comma',
        offset,
        offset + 1,
        `a "," stands before "${String.fromCharCode(close)}": remove it`,
      )
    }
  }

  #string(): string {
    const reading = readString(this.#text, this.#offset)
    if ('problem' in reading) this.#fail(reading.problem, reading.offset, reading.end, reading.message)
    this.#offset = reading.end
    return reading.value
  }

  /** The kernel cuts a name at NUL, and no name or path that we judge has another control character. */
  #checkString(text: string, offset: number, role: 'key' | 'value'): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
    const control = role === 'key' ? /[\0-\x1f\x7f]/.exec(text) : /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.exec(text)
    if (control !== null) {
      const name = codePointName(control[0])
      const message = `the ${role} ${quote(text)} holds the control character ${name}: the kernel and Go would read different names`
      this.#listener.problem('control-character', this.#path, offset, this.#offset, message)
    }
    if (!text.isWellFormed()) {
      const message = `the ${role} ${quote(text)} holds half of a surrogate pair, which Go replaces by U+FFFD`
      this.#listener.problem('lone-surrogate', this.#path, offset, this.#offset, message)
    }
  }

  #enter(): void {
    if (++this.#depth > this.#maxDepth) {
      this.#fail(
        'too-deep',
        this.#offset,
        this.#offset + 1,
        `values are nested deeper than ${this.#maxDepth} levels`,
      )
    }
    this.#offset++
  }

  #leave(): void {
    this.#depth--
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#offset)
      if (code !== SPACE && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#offset++
    }
  }

  #take(code: number): boolean {
    if (this.#text.charCodeAt(this.#offset) !== code) return false
    this.#offset++
    return true
  }

  #unexpected(expected: string): never {
    const at = this.#offset
    if (at >= this.#text.length)
      return this.#fail('syntax', at, at, `the JSON ends here, but ${expected} must follow`)
    const found = this.#quoteHere()
    const character = this.#text.charAt(at)
    if (character === '/' || character === '#') {
      return this.#fail('comment', at, at + 1, `${found}: JSON has no comments`)
    }
    if (/\s|\ufeff/.test(character)) {
      const name = codePointName(character)
      return this.#fail(
        'not-json-whitespace',
        at,
        at + 1,
        `${name} is no white space of JSON: use spaces, tabs and line ends`,
      )
    }
    const message = describeQuote(this.#text, at) ?? `${found} stands where ${expected} must be`
    return this.#fail('syntax', at, at + 1, message)
  }

  #quoteHere(): string {
    WORD_OR_SIGN.lastIndex = this.#offset
    const word = WORD_OR_SIGN.exec(this.#text)?.[0] ?? ''
    return quote(word)
  }

  #fail(code: ProblemCode, offset: number, end: number, message: string): never {
    throw new JsonSyntaxError(code, [...this.#path], offset, end, message)
  }
}
