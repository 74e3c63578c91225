/**
 * Where each UTF-16 unit of a YAML scalar's value stands in the source: unit `i` from `starts[i]` to `ends[i]`. JSON
 * inside of spec.config is then found to the column, whatever style holds it.
 */
export interface ScalarMap {
  readonly starts: readonly number[]
  readonly ends: readonly number[]
}

/** How a scalar is written. YAML 1.2.2 chapters 7.3 (flow) and 8.1 (block). */
export type ScalarStyle = 'PLAIN' | 'QUOTE_SINGLE' | 'QUOTE_DOUBLE' | 'BLOCK_LITERAL' | 'BLOCK_FOLDED'

/**
 * Maps a value back to `source.slice(start, end)`. Undefined when the reading here does not give exactly that value
 * (folded text with lines of other indentation, say): then only the scalar as a whole can be pointed at.
 */
export function mapScalar(
  source: string,
  start: number,
  end: number,
  style: ScalarStyle,
  value: string,
): ScalarMap | undefined {
  const units = style.startsWith('BLOCK')
    ? readBlock(source, start, end, style)
    : readFlow(source, start, end, style)
  if (units === undefined || units.map(unit => unit.text).join('') !== value) return undefined
  const spread = (offset: (unit: Unit) => number) =>
    units.flatMap(unit => Array<number>(unit.text.length).fill(offset(unit)))
  return { starts: spread(unit => unit.at), ends: spread(unit => unit.end) }
}

/** A piece of the value, one or two units long, and the source that it stands for. */
interface Unit {
  readonly text: string
  readonly at: number
  readonly end: number
}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
}

/** Digits behind `\x`, `\u` and `\U`. */
const HEX: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

function readFlow(source: string, start: number, end: number, style: ScalarStyle): Unit[] | undefined {
  const units: Unit[] = []
  const last = style === 'PLAIN' ? end : end - 1
  for (let at = style === 'PLAIN' ? start : start + 1; at < last; at++) {
    const character = source.charAt(at)
    if (character === '\n' || (character === '\r' && source.charAt(at + 1) === '\n')) {
      at = fold(source, at, last, units) - 1
    } else if (style === 'QUOTE_SINGLE' && character === "'") {
      units.push({ text: "'", at, end: at + 2 })
      at++
    } else if (style === 'QUOTE_DOUBLE' && character === '\\') {
      const next = readEscape(source, at, last, units)
      if (next === undefined) return undefined
      at = next - 1
    } else units.push({ text: character, at, end: at + 1 })
  }
  return units
}

/** A line break in flow text is a space, and each empty line behind it a line break; white space around goes away. */
function fold(source: string, at: number, last: number, units: Unit[]): number {
  while (units.length > 0 && /[ \t]/.test(units.at(-1)?.text ?? '')) units.pop()
  let breaks = 0
  let next = at
  for (; next < last && /[ \t\r\n]/.test(source.charAt(next)); next++)
    if (source.charAt(next) === '\n') breaks++
  if (breaks === 1) units.push({ text: ' ', at, end: at + 1 })
  else for (let count = 1; count < breaks; count++) units.push({ text: '\n', at, end: at + 1 })
  return next
}

function readEscape(source: string, at: number, last: number, units: Unit[]): number | undefined {
  const letter = source.charAt(at + 1)
  if (letter === '\n' || letter === '\r') {
    let next = at + 1
    while (next < last && /[ \t\r\n]/.test(source.charAt(next))) next++
    return next
  }
  const digits = HEX[letter]
  if (digits !== undefined) {
    const code = Number.parseInt(source.slice(at + 2, at + 2 + digits), 16)
    if (Number.isNaN(code) || code > 0x10ffff) return undefined
    units.push({ text: String.fromCodePoint(code), at, end: at + 2 + digits })
    return at + 2 + digits
  }
  const text = ESCAPES[letter]
  if (text === undefined) return undefined
  units.push({ text, at, end: at + 2 })
  return at + 2
}

/** Literal text keeps its line breaks; folded text joins lines, unless one of them is indented further. */
function readBlock(source: string, start: number, end: number, style: ScalarStyle): Unit[] {
  const header = source.slice(start, source.indexOf('\n', start))
  const lines = linesOf(source, start + header.length + 1, end)
  const indent = indentOf(lines, header)
  const units: Unit[] = []
  // Where the value would go on: behind the last line that was not empty.
  let lineEnd = start + header.length
  let blank = 0
  let wasIndented = true
  for (const { at, text } of lines) {
    const content = text.slice(indent)
    if (content === '') {
      blank++
      continue
    }
    const isIndented = /^[ \t]/.test(content)
    const isFolded = style === 'BLOCK_FOLDED' && units.length > 0 && !isIndented && !wasIndented
    const breaks =
      units.length === 0 ? '\n'.repeat(blank) : isFolded ? '\n'.repeat(blank) || ' ' : '\n'.repeat(blank + 1)
    units.push(...unitsAt(breaks, lineEnd))
    for (let column = 0; column < content.length; column++) {
      const from = at + indent + column
      units.push({ text: content.charAt(column), at: from, end: from + 1 })
    }
    lineEnd = at + text.length
    blank = 0
    wasIndented = isIndented
  }
  const chomping = /[+-]/.exec(header)?.[0]
  const last = chomping === '-' || units.length === 0 ? '' : '\n'
  return [...units, ...unitsAt(chomping === '+' ? last + '\n'.repeat(blank) : last, lineEnd)]
}

function linesOf(source: string, start: number, end: number): { at: number; text: string }[] {
  const lines: { at: number; text: string }[] = []
  for (let at = start; at < end; ) {
    const next = source.indexOf('\n', at)
    const stop = next === -1 || next > end ? end : next
    lines.push({ at, text: source.slice(at, stop).replace(/\r$/, '') })
    at = stop + 1
  }
  return lines
}

/** The indentation of the first line that is not empty; a number in the header means that lines start with spaces. */
function indentOf(lines: readonly { text: string }[], header: string): number {
  const indents = lines.filter(({ text }) => text.trim() !== '').map(({ text }) => text.search(/[^ ]/))
  return /[1-9]/.test(header) ? Math.min(...indents) : (indents[0] ?? 0)
}

/** Line breaks that several places of the source stand for, shown at the end of the line before them. */
function unitsAt(text: string, at: number): Unit[] {
  return [...text].map(character => ({ text: character, at, end: at + 1 }))
}
