import { globSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, matchesGlob, resolve, sep } from 'node:path'
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
    const { files, root, isNamed, none } = expand(path, terminal.directory)
    if (files.length === 0) failures.push(`${path}: ${none}`)
    const roots = [terminal.directory, root].flatMap(directory => realPath(directory) ?? [])
    for (const file of files) {
      if (!isNamed && exclude.some(pattern => matchesGlob(file, pattern))) continue
      const absolute = resolve(terminal.directory, file)
      // Who wrote the files may not be who runs this, whose own files would be shown, and fixed.
      const target = isNamed ? undefined : realPath(absolute)
      if (target !== undefined && !roots.some(directory => isBelow(target, directory))) {
        failures.push(
          `${file}: it is a link to ${target}, outside of what is looked at: name it to have it read`,
        )
        continue
      }
      // Twice the same file would be every object twice.
      if (!sources.has(absolute))
        sources.set(absolute, { path: file, isNamed, read: () => readTextFile(absolute) })
    }
  }
  return { sources: [...sources.values()], failures }
}

interface Expansion {
  readonly files: readonly string[]
  /** Where they are looked for. */
  readonly root: string
  readonly isNamed: boolean
  /** What to say when there are none. */
  readonly none: string
}

function expand(path: string, directory: string): Expansion {
  const absolute = resolve(directory, path)
  const stats = statSync(absolute, { throwIfNoEntry: false })
  if (stats === undefined) {
    const found = /[*?[{]/.test(path) ? globSync(path, { cwd: directory }).sort() : []
    const fixed = path.slice(0, path.search(/[*?[{]/))
    const root = resolve(directory, fixed.endsWith('/') ? fixed : dirname(fixed))
    return { files: found, root, isNamed: false, none: 'there is no such file or directory' }
  }
  if (!stats.isDirectory()) return { files: [path], root: absolute, isNamed: true, none: '' }
  const files = filesBelow(absolute)
    .filter(name => /\.(?:ya?ml|json)$/.test(name))
    .sort()
    .map(name => join(path, name))
  return { files, root: absolute, isNamed: false, none: 'it holds no .yaml, .yml or .json file' }
}

/** Undefined where it leads nowhere, which reading it will say. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path)
  } catch {
    return undefined
  }
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(directory.endsWith(sep) ? directory : `${directory}${sep}`)
}

/** Packages and version control keep files of their own. */
const HIDDEN: ReadonlySet<string> = new Set(['node_modules', '.git'])

/** Names of all files, by their ways from a directory. Links to directories are not followed (readdir's own `recursive` does that). */
function filesBelow(directory: string, way = ''): string[] {
  return readdirSync(join(directory, way), { withFileTypes: true })
    .filter(({ name }) => !HIDDEN.has(name))
    .flatMap(entry => {
      const name = join(way, entry.name)
      return entry.isDirectory() ? filesBelow(directory, name) : [name]
    })
}
