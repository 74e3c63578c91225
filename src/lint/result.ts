import type { Finding } from '../policy/finding.ts'
import type { Place } from '../yaml/document.ts'

/** What standard input is called where a file has its path. */
export const STDIN = '<stdin>'

/** A file that is linted, or only gives policy to others. */
export interface Source {
  /** As people name it: a path from where they are, or `<stdin>`. */
  readonly path: string
  /** It was named, not found in a directory: then it must hold Kubernetes objects. */
  readonly isNamed?: boolean
  /** Reads it, each time anew: texts are not kept. Throws an UnreadableFileError. */
  read(): string
}

/** A finding with its place in a file. */
export interface LintFinding extends Finding {
  readonly path: string
  readonly place: Place
  /** The object that it is about: `NetworkAttachmentDefinition finance/ledger`. */
  readonly object: string
  /** The line of the file that it starts on. */
  readonly line: string
  /** What a fix replaces, where there is one. */
  readonly fixPlace?: Place
}

/** A finding that somebody wants left alone, and why. */
export interface IgnoredFinding extends LintFinding {
  readonly reason: string
}

export interface LintResult {
  readonly findings: readonly LintFinding[]
  readonly ignored: readonly IgnoredFinding[]
  /** What was left out, and why. */
  readonly notices: readonly string[]
  /** A line for each file that cannot be read: the run has failed, whatever the others hold. */
  readonly failures: readonly string[]
  readonly files: number
  readonly manifests: number
}

/** In the order of a file, and on one place errors before warnings. */
export function compareFindings(a: LintFinding, b: LintFinding): number {
  return (
    a.place.line - b.place.line ||
    a.place.column - b.place.column ||
    compareTexts(a.severity, b.severity) ||
    compareTexts(a.rule, b.rule)
  )
}

/** By code units: localeCompare loads tables that take longer than a run. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
