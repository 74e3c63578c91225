import { existsSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { readTextFile } from '../files/read-text.ts'
import { parseBaseline, printBaseline, withoutBaseline } from '../lint/baseline.ts'
import { type LintResult, type Source, STDIN } from '../lint/result.ts'
import { count } from '../report/count.ts'
import { FailureError, type Terminal } from './command.ts'
import { writeOutputFile } from './output.ts'

/** Writes the findings into a baseline file, or says how many it would write. */
export function writeBaseline(
  { findings }: LintResult,
  file: string,
  isDryRun: boolean | undefined,
  terminal: Terminal,
): void {
  const text = printBaseline(findings, pathFrom(resolve(terminal.directory, file), terminal))
  if (!isDryRun) writeOutputFile('--write-baseline', file, text, terminal)
  terminal.stderr(`${isDryRun ? 'would write' : 'wrote'} ${count(findings.length, 'finding')} to ${file}\n`)
}

/** Paths in a baseline start where the file is, wherever the linter is called. */
function pathFrom(file: string, { directory }: Terminal): (path: string) => string {
  return path => (path === STDIN ? path : relative(dirname(file), resolve(directory, path)))
}

/** The result without the findings of a baseline file. Throws a FailureError where there is no such file. */
export function leaveOutKnown(
  result: LintResult,
  sources: readonly Source[],
  file: string | undefined,
  terminal: Terminal,
): LintResult {
  if (file === undefined) return result
  const absolute = resolve(terminal.directory, file)
  if (!existsSync(absolute))
    throw new FailureError(`${file}: there is no such file: make it with --write-baseline ${file}`)
  const pathOf = pathFrom(absolute, terminal)
  const linted = new Set(sources.map(({ path }) => pathOf(path)))
  const { fresh, known, gone } = withoutBaseline(
    result.findings,
    parseBaseline(readTextFile(absolute), file),
    pathOf,
    path => linted.has(path) || (path !== STDIN && !existsSync(resolve(dirname(absolute), path))),
  )
  const notices = [
    ...(known > 0 ? [`${count(known, 'finding')} of the baseline ${file} left out`] : []),
    ...(gone > 0 ? [`${count(gone, 'finding')} of the baseline ${file} gone: write it anew`] : []),
  ]
  return { ...result, findings: fresh, notices: [...result.notices, ...notices] }
}
