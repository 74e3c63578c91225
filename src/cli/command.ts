/** The world of a command, passed in so that tests need no process. */
export interface Terminal {
  /** All of standard input. */
  readonly stdin: () => string
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Standard output is a terminal that wants colour (NO_COLOR, https://no-color.org). */
  readonly color: boolean
}

/** 0 clean, 1 findings, 2 wrong usage, 3 failure: the same for every subcommand. */
export type ExitCode = 0 | 1 | 2 | 3

export interface Subcommand {
  readonly name: string
  readonly summary: string
  readonly usage: string
  run(args: readonly string[], terminal: Terminal): ExitCode
}

/** The command line is wrong: exit code 2, and one line that says what would be accepted. */
export class UsageError extends Error {
  readonly code = 'ERR_SOCNI_USAGE'
}
