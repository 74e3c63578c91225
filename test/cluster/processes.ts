import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'

export interface ProcessOptions {
  /** All of its environment, but for an empty PATH: nothing is to depend on what the machine has. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

const SETPRIV = '/usr/bin/setpriv'
/** What is started so ends with whoever started it, however that ends: a run that is killed leaves no servers behind. */
const BOUND: readonly string[] = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--'] : []

/** Starts a process whose output goes to the end of a file. */
export function startProcess(
  program: string,
  args: readonly string[],
  log: string,
  { env = {}, cwd }: ProcessOptions = {},
): ChildProcess {
  const file = openSync(log, 'a')
  const [command = '', ...rest] = [...BOUND, program, ...args]
  try {
    return spawn(command, rest, { stdio: ['ignore', file, file], env: { PATH: '', ...env }, cwd })
  } finally {
    closeSync(file)
  }
}

/** Starts one of the tests' own programs, which prints a line when it is ready; returns that line too. */
export async function startProgram(name: string, ...args: readonly string[]) {
  const [command = '', ...rest] = [...BOUND, process.execPath, join(import.meta.dirname, name), ...args]
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit').then(([exit]) => {
    throw new Error(`${name} ended with ${exit} before it was ready`)
  })
  const [line] = await Promise.race([once(child.stdout, 'data'), ended])
  return { child, line: String(line).trim() }
}

/** Ends a process that the tests started, if it runs still, and waits until it has ended; by force when it takes too long. */
export async function endProcess(
  child: ChildProcess | undefined,
  signal: NodeJS.Signals = 'SIGTERM',
  patience = 10_000,
): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), patience)
  await ended
  clearTimeout(timer)
}
