import type { Path } from '../json/value.ts'
import type { Manifest } from '../kube/manifest.ts'
import type { Finding, Severity } from './finding.ts'
import type { Subjects } from './subjects.ts'

/** What a rule judges: a NAD, one element of a pod's networks annotation, a pod as a whole, or a Tenant. */
export type Kind = keyof Subjects

/** What `check` yields: where, and the offending value in quotes with what would be accepted. */
export interface Violation {
  /** Where in the subject. Paths of `attachment` lead through spec.config, of `selection` through its element. */
  readonly at: Path
  readonly message: string
}

/**
 * One rule: the webhook, the linter and the guard evaluate it, `explain` and the docs render it, and the tests
 * execute its examples. `check` is pure: all it may know arrives inside the subject.
 */
export interface Rule<K extends Kind> {
  readonly id: string
  readonly kind: K
  readonly title: string
  readonly severity: Severity
  /** What happens on the node or to another tenant when this is let through: one or two sentences. */
  readonly why: string
  /** Where the fact comes from: project, file, specification section. */
  readonly source: string
  /** A manifest that passes every rule in the example world (see example.ts), and one that breaks this rule alone. */
  readonly good: Example
  readonly bad: Example
  check(subject: Subjects[K]): Iterable<Violation>
}

/** A manifest, and those that must exist beside it, over and above the example world. */
export interface Example {
  readonly given?: readonly Manifest[]
  readonly manifest: Manifest
}

/** Turns what a rule yields into a finding that can stand alone. */
export function finding(rule: Rule<Kind>, violation: Violation, at: Path, inside?: Path): Finding {
  const { id, severity, title } = rule
  return { rule: id, severity, title, message: violation.message, at, ...(inside && { inside }) }
}
