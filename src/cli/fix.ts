import { realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { writeAtomically } from '../files/atomic.ts'
import { applyFixes } from '../lint/fix.ts'
import type { LintResult, Source } from '../lint/result.ts'
import { type Terminal, UsageError } from './command.ts'

/** Fixes the files of a result, or shows what it would write. Returns how many findings were answered. */
export function fixFiles(
  { findings }: LintResult,
  sources: readonly Source[],
  isDryRun: boolean,
  terminal: Terminal,
): number {
  const byPath = Map.groupBy(findings, ({ path }) => path)
  let count = 0
  for (const source of sources) {
    const own = byPath.get(source.path)
    if (own === undefined) continue
    const before = source.read()
    const { text, fixed } = applyFixes(before, own)
    if (fixed.length === 0) continue
    if (source.path === '<stdin>') throw new UsageError('standard input cannot be fixed: name a file')
    count += fixed.length
    if (isDryRun) terminal.stdout(changedLines(source.path, before, text))
    else {
      // A link stays one, and a file keeps its permissions.
      const file = realpathSync(resolve(terminal.directory, source.path))
      writeAtomically(file, text, statSync(file).mode & 0o777)
    }
  }
  return count
}

/** Fixes never add or remove a line. */
function changedLines(path: string, before: string, after: string): string {
  const lines = after.split('\n')
  const changed = before.split('\n').flatMap((line, index) => {
    const now = lines[index] ?? ''
    return line === now ? [] : [`@@ line ${index + 1} @@\n-${line}\n+${now}\n`]
  })
  return `--- ${path}\n+++ ${path}\n${changed.join('')}`
}
