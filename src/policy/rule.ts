import type { Fix } from '../json/fix.ts'
import type { Path } from '../json/value.ts'
import type { Manifest } from '../kube/manifest.ts'
import type { Brief, Severity } from './finding.ts'
import type { Subjects } from './subjects.ts'

/** What a rule judges: a NAD, one element of a pod's networks annotation, a pod as a whole, a Tenant, … */
export type Kind = keyof Subjects

/**
 * What `check` yields. `at` leads through the manifest, `inside` on through the JSON that the string there holds.
 * By default `at` is where the kind's JSON is: spec.config for an attachment, the networks annotation for a selection.
 * A selection's `inside` starts at its own element.
 */
export interface Violation {
  /** The offending value in quotes, then what would be accepted. */
  readonly message: string
  /** The message where its place in a file is shown beside it, if that says less. */
  readonly placed?: string | undefined
  /** What to say instead in a report that has the findings of another object anyway. */
  readonly brief?: Brief | undefined
  readonly at?: Path
  readonly inside?: Path
  /** Only where the same fact weighs less in this subject; otherwise the rule's own severity holds. */
  readonly severity?: Severity
  /** Where there is exactly one right answer, which the linter may write. */
  readonly fix?: Fix | undefined
}

/**
 * One rule: the webhook and the linter evaluate it, `explain` and the docs render it, and the tests execute its examples. The
 * guard evaluates none: it compares with what a claim states. `check` is pure: all it may know arrives inside the subject.
 */
export interface Rule<K extends Kind> {
  readonly id: string
  readonly title: string
  readonly severity: Severity
  /** What happens on the node, or to another tenant, when this is let through: one or two sentences. */
  readonly why: string
  /** Where the fact comes from: project, file, specification section. */
  readonly source: string
  /** A manifest that passes every rule in the example world (example.ts), and one that breaks this rule alone. */
  readonly good: Example
  readonly bad: Example
  check(subject: Subjects[K]): Iterable<Violation>
}

/** The list of rules per kind; `rules/index.ts` is the one value of this type. */
export type Rules = { readonly [K in Kind]: readonly Rule<K>[] }

/** A manifest, and those that must exist beside it, over and above the example world. */
export interface Example {
  readonly given?: readonly Manifest[]
  readonly manifest: Manifest
  /** That it is not created but changed from something, or deleted, or who asks: what only a request can say. */
  readonly request?: { readonly before: Manifest } | { readonly isRemoval: true } | { readonly user: string }
}
