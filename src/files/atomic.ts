import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Writes a file so that readers see the old or the new content, and a crash leaves one of them. */
export function writeAtomically(path: string, content: string, mode: number): void {
  const temporary = join(dirname(path), `.${process.pid}-${Date.now()}.tmp`)
  const file = openSync(temporary, 'wx', mode)
  try {
    writeFileSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
}
