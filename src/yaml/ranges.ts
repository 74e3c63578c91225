import { isPair, isScalar, type Node, type Scalar } from 'yaml'
import type { Fix } from '../json/fix.ts'
import { locate, locateSyntaxError } from '../json/locate.ts'
import type { Path } from '../json/value.ts'
import { isRecord } from '../kube/manifest.ts'
import { locateItem } from '../kube/short-form.ts'
import type { ParsedDocument } from './parse.ts'
import { mapScalar, type ScalarMap, type ScalarStyle } from './scalar-map.ts'

/** Offsets of a source, the end behind the last character. */
export type OffsetRange = readonly [start: number, end: number]

/** The span of a field, or of the nearest one above it that is written; with `inside`, of a value in the JSON there. */
export function rangeOf(
  document: ParsedDocument,
  source: string,
  at: Path,
  inside: Path | undefined,
): OffsetRange {
  for (let length = at.length; length >= 0; length--) {
    const path = at.slice(0, length)
    const node = nodeAt(document, path)
    if (node === undefined) continue
    const [start, end] = node.range
    if (length === at.length && inside !== undefined && isScalar(node)) {
      const found = spanInside(node, source, inside)
      if (found !== undefined) return found
    }
    // A whole map or list is shown by its key: its first line says enough.
    const key = isScalar(node) ? undefined : keySpan(document, path)
    return key ?? [start, isScalar(node) ? end : start + 1]
  }
  return [0, 0]
}

/** The text that a scalar holds, and where a stretch of it is in the source: the whole scalar's place where that is not known. */
export function textSpans(
  document: ParsedDocument,
  source: string,
  at: Path,
): { readonly text: string; spanOf(offset: number, end: number): OffsetRange } | undefined {
  const node = nodeAt(document, at)
  if (node === undefined || !isScalar(node) || typeof node.value !== 'string') return undefined
  const [start, end] = keySpan(document, at) ?? node.range
  const map = mapOf(node, source)
  return {
    text: node.value,
    spanOf: (from, to) => (map && onMap(map, { offset: from, end: to })) ?? [start, end],
  }
}

/** What a fix replaces, when exactly that is written; undefined where the key or value is not in the text itself. */
export function fixSpan(
  document: ParsedDocument,
  source: string,
  at: Path,
  inside: Path,
  { action }: Fix,
): OffsetRange | undefined {
  const node = nodeAt(document, at)
  if (node === undefined || !isScalar(node) || typeof node.value !== 'string') return undefined
  const map = mapOf(node, source)
  const span = locate(node.value, inside, action === 'rename key' ? 'key' : 'value')
  if (map === undefined || span === undefined) return undefined
  const quotes = action === 'write value' ? 0 : 1
  if (quotes === 1 && node.value.charAt(span.offset) !== '"') return undefined
  const [start, last] = [map.starts[span.offset + quotes], map.ends[span.end - 1 - quotes]]
  return start === undefined || last === undefined || last < start ? undefined : [start, last]
}

/** Where the keys and list items on the way to a field start, from the outside in. */
export function startsAlong(document: ParsedDocument, at: Path): number[] {
  return at.flatMap((_, index) => {
    const path = at.slice(0, index + 1)
    const start = keySpan(document, path)?.[0] ?? nodeAt(document, path)?.range[0]
    return start === undefined ? [] : [start]
  })
}

export function nodeAt(document: ParsedDocument, path: Path): (Node & { range: Range }) | undefined {
  const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true)
  return hasRange(node) ? node : undefined
}

type Range = [start: number, valueEnd: number, nodeEnd: number]

const STYLES: ReadonlySet<string> = new Set<ScalarStyle>([
  'PLAIN',
  'QUOTE_SINGLE',
  'QUOTE_DOUBLE',
  'BLOCK_LITERAL',
  'BLOCK_FOLDED',
])

function mapOf(node: Scalar, source: string): ScalarMap | undefined {
  if (!hasRange(node) || typeof node.value !== 'string' || !isStyle(node.type)) return undefined
  return mapScalar(source, node.range[0], node.range[1], node.type, node.value)
}

function isStyle(type: string | undefined): type is ScalarStyle {
  return type !== undefined && STYLES.has(type)
}

function spanInside(node: Scalar, source: string, inside: Path): OffsetRange | undefined {
  const { value } = node
  const map = mapOf(node, source)
  if (map === undefined || typeof value !== 'string') return undefined
  const [index] = inside
  const item = typeof index === 'number' ? locateItem(value, index) : undefined
  if (item !== undefined) return onMap(map, item)
  const broken = /^\s*[[{'"]/.test(value) ? locateSyntaxError(value) : undefined
  if (broken !== undefined && (inside.length === 0 || locate(value, inside, 'value') === undefined)) {
    // A text that ends too soon is shown where it does, and not by the line break behind.
    const last = value.trimEnd().length - 1
    const found = onMap(map, broken.offset > last ? { ...broken, offset: last, end: last + 1 } : broken)
    if (found !== undefined) return found
  }
  for (let length = inside.length; length >= 0; length--) {
    const path = inside.slice(0, length)
    const isMissing = length < inside.length
    const span =
      locate(value, path, isMissing && length > 0 ? 'key' : 'value') ?? locate(value, path, 'value')
    const found = span && onMap(map, span)
    if (span === undefined || found === undefined) continue
    // An object is shown by its brace.
    return /^[[{]/.test(value.charAt(span.offset)) ? [found[0], found[0] + 1] : found
  }
  return undefined
}

/** Where a stretch of a scalar's text is in the source; an empty one is shown by the letter there. */
function onMap(
  { starts, ends }: ScalarMap,
  { offset, end }: { offset: number; end: number },
): OffsetRange | undefined {
  const [from, to] = [starts[offset], ends[Math.max(offset, end - 1)]]
  return from === undefined || to === undefined ? undefined : [from, to]
}

function keySpan(document: ParsedDocument, path: Path): OffsetRange | undefined {
  if (path.length === 0) return undefined
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  const items: unknown = isRecord(parent) ? parent.items : undefined
  const pair = Array.isArray(items)
    ? items.find(item => isPair(item) && isScalar(item.key) && item.key.value === path.at(-1))
    : undefined
  return isPair(pair) && hasRange(pair.key) ? [pair.key.range[0], pair.key.range[1]] : undefined
}

function hasRange(node: unknown): node is Node & { range: Range } {
  return isRecord(node) && Array.isArray(node.range)
}
