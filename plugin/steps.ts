import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { writeAtomically } from '../src/files/atomic.ts'
import { isThere } from './stand-in.ts'

/** What an installation would do, or did, a line a step. */
export interface Step {
  readonly text: string
  readonly run: () => void
}

/** Does the steps, or only says what they would be. */
export function runSteps(steps: readonly Step[], isDryRun: boolean, stdout: (text: string) => void): void {
  for (const { text, run } of steps) {
    if (!isDryRun) run()
    stdout(`${isDryRun ? 'would ' : ''}${text}\n`)
  }
}

export function planDirectory(directory: string): Step[] {
  if (existsSync(directory)) return []
  return [{ text: `make ${directory}`, run: () => mkdirSync(directory, { recursive: true, mode: 0o755 }) }]
}

/** Writes a file that says something else, or is not there. */
export function planFile(file: string, content: string | Buffer, remark = '', mode = 0o644): Step[] {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  if (existsSync(file) && statSync(file).size === bytes.length && readFileSync(file).equals(bytes)) return []
  return [{ text: `write ${file}${remark}`, run: () => writeAtomically(file, bytes, mode) }]
}

export function planRemoval(paths: readonly string[]): Step[] {
  return paths
    .filter(isThere)
    .map(path => ({ text: `remove ${path}`, run: () => rmSync(path, { recursive: true, force: true }) }))
}
