import { globSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, matchesGlob, relative, resolve, sep } from 'node:path'
import { readTextFile } from '../files/read-text.ts'
import { type Source, STDIN } from '../lint/result.ts'
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
      sources.set('-', { path: STDIN, isNamed: true, read: () => text })
      continue
    }
    const { files, root, isNamed, none } = expand(path, terminal.directory)
    if (files.length === 0) failures.push(`${path}: ${none}`)
    const roots = [terminal.directory, root].map(directory => {
      const absolute = resolve(directory)
      return { absolute, real: realPath(absolute) ?? absolute }
    })
    for (const file of files) {
      const absolute = resolve(terminal.directory, file)
      const names = [file, relative(terminal.directory, absolute)]
      if (!isNamed && exclude.some(pattern => names.some(name => matchesGlob(name, pattern)))) continue
      // Who wrote the files may not be who runs this, whose own files would be shown, and fixed.
      const target = isNamed ? undefined : strayTarget(absolute, roots)
      if (target !== undefined) {
        failures.push(
          `${file}: it is a link to ${target}, which is none of the manifests looked at: name it to have it read`,
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
    .filter(name => MANIFEST.test(name))
    .sort()
    .map(name => join(path, name))
  return { files, root: absolute, isNamed: false, none: 'it holds no .yaml, .yml or .json file' }
}

/** A directory that is looked at, as it is named and without links. */
interface Root {
  readonly absolute: string
  readonly real: string
}

/** Where a link among what was found leads, if that is outside, or no manifest; undefined: nowhere else. */
function strayTarget(path: string, roots: readonly Root[]): string | undefined {
  const target = realPath(path)
  // Found by a pattern that leads out by itself ({../a,../b}/*.yaml), it is what was asked for.
  if (target === undefined || !roots.some(({ absolute }) => isBelow(path, absolute))) return undefined
  const home = roots.find(({ real }) => isBelow(target, real))
  if (home === undefined) return target
  const isHidden = target
    .slice(home.real.length)
    .split(sep)
    .some(part => HIDDEN.has(part))
  return isHidden || !MANIFEST.test(target) ? target : undefined
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

const MANIFEST = /\.(?:ya?ml|json)$/

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
