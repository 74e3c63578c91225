import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { DocumentProblem } from '../config/document.ts'
import { type LinterConfiguration, noLinterConfiguration, readLinterConfiguration } from '../config/linter.ts'
import { readTextFile } from '../files/read-text.ts'
import { printPath } from '../json/value.ts'
import { ruleText } from '../lint/rules.ts'
import { readPlainYaml } from '../yaml/plain.ts'
import { FailureError } from './command.ts'

const NAME = 'socni.yaml'

/**
 * Finds socni.yaml in the directory or above it, up to the root of the repository, and reads it. Its paths become
 * paths from the directory.
 */
export function findConfiguration(directory: string, named: string | undefined): LinterConfiguration {
  const file = named === undefined ? findUpward(directory) : resolve(directory, named)
  if (file === undefined) return noLinterConfiguration
  const shown = relative(directory, file)
  const { value, problem, lineOf } = readPlainYaml(readTextFile(file))
  if (problem !== undefined) throw new FailureError(`${shown}:${problem.line}: ${problem.message}`)
  const reading = readLinterConfiguration(value)
  const problems = reading.ok ? unknownRules(reading.value) : reading.problems
  if (!reading.ok || problems.length > 0) {
    const lines = problems.map(({ at, message }) => `${shown}:${lineOf(at)}: ${printPath(at)}: ${message}`)
    throw new FailureError(lines.join('\n'))
  }
  const own = (path: string): string => {
    const fromHere = relative(directory, resolve(dirname(file), path))
    return fromHere === '' ? '.' : fromHere
  }
  const { paths, policy, exclude, baseline, ...rest } = reading.value
  return {
    ...rest,
    paths: paths.map(own),
    policy: policy.map(own),
    exclude: exclude.map(own),
    ...(baseline !== undefined && { baseline: own(baseline) }),
  }
}

function unknownRules({ rules }: LinterConfiguration): DocumentProblem[] {
  const unknown = Object.keys(rules).filter(id => ruleText(id) === undefined)
  return unknown.map(id => ({ at: ['rules', id], message: `"${id}" is no rule: socni-ctl rules lists them` }))
}

/** Above a repository lies what belongs to others. */
function findUpward(directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    const file = join(at, NAME)
    if (existsSync(file)) return file
    if (existsSync(join(at, '.git')) || dirname(at) === at) return undefined
  }
}
