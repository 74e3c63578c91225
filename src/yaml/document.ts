import { type Alias, isPair, isScalar, visit } from 'yaml'
import type { Fix } from '../json/fix.ts'
import type { Path } from '../json/value.ts'
import { isRecord, type Manifest } from '../kube/manifest.ts'
import { follow } from './aliases.ts'
import { type Comment, findComments } from './comments.ts'
import { readAsKubectl, type ScalarValue } from './kubectl-scalar.ts'
import { findMergeProblem } from './merge-keys.ts'
import {
  type ParsedDocument,
  type ParsedSource,
  type Place,
  parseTolerantly,
  syntaxMessage,
} from './parse.ts'
import { fixSpan, nodeAt, rangeOf, startsAlong, textSpans } from './ranges.ts'
import { splitDocuments } from './split.ts'

export type { Place } from './parse.ts'

/** A manifest in a file, and where each of its fields stands. */
export interface LocatedManifest {
  readonly manifest: Manifest
  /** Where a field is, and, with `inside`, where a value is in the JSON that the field's text holds. */
  place(at: Path, inside?: Path): Place
  /** What a fix replaces; undefined where that is not in the text itself. */
  placeOfFix(at: Path, inside: Path, fix: Fix): Place | undefined
  /** The text that a field holds, and where a stretch of it is; undefined for a field that holds none. */
  textAt(at: Path): LocatedText | undefined
  /** The lines that a field and those around it start on; the first one is that of the manifest. */
  linesAlong(at: Path): number[]
  /** The comments in its text, on lines of the file. */
  comments(): Comment[]
  /** Scalars without quotes that kubectl reads otherwise than YAML 1.2 has it. */
  disputedScalars(): DisputedScalar[]
}

export interface LocatedText {
  readonly text: string
  place(offset: number, end: number): Place
}

/** A scalar that two readers disagree about. */
export interface DisputedScalar {
  readonly at: Path
  readonly isKey: boolean
  readonly place: Place
  readonly written: string
  readonly kubectl: ScalarValue
  readonly yaml12: ScalarValue
}

/** A document that is no manifest. */
export interface LocatedProblem {
  readonly place: Place
  readonly message: string
  /** Text that is no YAML, YAML that is no object of Kubernetes (values of a chart, say), or one without metadata. */
  readonly problem: 'syntax' | 'foreign' | 'no-metadata'
  readonly object?: Pick<Manifest, 'apiVersion' | 'kind'>
}

/** What a file holds, document by document. */
export interface LocatedFile {
  readonly manifests: readonly LocatedManifest[]
  readonly problems: readonly LocatedProblem[]
}

/** Reads a file of YAML or JSON documents with positions, one document at a time. */
export function* readDocuments(text: string): Generator<LocatedManifest | LocatedProblem> {
  for (const piece of splitDocuments(text)) {
    const parsed = parseTolerantly(piece.text, piece.linesAbove)
    for (const document of parsed.documents) yield* readDocument(document, parsed, piece.linesAbove)
  }
}

export function isProblem(item: LocatedManifest | LocatedProblem): item is LocatedProblem {
  return 'message' in item
}

