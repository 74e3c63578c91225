import { printable, shorten } from '../json/quote.ts'
import type { Finding } from './finding.ts'
import type { Kind, Rule, Violation } from './rule.ts'
import type { Subjects } from './subjects.ts'

/** Where a violation stands in the manifest, given where its kind's JSON is. */
export type Locate = (violation: Violation) => Pick<Finding, 'at' | 'inside'>

/** Violations that say themselves where they are. */
export const asGiven: Locate = ({ at, inside }) => ({ at: at ?? [], ...(inside && { inside }) })

const MAX_MESSAGE = 1_000

/** Judges one subject by each rule of its kind. A rule adds its id and constant title to what it yields. */
export function evaluate<K extends Kind>(
  subject: Subjects[K],
  rules: readonly Rule<K>[],
  place: Locate,
): Finding[] {
  return rules.flatMap(({ id, severity, title, check }) =>
    [...check(subject)].map(violation => ({
      rule: id,
      severity: violation.severity ?? severity,
      title,
      message: clean(violation.message),
      ...(violation.placed !== undefined && { placed: clean(violation.placed) }),
      ...(violation.brief && { brief: violation.brief }),
      ...(violation.fix && { fix: violation.fix }),
      ...place(violation),
    })),
  )
}

/** What tenants wrote is in it, and it ends in terminals, Events and reports. */
function clean(message: string): string {
  return shorten(printable(message), MAX_MESSAGE)
}
