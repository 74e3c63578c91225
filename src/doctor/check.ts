/** One thing that was looked at on a node or in a manifest. */
export interface Check {
  readonly id: string
  /** `unknown`: it could not be looked at, and `found` says why. */
  readonly status: 'ok' | 'warning' | 'error' | 'unknown'
  readonly title: string
  /** What is there, with its place. */
  readonly found: string
  /** What depends on it. */
  readonly why: string
  /** The command or change that mends it; present unless all is well. */
  readonly mend?: string
}

/** What a check asks about, without what came of it. */
export type Question = Pick<Check, 'id' | 'title' | 'why'>

/** Answers a question. */
export function answer(question: Question, status: Check['status'], found: string, mend?: string): Check {
  return { ...question, status, found, ...(mend !== undefined && { mend }) }
}
