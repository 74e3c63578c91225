import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'

export interface ProcessOptions {
  /** All of its environment, but for an empty PATH: nothing is to depend on what the machine has. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** Starts a process whose output goes to the end of a file. */
export function startProcess(
  program: string,
  args: readonly string[],
  log: string,
  { env = {}, cwd }: ProcessOptions = {},
): ChildProcess {
  const file = openSync(log, 'a')
  try {
    return spawn(program, args, { stdio: ['ignore', file, file], env: { PATH: '', ...env }, cwd })
  } finally {
    closeSync(file)
  }
}

/** Starts one of the tests' own programs, which prints a line when it is ready; returns that line too. */
export async function startProgram(name: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, name), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = await once(child.stdout, 'data')
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
