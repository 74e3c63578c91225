import { isUtf8 } from 'node:buffer'
import { readFileSync, statSync } from 'node:fs'

/** More than any file of manifests; one of that size is something else. */
const MAX_BYTES = 16 * 1024 * 1024

/** A file that cannot be read as text: gone, not permitted, too large, binary. The message names it. */
export class UnreadableFileError extends Error {
  readonly code = 'ERR_SOCNI_UNREADABLE_FILE'
}

/** Reads a file of UTF-8 text. Throws an UnreadableFileError. */
export function readTextFile(path: string): string {
  try {
    const { size } = statSync(path)
    if (size > MAX_BYTES)
      throw new UnreadableFileError(
        `${path}: it has ${size} bytes, more than the ${MAX_BYTES} that a file of manifests may have`,
      )
    const bytes = readFileSync(path)
    if (bytes.includes(0)) throw new UnreadableFileError(`${path}: it is a binary file`)
    if (!isUtf8(bytes)) throw new UnreadableFileError(`${path}: it is not UTF-8 text`)
    return bytes.toString('utf8')
  } catch (error) {
    if (error instanceof UnreadableFileError) throw error
    throw new UnreadableFileError(`${path}: ${reasonOf(error)}`)
  }
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
