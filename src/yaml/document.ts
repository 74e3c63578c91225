import {
  type Document,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  type ParsedNode,
  parseAllDocuments,
} from 'yaml'
import { locate } from '../json/locate.ts'
import type { Path } from '../json/value.ts'
import { isRecord, type Manifest } from '../kube/manifest.ts'
import { indentQuotedScalars } from './indent.ts'
import { mapScalar } from './scalar-map.ts'

/** A place in a file: 1-based lines and columns, the end behind the last character. */
export interface Place {
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

/** A manifest in a file, and where each of its fields stands. */
export interface LocatedManifest {
  readonly manifest: Manifest
  /** Where a field is, and, with `inside`, where a value is in the JSON that the field's text holds. */
  place(at: Path, inside?: Path): Place
}

export interface LocatedProblem {
  readonly place: Place
  readonly message: string
}

/** What a file holds, document by document. */
export interface LocatedFile {
  readonly manifests: readonly LocatedManifest[]
  readonly problems: readonly LocatedProblem[]
}

/** Turns offsets of the text that was parsed into places of the file that people see. */
type ToPlace = (start: number, end: number) => Place

type ParsedDocument = Document.Parsed<ParsedNode>

/** Reads a file of YAML or JSON documents with positions. */
export function readLocated(text: string): LocatedFile {
  const { documents, source, toPlace } = parseTolerantly(text)
  const manifests: LocatedManifest[] = []
  const problems: LocatedProblem[] = []
  for (const document of documents) {
    const [error] = document.errors
    if (error !== undefined) {
      problems.push({ place: toPlace(...error.pos), message: error.message.split('\n', 1)[0] ?? error.code })
      continue
    }
    for (const { value, at } of itemsOf(document, problems, toPlace)) {
      const place = (path: Path, inside?: Path) =>
        placeOf(document, source, toPlace, [...at, ...path], inside)
      if (isManifest(value)) manifests.push({ manifest: value, place })
      else
        problems.push({
          place: place([]),
          message: 'this is no Kubernetes object: it needs "apiVersion", "kind" and "metadata"',
        })
    }
  }
  return { manifests, problems }
}

/** A text that was parsed: perhaps with other indentation than the file's, which `toPlace` takes back. */
interface ParsedSource {
  readonly documents: readonly ParsedDocument[]
  readonly source: string
  readonly toPlace: ToPlace
}

/** As kubectl takes it: quoted text may stand too far left. */
function parseTolerantly(text: string): ParsedSource {
  const parsed = parseSource(text)
  if (parsed.documents.every(({ errors }) => errors.length === 0)) return parsed
  const indented = indentQuotedScalars(text)
  if (indented === text) return parsed
  const again = parseSource(indented)
  const [lines, indentedLines] = [text.split('\n'), indented.split('\n')]
  const back = (line: number, column: number): number => {
    const added = (indentedLines[line - 1]?.length ?? 0) - (lines[line - 1]?.length ?? 0)
    return Math.max(1, column - added)
  }
  const toPlace: ToPlace = (start, end) => {
    const place = again.toPlace(start, end)
    return {
      ...place,
      column: back(place.line, place.column),
      endColumn: back(place.endLine, place.endColumn),
    }
  }
  return { ...again, toPlace }
}

/** The documents of a text, and places by its own lines. */
function parseSource(text: string): ParsedSource {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(text, { uniqueKeys: true, version: '1.2', lineCounter: lines })
  const toPlace: ToPlace = (start, end) => {
    const [from, to] = [lines.linePos(start), lines.linePos(Math.max(start, end))]
    return {
      line: Math.max(1, from.line),
      column: Math.max(1, from.col),
      endLine: Math.max(1, to.line),
      endColumn: Math.max(1, to.col),
    }
  }
  return { documents: Array.isArray(parsed) ? parsed : [], source: text, toPlace }
}

/** The object in a document, or the items of a list. */
function itemsOf(
  document: ParsedDocument,
  problems: LocatedProblem[],
  toPlace: ToPlace,
): { value: unknown; at: Path }[] {
  let value: unknown
  try {
    value = document.toJS()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    problems.push({ place: toPlace(document.range[0], document.range[1]), message })
    return []
  }
  if (value === undefined || value === null) return []
  if (!isRecord(value) || value.kind !== 'List' || !Array.isArray(value.items)) return [{ value, at: [] }]
  return value.items.map((item: unknown, index: number) => ({ value: item, at: ['items', index] }))
}

function isManifest(value: unknown): value is Manifest {
  return (
    isRecord(value) &&
    typeof value.apiVersion === 'string' &&
    typeof value.kind === 'string' &&
    isRecord(value.metadata)
  )
}

/** The place of a field, or of the nearest one above it that is written. */
function placeOf(
  document: ParsedDocument,
  source: string,
  toPlace: ToPlace,
  at: Path,
  inside: Path | undefined,
): Place {
  for (let length = at.length; length >= 0; length--) {
    const path = at.slice(0, length)
    const node: unknown = length === 0 ? document.contents : document.getIn(path, true)
    if (!hasRange(node)) continue
    const [start, end] = node.range
    const isWhole = length === at.length
    if (isWhole && inside !== undefined && isScalar(node) && typeof node.value === 'string') {
      const found = placeInside(node, source, inside)
      if (found !== undefined) return toPlace(...found)
    }
    // A whole map or list is shown by its key: its first line says enough.
    const key = isScalar(node) ? undefined : keyRange(document, path)
    return key === undefined ? toPlace(start, isScalar(node) ? end : start + 1) : toPlace(...key)
  }
  return toPlace(0, 0)
}

function placeInside(node: Node, source: string, inside: Path): [number, number] | undefined {
  if (!isScalar(node) || !hasRange(node) || typeof node.value !== 'string' || node.type === undefined)
    return undefined
  const style = node.type
  if (
    style !== 'PLAIN' &&
    style !== 'QUOTE_SINGLE' &&
    style !== 'QUOTE_DOUBLE' &&
    style !== 'BLOCK_LITERAL' &&
    style !== 'BLOCK_FOLDED'
  )
    return undefined
  const map = mapScalar(source, node.range[0], node.range[1], style, node.value)
  if (map === undefined) return undefined
  for (let length = inside.length; length >= 0; length--) {
    const path = inside.slice(0, length)
    const isMissing = length < inside.length
    const span =
      locate(node.value, path, isMissing && length > 0 ? 'key' : 'value') ?? locate(node.value, path, 'value')
    if (span === undefined) continue
    const [from, to] = [map.starts[span.offset], map.ends[Math.max(span.offset, span.end - 1)]]
    // An object is shown by its brace.
    if (from !== undefined && to !== undefined)
      return /^[[{]/.test(node.value.slice(span.offset)) ? [from, from + 1] : [from, to]
  }
  return undefined
}

function keyRange(document: ParsedDocument, path: Path): [number, number] | undefined {
  const parent: unknown = path.length <= 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  const items: unknown = isRecord(parent) ? parent.items : undefined
  const pair = Array.isArray(items)
    ? items.find(item => isPair(item) && isScalar(item.key) && item.key.value === path.at(-1))
    : undefined
  return isPair(pair) && hasRange(pair.key) ? [pair.key.range[0], pair.key.range[1]] : undefined
}

function hasRange(node: unknown): node is Node & { range: [number, number, number] } {
  return isRecord(node) && Array.isArray(node.range)
}

/** The same without places, for readers that only want the objects. */
export function readManifests(text: string): {
  readonly manifests: readonly Manifest[]
  /** One for each document that is no manifest, with the line where it is wrong. */
  readonly problems: readonly { readonly line: number; readonly message: string }[]
} {
  const { manifests, problems } = readLocated(text)
  return {
    manifests: manifests.map(({ manifest }) => manifest),
    problems: problems.map(({ place, message }) => ({ line: place.line, message })),
  }
}
