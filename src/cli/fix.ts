import { realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { writeAtomically } from '../files/atomic.ts'
import { applyFixes } from '../lint/fix.ts'
import type { LintResult, Source } from '../lint/result.ts'

/** A fix may uncover another one; what needs more than these goes round in circles. */
const FIX_ROUNDS = 5

/**
 * Answers findings round after round: what could not be read before a fix may have findings of its own after it. `run` lints
 * what `keep` was given. Returns the latest result, and how many findings were answered.
 */
export async function fixInRounds(
  first: LintResult,
  sources: readonly Source[],
  run: () => LintResult | Promise<LintResult>,
  keep: (source: Source, text: string) => void,
): Promise<{ result: LintResult; count: number }> {
  let [result, count] = [first, 0]
  for (let round = 0, latest = 1; latest > 0 && round < FIX_ROUNDS; round++) {
    if (round > 0) result = await run()
    latest = fixSources(result, sources, keep)
    count += latest
  }
  return { result, count }
}

/** Answers the findings that have one answer, and gives each changed text to `keep`. Returns how many were answered. */
function fixSources(
  { findings }: LintResult,
  sources: readonly Source[],
  keep: (source: Source, text: string) => void,
): number {
  const byPath = Map.groupBy(findings, ({ path }) => path)
  let count = 0
  for (const source of sources) {
    const own = byPath.get(source.path)
    if (own === undefined) continue
    const { text, fixed } = applyFixes(source.read(), own)
    if (fixed.length === 0) continue
    count += fixed.length
    keep(source, text)
  }
  return count
}

/** A link stays one, and a file keeps its permissions. */
export function writeFixed(path: string, text: string, directory: string): void {
  const file = realpathSync(resolve(directory, path))
  writeAtomically(file, text, statSync(file).mode & 0o777)
}

/** The lines that differ; fixes never add or remove one. */
export function changedLines(path: string, before: string, after: string): string {
  const lines = after.split('\n')
  const changed = before.split('\n').flatMap((line, index) => {
    const now = lines[index] ?? ''
    return line === now ? [] : [`@@ line ${index + 1} @@\n-${line}\n+${now}\n`]
  })
  return `--- ${path}\n+++ ${path}\n${changed.join('')}`
}
