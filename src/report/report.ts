import type { LintResult } from '../lint/lint.ts'

/** What a report may know beyond the findings. */
export interface ReportContext {
  /** The text of a linted file, for the lines around a finding. */
  readonly textOf: (path: string) => string
  readonly color: boolean
}

/** Prints a result in one format; the text ends in a line break unless it is empty. */
export type Report = (result: LintResult, context: ReportContext) => string
