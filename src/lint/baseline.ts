import { createHash } from 'node:crypto'
import { readJson } from '../json/reader.ts'
import { isObject } from '../json/value.ts'
import type { LintFinding } from './result.ts'

/** Findings that were there when the linter was introduced: by their fingerprints, where each is and how many there are. */
export type Baseline = ReadonlyMap<string, { readonly path: string; readonly count: number }>

/** A path as the baseline has it, from where its file is. */
type PathOf = (path: string) => string

export class BaselineError extends Error {
  readonly code = 'ERR_SOCNI_BASELINE'
}

/** The same while its line stays the same, wherever that moves to; another file or object is another finding. */
export function fingerprint(
  { rule, object, message, path, line }: LintFinding,
  pathOf: PathOf = same => same,
): string {
  return createHash('sha256')
    .update(JSON.stringify([rule, object, message, pathOf(path), line.trim()]))
    .digest('hex')
    .slice(0, 32)
}

/**
 * Splits findings into those that are new and the number of those that the baseline holds; gone are those of files that were
 * looked at.
 */
export function withoutBaseline(
  findings: readonly LintFinding[],
  baseline: Baseline,
  pathOf: PathOf,
  isLookedAt: (path: string) => boolean,
): { fresh: LintFinding[]; known: number; gone: number } {
  const left = new Map([...baseline].map(([print, { count }]) => [print, count]))
  const fresh = findings.filter(finding => {
    const print = fingerprint(finding, pathOf)
    const count = left.get(print) ?? 0
    if (count > 0) left.set(print, count - 1)
    return count === 0
  })
  const gone = [...baseline].reduce(
    (sum, [print, { path }]) => sum + (isLookedAt(path) ? (left.get(print) ?? 0) : 0),
    0,
  )
  return { fresh, known: findings.length - fresh.length, gone }
}

/** The file: sorted, a line for each finding, so that a change of it can be reviewed. */
export function printBaseline(findings: readonly LintFinding[], pathOf: PathOf): string {
  const counts = new Map<string, { finding: LintFinding; count: number }>()
  for (const finding of findings) {
    const print = fingerprint(finding, pathOf)
    counts.set(print, { finding, count: (counts.get(print)?.count ?? 0) + 1 })
  }
  const lines = [...counts].map(([print, { finding, count }]) => {
    const { path, rule, object } = finding
    return `    ${JSON.stringify({ path: pathOf(path), rule, object, fingerprint: print, count })}`
  })
  return `{\n  "findings": [\n${lines.sort().join(',\n')}\n  ]\n}\n`
}

/** Reads that file. Throws a BaselineError: what cannot be read must not hide anything. */
export function parseBaseline(text: string, path: string): Baseline {
  const reading = readJson(text, { maxLength: 64 * 1024 * 1024 })
  if (!reading.ok)
    throw new BaselineError(`${path}:${reading.problems[0]?.line ?? 1}: ${reading.problems[0]?.message}`)
  const list = isObject(reading.value) ? reading.value.findings : undefined
  if (!Array.isArray(list))
    throw new BaselineError(`${path}: "findings" is no list: make it with --write-baseline`)
  return new Map(
    list.map((entry, index) => {
      const { fingerprint: print, count, path: where } = isObject(entry) ? entry : {}
      if (
        typeof print !== 'string' ||
        typeof where !== 'string' ||
        typeof count !== 'number' ||
        !Number.isSafeInteger(count) ||
        count < 1
      ) {
        throw new BaselineError(
          `${path}: findings[${index}] lacks "path", "fingerprint" or "count": make it with --write-baseline`,
        )
      }
      return [print, { path: where, count }]
    }),
  )
}
