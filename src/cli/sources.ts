import { globSync, readdirSync, statSync } from 'node:fs'
import { join, matchesGlob, resolve } from 'node:path'
import { readTextFile } from '../files/read-text.ts'
import type { Source } from '../lint/result.ts'
import { type Terminal, UsageError } from './command.ts'

export interface Sources {
  readonly sources: readonly Source[]
  /** A line for each path that leads nowhere; the others are read all the same. */
  readonly failures: readonly string[]
}

/** Finds files, directories (their YAML and JSON), patterns such as `deploy/*.yaml`, and `-` for standard input. */
export function findSources(
  paths: readonly string[],
  exclude: readonly string[],
  terminal: Terminal,
): Sources {
  if (paths.filter(path => path === '-').length > 1) throw new UsageError('"-" can be read once only')
  const sources = new Map<string, Source>()
  const failures: string[] = []
  for (const path of paths) {
    if (path === '-') {
      const text = terminal.stdin()
      sources.set('-', { path: '<stdin>', isNamed: true, read: () => text })
      continue
    }
    const { files, isNamed, none } = expand(path, terminal.directory)
    if (files.length === 0) failures.push(`${path}: ${none}`)
    for (const file of files) {
      if (!isNamed && exclude.some(pattern => matchesGlob(file, pattern))) continue
      const absolute = resolve(terminal.directory, file)
      // Twice the same file would be every object twice.
      if (!sources.has(absolute))
        sources.set(absolute, { path: file, isNamed, read: () => readTextFile(absolute) })
    }
  }
  return { sources: [...sources.values()], failures }
}

interface Expansion {
  readonly files: readonly string[]
  readonly isNamed: boolean
  /** What to say when there are none. */
  readonly none: string
}

function expand(path: string, directory: string): Expansion {
  const absolute = resolve(directory, path)
  const stats = statSync(absolute, { throwIfNoEntry: false })
  if (stats === undefined) {
    const found = /[*?[{]/.test(path) ? globSync(path, { cwd: directory }).sort() : []
    return { files: found, isNamed: false, none: 'there is no such file or directory' }
  }
  if (!stats.isDirectory()) return { files: [path], isNamed: true, none: '' }
  const files = readdirSync(absolute, { recursive: true, encoding: 'utf8' })
    .filter(name => /\.(?:ya?ml|json)$/.test(name) && !isHidden(name))
    .sort()
    .map(name => join(path, name))
  return { files, isNamed: false, none: 'it holds no .yaml, .yml or .json file' }
}

/** Packages and version control keep files of their own. */
function isHidden(name: string): boolean {
  return name.split('/').some(part => part === 'node_modules' || part === '.git')
}
