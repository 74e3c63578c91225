import type { Fix } from './fix.ts'
import { foldKey } from './fold.ts'
import { readPlainJson } from './plain.ts'
import { type Span, spanOf } from './position.ts'
import { quote } from './quote.ts'
import { JsonSyntaxError, type Member, type ProblemCode, Scanner } from './scanner.ts'
import type { JsonValue, Path } from './value.ts'

export type { ProblemCode } from './scanner.ts'

/** Why a text is refused, and where. */
export interface JsonProblem extends Span {
  readonly code: ProblemCode
  readonly at: Path
  readonly message: string
  readonly fix?: Fix
}

/**
 * A problem in words that say where it is, as the place in the JSON alone does not where nothing could be read; `placed` are the
 * words where a place in a file is shown beside them.
 */
export function describeJsonProblem({ at, message, fix, line, column }: JsonProblem): {
  readonly message: string
  readonly placed?: string
  readonly fix?: Fix
} {
  const rest = fix && { fix }
  if (at.length > 0) return { message, ...rest }
  return { message: `${message} (line ${line}, column ${column})`, placed: message, ...rest }
}

export type JsonReading =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly problems: readonly JsonProblem[] }

export interface ReadOptions {
  /** Keys that the readers after us know. A key that Go folds onto one of them, but that is none, is refused. */
  readonly knownKeys?: ReadonlySet<string>
  /** Objects whose keys are data (sysctl names, labels): any spelling is allowed, but no two fold-equal keys. */
  readonly freeForm?: (path: Path) => boolean
  /** Levels of nesting; Go allows 10,000, and no configuration has ten. */
  readonly maxDepth?: number
  /** UTF-8 bytes. An annotation has at most 256 KiB, an object in etcd 1.5 MiB. */
  readonly maxLength?: number
}

const DEFAULT_MAX_DEPTH = 64
const DEFAULT_MAX_LENGTH = 1024 * 1024

// Finding line and column is linear in the text, so a text made of problems alone must not ask for it each time.
const MAX_PROBLEMS = 20

const foldedKnownKeys = new WeakMap<ReadonlySet<string>, ReadonlyMap<string, string>>()

/**
 * Reads JSON so that no later reader can understand it otherwise (docs/readers.md, "JSON in Go").
 * Beyond RFC 8259 it refuses duplicate keys, keys that Go holds for equal, keys that Go holds for a known key,
 * non-ASCII keys, control characters in names, half surrogate pairs and numbers that float64 changes.
 * All such problems are reported in one run; the first syntax error ends it.
 */
export function readJson(text: string, options: ReadOptions = {}): JsonReading {
  const { maxDepth = DEFAULT_MAX_DEPTH, maxLength = DEFAULT_MAX_LENGTH } = options
  const problems: JsonProblem[] = []
  const problem: Report = (code, at, offset, end, message, fix): void => {
    if (problems.length < MAX_PROBLEMS)
      problems.push({ code, at: [...at], message, ...(fix && { fix }), ...spanOf(text, offset, end) })
  }

  // A UTF-16 unit is at least one byte, so the cheap test decides most cases.
  const bytes = text.length > maxLength ? text.length : Buffer.byteLength(text)
  if (bytes > maxLength) {
    problem('too-long', [], 0, 0, `the JSON is longer than ${maxLength} bytes`)
    return { ok: false, problems }
  }
  const plain = readPlainJson(text, options, maxDepth, bytes)
  if (plain !== undefined) return { ok: true, value: plain }
  try {
    const object = (path: Path, members: readonly Member[]): void =>
      checkKeys(path, members, options, problem)
    const value = new Scanner(text, { problem, object }, maxDepth).read()
    return problems.length === 0 ? { ok: true, value } : { ok: false, problems }
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    problem(error.code, error.path, error.offset, error.end, error.message)
    return { ok: false, problems }
  }
}

type Report = (code: ProblemCode, at: Path, offset: number, end: number, message: string, fix?: Fix) => void

function checkKeys(path: Path, members: readonly Member[], options: ReadOptions, report: Report): void {
  const seen = new Map<string, string>()
  let spellings: ReadonlyMap<string, ReadonlySet<string>> | undefined
  const known = options.freeForm?.(path) ? undefined : foldedKeys(options.knownKeys)
  for (const { key, offset, end } of members) {
    const folded = foldKey(key)
    const twin = seen.get(folded)
    seen.set(folded, key)
    const say = (code: ProblemCode, message: string, fix?: Fix): void =>
      report(code, [...path, key], offset, end, message, fix)
    if (twin === key) say('duplicate-key', `the key ${quote(key)} stands here twice: keep one`)
    else if (twin !== undefined) {
      say('fold-equal-keys', `Go reads the keys ${quote(twin)} and ${quote(key)} as one: keep one`)
    }
    const spelling = known?.get(folded)
    if (spelling !== undefined && !options.knownKeys?.has(key)) {
      const message = `Go reads the key ${quote(key)} as "${spelling}": write "${spelling}"`
      // Beside its twin neither of them is known to be the one that was meant.
      spellings ??= spellingsOf(members)
      const isAlone = spellings.get(folded)?.size === 1
      say('misspelt-key', message, isAlone ? { action: 'rename key', text: spelling } : undefined)
    } else if (known !== undefined && hasNonAscii(key)) {
      say('non-ascii-key', `the key ${quote(key)} holds letters beyond ASCII, and no plugin has such a key`)
    }
  }
}

/** Keys by what Go holds them for: counted once, since a text may be made of misspelt ones. */
function spellingsOf(members: readonly Member[]): ReadonlyMap<string, ReadonlySet<string>> {
  const spellings = new Map<string, Set<string>>()
  for (const { key } of members) {
    const folded = foldKey(key)
    const known = spellings.get(folded)
    if (known === undefined) spellings.set(folded, new Set([key]))
    else known.add(key)
  }
  return spellings
}

function hasNonAscii(key: string): boolean {
  for (let index = 0; index < key.length; index++) {
    if (key.charCodeAt(index) > 0x7f) return true
  }
  return false
}

const NO_KEYS: ReadonlyMap<string, string> = new Map()

/** The known keys by their folded form, made once for each set. */
function foldedKeys(keys: ReadonlySet<string> | undefined): ReadonlyMap<string, string> {
  if (keys === undefined) return NO_KEYS
  let folded = foldedKnownKeys.get(keys)
  if (folded === undefined) {
    folded = new Map([...keys].map(key => [foldKey(key), key]))
    foldedKnownKeys.set(keys, folded)
  }
  return folded
}