export function readLocated(text: string): LocatedFile {
  const manifests: LocatedManifest[] = []
  const problems: LocatedProblem[] = []
  for (const item of readDocuments(text)) {
    if (isProblem(item)) problems.push(item)
    else manifests.push(item)
  }
  return { manifests, problems }
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

function* readDocument(
  document: ParsedDocument,
  parsed: ParsedSource,
  linesAbove: number,
): Generator<LocatedManifest | LocatedProblem> {
  const fail = (message: string, [start, end]: readonly number[] = document.range): LocatedProblem => ({
    place: parsed.toPlace(start ?? 0, end ?? 0),
    message,
    problem: 'syntax',
  })
  const [error] = document.errors
  if (error !== undefined) return yield fail(syntaxMessage(error.message), error.pos)
  const cycle = parsed.source.includes('*') ? findCycle(document) : undefined
  if (cycle !== undefined) {
    const message = `*${cycle.source} stands inside of what it stands for, so it has no end: write it out`
    return yield fail(message, cycle.range ?? undefined)
  }
  const merge = parsed.source.includes('<<') ? findMergeProblem(document) : undefined
  if (merge?.isTooMuch) return yield fail(merge.message)
  let value: unknown
  try {
    value = document.toJS()
  } catch (error) {
    return yield fail(error instanceof Error ? error.message : String(error))
  }
  // Compose files and pipelines write such keys as well, and no kubectl reads them.
  if (merge !== undefined && isRecord(value) && 'kind' in value) return yield fail(merge.message, merge.range)
  for (const item of itemsOf(value)) {
    const place = (at: Path, inside?: Path): Place =>
      parsed.toPlace(...rangeOf(document, parsed.source, [...item.at, ...at], inside))
    if (isManifest(item.value)) {
      yield locatedManifest(item.value, item.at, document, parsed, linesAbove, place)
    } else {
      yield { place: place([]), ...problemOf(item.value) }
    }
  }
}

/** An alias of something that it is in. As an object it would hold itself, and every walk through it would be endless. */
function findCycle(document: ParsedDocument): Alias | undefined {
  let found: Alias | undefined
  visit(document, {
    Alias(_, alias, ancestors) {
      const node = follow(alias, document)
      if (node === undefined || !(ancestors as readonly unknown[]).includes(node)) return undefined
      found = alias
      return visit.BREAK
    },
  })
  return found
}

/**
 * The object in a document, or the items of a list: to kubectl that is whatever has "items", and items without a kind are
 * of the list's (apimachinery unstructured/unstructured.go, decodeToList).
 */
function itemsOf(value: unknown): { value: unknown; at: Path }[] {
  if (value === undefined || value === null) return []
  if (!isRecord(value) || typeof value.kind !== 'string' || !Array.isArray(value.items))
    return [{ value, at: [] }]
  const { apiVersion, kind, items } = value
  const inferred = { apiVersion, kind: kind.replace(/List$/, '') }
  return items.flatMap((item: unknown, index) => {
    const isBare = isRecord(item) && item.apiVersion === undefined && item.kind === undefined
    return itemsOf(isBare ? { ...inferred, ...item } : item).map(({ value, at }) => ({
      value,
      at: ['items', index, ...at],
    }))
  })
}

function isManifest(value: unknown): value is Manifest {
  return hasKind(value) && isRecord(value.metadata)
}

function hasKind(value: unknown): value is Record<string, unknown> & { apiVersion: string; kind: string } {
  return isRecord(value) && typeof value.apiVersion === 'string' && typeof value.kind === 'string'
}

function problemOf(value: unknown): Omit<LocatedProblem, 'place'> {
  if (hasKind(value)) {
    const { apiVersion, kind } = value
    const message = `this ${kind} has no "metadata", so it is no object of a cluster`
    return { message, problem: 'no-metadata', object: { apiVersion, kind } }
  }
  return {
    message: 'this is no Kubernetes object: it needs "apiVersion", "kind" and "metadata"',
    problem: 'foreign',
  }
}

function locatedManifest(
  manifest: Manifest,
  prefix: Path,
  document: ParsedDocument,
  { source, toPlace, documents }: ParsedSource,
  linesAbove: number,
  place: LocatedManifest['place'],
): LocatedManifest {
  const isShared = prefix.length > 0 || documents.length > 1
  return {
    manifest,
    place,
    placeOfFix(at, inside, fix) {
      const span = fixSpan(document, source, [...prefix, ...at], inside, fix)
      return span && toPlace(...span)
    },
    textAt(at) {
      const found = textSpans(document, source, [...prefix, ...at])
      return found && { text: found.text, place: (from, to) => toPlace(...found.spanOf(from, to)) }
    },
    linesAlong(at) {
      const first = document.contents?.range[0] ?? 0
      return [first, ...startsAlong(document, [...prefix, ...at])].map(start => toPlace(start, start).line)
    },
    comments() {
      if (!source.includes('#')) return []
      const found = findComments(source).map(comment => ({
        ...comment,
        line: comment.line + linesAbove,
        aboutLine: comment.aboutLine + linesAbove,
      }))
      const node = nodeAt(document, prefix)
      if (!isShared || node === undefined) return found
      const { line, endLine } = toPlace(node.range[0], node.range[1])
      return found.filter(({ aboutLine }) => line <= aboutLine && aboutLine <= endLine)
    },
    disputedScalars: () => disputedScalars(document, prefix, toPlace),
  }
}

/** Scalars that might be something else than text: all others are text to everyone. */
const SUSPICIOUS = /^(?:[-+.]?[0-9]|[-+]?\.[iInN]|[yYnNoO~]|$)/

function disputedScalars(
  document: ParsedDocument,
  prefix: Path,
  toPlace: ParsedSource['toPlace'],
): DisputedScalar[] {
  const found: DisputedScalar[] = []
  visit(document, {
    Scalar(key, node, ancestors) {
      if (node.type !== 'PLAIN' || node.source === undefined || !node.range) return
      if (node.tag !== undefined || !SUSPICIOUS.test(node.source)) return
      const kubectl = readAsKubectl(node.source)
      const yaml12 = isScalarValue(node.value) ? node.value : node.source
      // Keys of JSON are text in the end: 0100 is "64" or "100".
      const isKey = key === 'key'
      if (isKey ? String(kubectl) === String(yaml12) : Object.is(kubectl, yaml12) || kubectl === yaml12)
        return
      const path = pathOf(ancestors, node)
      if (!prefix.every((step, index) => path[index] === step)) return
      const place = toPlace(node.range[0], node.range[1])
      found.push({ at: path.slice(prefix.length), isKey, place, written: node.source, kubectl, yaml12 })
    },
  })
  return found
}

function isScalarValue(value: unknown): value is ScalarValue {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function pathOf(ancestors: readonly unknown[], node: unknown): Path {
  const path: (string | number)[] = []
  for (const [index, ancestor] of ancestors.entries()) {
    const child = ancestors[index + 1] ?? node
    if (isPair(ancestor)) path.push(isScalar(ancestor.key) ? String(ancestor.key.value) : '')
    else if (isRecord(ancestor) && Array.isArray(ancestor.items) && !isPair(child))
      path.push(ancestor.items.indexOf(child))
  }
  return path
}
