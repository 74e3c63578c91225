import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, type Stats } from 'node:fs'
import { join, posix } from 'node:path'
import { readJson } from '../json/reader.ts'
import { isObject, type JsonObject } from '../json/value.ts'

/** More than any configuration; the rest of a larger file is not looked at. */
const MAX_BYTES = 1024 * 1024
const PART_BYTES = 64 * 1024

/** As the kernel: fs/namei.c MAXSYMLINKS. */
const MAX_LINKS = 40

export type Entry =
  | { readonly kind: 'file'; readonly path: string; readonly mode: number }
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'other'; readonly path: string }
  | { readonly kind: 'missing' }
  /** It is there, or not; we may not know. */
  | { readonly kind: 'unreadable'; readonly reason: string }

/**
 * A node's file system below a directory: `/`, or where it is mounted. Links are followed inside of it, also absolute
 * ones, so that looking at another machine's files never leads to this one's.
 */
export class Tree {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** What is at a path, links followed. */
  entry(path: string): Entry {
    let rest = path.split('/').filter(part => part !== '')
    let at = '/'
    let links = 0
    while (rest.length > 0) {
      const [part = '', ...more] = rest
      const next = posix.join(at, part)
      const status = this.#lstat(next)
      if ('kind' in status) return status
      if (status.isSymbolicLink()) {
        links++
        if (links > MAX_LINKS) return { kind: 'unreadable', reason: `${path}: too many links` }
        const target = readlinkSync(join(this.#root, next))
        // join() keeps ".." from leading above the root.
        const resolved = target.startsWith('/') ? posix.normalize(target) : posix.join(at, target)
        rest = [...resolved.split('/').filter(step => step !== ''), ...more]
        at = '/'
        continue
      }
      at = next
      rest = more
    }
    const status = this.#lstat(at)
    if ('kind' in status) return status
    if (status.isDirectory()) return { kind: 'directory', path: at, mode: status.mode & 0o777 }
    return status.isFile()
      ? { kind: 'file', path: at, mode: status.mode & 0o777 }
      : { kind: 'other', path: at }
  }

  has(path: string): boolean {
    const { kind } = this.entry(path)
    return kind === 'file' || kind === 'directory'
  }

  /** The names in a directory in order; none when there is no such directory. */
  list(path: string): string[] {
    const entry = this.entry(path)
    if (entry.kind !== 'directory') return []
    try {
      return readdirSync(join(this.#root, entry.path)).sort()
    } catch {
      return []
    }
  }

  /** The text of a file; undefined where there is none that can be read. */
  read(path: string): string | undefined {
    return this.#open(path, file => {
      const parts: Buffer[] = []
      // Files of /proc say that they are empty, and give a page at a time.
      for (let length = 0; length < MAX_BYTES; ) {
        const part = Buffer.alloc(PART_BYTES)
        const read = readSync(file, part)
        if (read === 0) break
        parts.push(part.subarray(0, read))
        length += read
      }
      return Buffer.concat(parts).toString('utf8')
    })
  }

  /** Whether these letters are anywhere in a file, however large it is. */
  includes(path: string, letters: string): boolean {
    const found = this.#open(path, file => {
      const bytes = Buffer.alloc(MAX_BYTES)
      // What is cut between two pieces is whole in the second one.
      for (let at = 0, length = 0; ; at += length - letters.length) {
        length = readSync(file, bytes, 0, MAX_BYTES, at)
        if (bytes.subarray(0, length).includes(letters)) return true
        if (length < MAX_BYTES) return false
      }
    })
    return found ?? false
  }

  /** The JSON object in a file, or why there is none: `is missing`, `is no JSON object: ...`. */
  readObject(path: string): JsonObject | string {
    const text = this.read(path)
    if (text === undefined) {
      const entry = this.entry(path)
      return entry.kind === 'unreadable' ? `cannot be read: ${entry.reason}` : 'is missing'
    }
    const reading = readJson(text)
    if (!reading.ok) return `is no JSON object: ${reading.problems[0]?.message}`
    return isObject(reading.value) ? reading.value : 'is no JSON object'
  }

  #open<T>(path: string, use: (file: number) => T): T | undefined {
    const entry = this.entry(path)
    if (entry.kind !== 'file') return undefined
    let file: number | undefined
    try {
      file = openSync(join(this.#root, entry.path), 'r')
      return use(file)
    } catch {
      return undefined
    } finally {
      if (file !== undefined) closeSync(file)
    }
  }

  #lstat(path: string): Stats | Entry {
    try {
      return lstatSync(join(this.#root, path))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' }
      return { kind: 'unreadable', reason: error instanceof Error ? error.message : String(error) }
    }
  }
}
