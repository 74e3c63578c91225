import { closeSync, existsSync, openSync, statSync } from 'node:fs'
import { InstallError } from './install-error.ts'
import { runSteps, type Step } from './steps.ts'

/** Takes the one lock of an open file, or returns false while another process has it. */
export type TryLock = (file: number) => boolean

/** Those that are there, each once: /opt/cni/bin may be a link to another, or one may be mounted at two places. */
export function distinct(directories: readonly string[]): string[] {
  const seen = new Map<string, string>()
  for (const directory of directories) {
    if (!existsSync(directory)) continue
    const { dev, ino } = statSync(directory)
    const identity = `${dev}:${ino}`
    if (!seen.has(identity)) seen.set(identity, directory)
  }
  return [...seen.values()]
}

/** Longer than it takes to copy the guard to a slow disk, and shorter than a pod is given to end. */
const WAIT_MS = 20_000
const RETRY_MS = 20

/**
 * Works while no other installer does in any of these directories: a pod of the DaemonSet that watches, one that goes, and
 * somebody who installs by hand. The lock is the kernel's (flock(2)), on directories that are never removed: it ends with
 * the process that holds it, and means the same in every container. Throws an InstallError when another one does not end.
 */
export function runAlone<T>(
  binDirs: readonly string[],
  tryLock: TryLock,
  work: () => T,
  waitMs: number = WAIT_MS,
): T {
  // Clocks of nodes are set while they run, by years where nothing keeps the time without power.
  const end = performance.now() + waitMs
  for (;;) {
    const files = distinct(binDirs).map(directory => openSync(directory, 'r'))
    try {
      // All or none, so that two that name directories in another order do not wait for each other.
      if (files.every(tryLock)) return work()
    } finally {
      files.forEach(closeSync)
    }
    if (performance.now() > end)
      throw new InstallError(
        `another installer has been at work in ${binDirs.join(', ')} for ${waitMs / 1000} seconds: nothing was changed; end it, or try again when it is done`,
      )
    pause(RETRY_MS)
  }
}

/** Nothing else goes on meanwhile, as with every step. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** How steps are taken. */
export interface Taking {
  readonly binDirs: readonly string[]
  readonly tryLock: TryLock
  readonly isDryRun: boolean
  readonly stdout: (text: string) => void
}

/** Plans and does it alone, so that what was planned is what is there. A dry run waits for nobody. */
export function takeSteps(plan: () => readonly Step[], { binDirs, tryLock, isDryRun, stdout }: Taking): void {
  const take = (): void => {
    const steps = plan()
    if (steps.length === 0) stdout('nothing to do\n')
    runSteps(steps, isDryRun, stdout)
  }
  if (isDryRun) take()
  else runAlone(binDirs, tryLock, take)
}
