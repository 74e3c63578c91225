import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Errors name the file that was meant, not the temporary one beside it. */
function openNew(temporary: string, path: string, mode: number): number {
  try {
    return openSync(temporary, 'wx', mode)
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replace(temporary, path)
    throw error
  }
}

/** Writes a file so that readers see the old or the new content, and a crash leaves one of them. Throws system errors. */
export function writeAtomically(path: string, content: string | Uint8Array, mode: number): void {
  // In the same directory: a rename across file systems is no rename.
  const temporary = join(dirname(path), `.${process.pid}-${Date.now()}.tmp`)
  const file = openNew(temporary, path, mode)
  try {
    writeFileSync(file, content)
    fsyncSync(file)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
}
