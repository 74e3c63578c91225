import { isUtf8 } from 'node:buffer'
import { closeSync, openSync, readSync, statSync } from 'node:fs'

/** More than any file of manifests; one of that size is something else. */
const MAX_BYTES = 16 * 1024 * 1024
const PART_BYTES = 64 * 1024

/** A file that cannot be read as text: gone, not permitted, too large, binary. The message names it. */
export class UnreadableFileError extends Error {
  readonly code = 'ERR_SOCNI_UNREADABLE_FILE'
}

/** Reads a file of UTF-8 text. Throws an UnreadableFileError. */
export function readTextFile(path: string): string {
  try {
    const { size } = statSync(path)
    if (size > MAX_BYTES) throw tooLarge(path, `${size} bytes, more than`)
    const bytes = readAll(path, size)
    if (bytes.includes(0)) throw new UnreadableFileError(`${path}: it is a binary file`)
    if (!isUtf8(bytes)) throw new UnreadableFileError(`${path}: it is not UTF-8 text`)
    return bytes.toString('utf8')
  } catch (error) {
    if (error instanceof UnreadableFileError) throw error
    throw new UnreadableFileError(`${path}: ${reasonOf(error)}`)
  }
}

/** To its end, of what does not say how long it is as well: a pipe (`<(helm template …)`), or a device that never ends. */
function readAll(path: string, size: number): Buffer {
  const file = openSync(path, 'r')
  try {
    // One byte more than there should be, so that the end is seen without another buffer.
    let bytes = Buffer.allocUnsafe(size > 0 ? size + 1 : PART_BYTES)
    let length = 0
    for (;;) {
      const read = readSync(file, bytes, { offset: length })
      if (read === 0) return bytes.subarray(0, length)
      length += read
      if (length > MAX_BYTES) throw tooLarge(path, 'more than')
      if (length === bytes.length) bytes = Buffer.concat([bytes], 2 * length)
    }
  } finally {
    closeSync(file)
  }
}

function tooLarge(path: string, much: string): UnreadableFileError {
  return new UnreadableFileError(
    `${path}: it has ${much} the ${MAX_BYTES} bytes that a file of manifests may have`,
  )
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read by this user',
  EISDIR: 'it is a directory',
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error))
}
