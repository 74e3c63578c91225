import type { LintResult } from '../lint/result.ts'

/** What a report may know beyond the findings. */
export interface ReportContext {
  readonly color: boolean
}

/** Prints a result in one format; the text ends in a line break unless it is empty. */
export type Report = (result: LintResult, context: ReportContext) => string
