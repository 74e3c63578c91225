import { realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { writeAtomically } from '../files/atomic.ts'
import { applyFixes } from '../lint/fix.ts'
import { type LintOptions, lint } from '../lint/lint.ts'
import type { LintResult, Source } from '../lint/result.ts'
import type { Terminal } from './command.ts'

/** A fix may uncover another one; what needs more than these goes round in circles. */
const FIX_ROUNDS = 5

export interface Fixed {
  readonly result: LintResult
  /** How many findings were answered. */
  readonly count: number
}

/**
 * Answers findings round after round: what could not be read before a fix may have findings of its own after it. `run` lints
 * what `keep` was given. Returns the latest result.
 */
export async function fixInRounds(
  first: LintResult,
  sources: readonly Source[],
  run: () => LintResult | Promise<LintResult>,
  keep: (source: Source, text: string) => void,
): Promise<Fixed> {
  let [result, count] = [first, 0]
  for (let round = 0, latest = 1; latest > 0 && round < FIX_ROUNDS; round++) {
    if (round > 0) result = await run()
    latest = fixSources(result, sources, keep)
    count += latest
  }
  return { result, count }
}

/** The same in memory: prints what --fix would write in the end. */
export async function draftFixes(
  first: LintResult,
  sources: readonly Source[],
  options: LintOptions,
  terminal: Terminal,
): Promise<Fixed> {
  const drafts = new Map<string, string>()
  const drafted = sources.map(source => ({
    ...source,
    read: () => drafts.get(source.path) ?? source.read(),
  }))
  const fixed = await fixInRounds(
    first,
    drafted,
    () => lint(drafted, options),
    ({ path }, text) => drafts.set(path, text),
  )
  for (const source of sources) {
    const text = drafts.get(source.path)
    if (text !== undefined) terminal.stdout(changedLines(source.path, source.read(), text))
  }
  return fixed
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
function changedLines(path: string, before: string, after: string): string {
  const lines = after.split('\n')
  const changed = before.split('\n').flatMap((line, index) => {
    const now = lines[index] ?? ''
    return line === now ? [] : [`@@ line ${index + 1} @@\n-${line}\n+${now}\n`]
  })
  return `--- ${path}\n+++ ${path}\n${changed.join('')}`
}
