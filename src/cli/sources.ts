import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Source } from '../lint/lint.ts'
import type { Terminal } from './command.ts'

export interface SourcesReading {
  readonly sources: readonly Source[]
  /** A line for each path that cannot be read, and why; the others are read all the same. */
  readonly failures: readonly string[]
}

/** More than any manifest; a file of that size is something else. */
const MAX_BYTES = 16 * 1024 * 1024

/** Reads files, directories (their YAML and JSON), patterns such as `deploy/*.yaml`, and `-` for standard input. */
export function readSources(paths: readonly string[], terminal: Terminal): SourcesReading {
  const sources: Source[] = []
  const failures: string[] = []
  for (const path of paths) {
    if (path === '-') {
      sources.push({ path: '<stdin>', text: terminal.stdin() })
      continue
    }
    const files = expand(path)
    if (files.length === 0) failures.push(`${path}: there is no such file or directory`)
    for (const file of files) {
      const reading = readText(file)
      if ('text' in reading) sources.push({ path: file, text: reading.text })
      else failures.push(`${file}: ${reading.failure}`)
    }
  }
  return { sources, failures }
}

function expand(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return /[*?[{]/.test(path) ? globSync(path).sort() : []
  if (!stats.isDirectory()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter(name => /\.(?:ya?ml|json)$/.test(name) && !name.split('/').includes('node_modules'))
    .sort()
    .map(name => join(path, name))
}

function readText(path: string): { text: string } | { failure: string } {
  try {
    const { size } = statSync(path)
    if (size > MAX_BYTES)
      return { failure: `it has ${size} bytes, more than the ${MAX_BYTES} that a file of manifests may have` }
    const bytes = readFileSync(path)
    if (bytes.includes(0)) return { failure: 'it is a binary file' }
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch (error) {
    if (error instanceof TypeError) return { failure: 'it is not UTF-8 text' }
    return { failure: error instanceof Error ? error.message : String(error) }
  }
}
