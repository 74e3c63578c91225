import type { Command } from 'commander'

/** The world of a command, passed in so that tests need no process. */
export interface Terminal {
  /** All of standard input. */
  readonly stdin: () => string
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Standard output is a terminal that wants colour (NO_COLOR, https://no-color.org). */
  readonly color: boolean
  /** Standard error is a terminal, where a line about progress can be written over. */
  readonly hasProgress: boolean
  /** Asks somebody a question; undefined where nobody is there to answer. */
  readonly confirm?: (question: string) => boolean
  /** kubectl runs the program as its plugin, and works on the cluster of the kubeconfig. */
  readonly isKubectlPlugin?: boolean
  /** The files that the variable KUBECONFIG names. */
  readonly kubeconfigs?: readonly string[]
  /** Where relative paths start. */
  readonly directory: string
}

/** 0 clean, 1 findings, 2 wrong usage, 3 failure: the same for every subcommand. */
export type ExitCode = 0 | 1 | 2 | 3

/** Where Tenants are kept unless something else is named. */
export const DEFAULT_POLICY_DIR = '.socni/policy'

/** Options that every subcommand takes, before or after its name. */
export interface GlobalFlags {
  readonly format: string
  readonly policyDir: string
  readonly keysDir: string
  readonly tenantId: string
  readonly configDir?: string
  readonly kubeconfig?: string
  readonly context?: string
  /** kubectl runs the program, and no directory is named. */
  readonly isClusterMeant?: boolean
}

export type Action = (...args: unknown[]) => Promise<void>

/** What a subcommand is built with. */
export interface Setup {
  readonly terminal: Terminal
  /** Makes an action of a function that returns an exit code; its last argument is the Command. */
  action<A extends unknown[]>(
    run: (...args: A) => ExitCode | Promise<ExitCode>,
  ): (...args: A) => Promise<void>
}

/** Adds a subcommand, or several of one kind, to the program. */
export type AddCommand = (program: Command, setup: Setup) => void

/** The command line is wrong: exit code 2, and one line that says what would be accepted. */
export class UsageError extends Error {
  readonly code = 'ERR_SOCNI_USAGE'
}

/** The world is not as the command needs it: exit code 3, and one line that says what would mend it. */
export class FailureError extends Error {
  readonly code = 'ERR_SOCNI_FAILURE'
}

/** One of some words; anything else is wrong usage that names them. */
export function choose<T extends string>(flag: string, given: string, words: readonly T[]): T {
  const word = words.find(candidate => candidate === given)
  if (word === undefined)
    throw new UsageError(`${flag} "${given}" is not understood: use ${words.join(', ')}`)
  return word
}
