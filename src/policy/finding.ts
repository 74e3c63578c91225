import type { Fix } from '../json/fix.ts'
import type { Path } from '../json/value.ts'

/** How a rule is meant by default. What happens to an `error` is up to the enforcement: denied, warned or audited. */
export type Severity = 'error' | 'warning'

/**
 * What a rule reports: a short constant reason (`title`) apart from the detail with the offending values (`message`).
 * `at` leads through the manifest. Where a string holds JSON of its own (`spec.config`, the networks annotation),
 * `inside` leads on through that JSON; the linter turns both into line and column.
 */
export interface Finding {
  readonly rule: string
  readonly severity: Severity
  readonly title: string
  readonly message: string
  /** The message where its place in a file is shown beside it, as the linter does, if that says less. */
  readonly placed?: string
  /** What to say instead in a report that has the findings of another object anyway. */
  readonly brief?: Brief
  readonly at: Path
  readonly inside?: Path
  /** The one right answer, if there is one. */
  readonly fix?: Fix
}

/** A message that repeats nothing of what is said of another object: `NetworkAttachmentDefinition finance/ledger`. */
export interface Brief {
  readonly object: string
  readonly message: string
}
