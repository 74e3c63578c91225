import { resolve } from 'node:path'
import { stringify } from 'yaml'
import { writeAtomically } from '../files/atomic.ts'
import { printable } from '../json/quote.ts'
import { FailureError, type Terminal } from './command.ts'

/** Data for programs. */
export function printPlain(value: unknown, format: 'json' | 'yaml'): string {
  return format === 'json'
    ? `${JSON.stringify(value, null, 2)}\n`
    : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })
}

/** Writes a file that an option names. Throws a FailureError that names both. */
export function writeOutputFile(option: string, file: string, text: string, { directory }: Terminal): void {
  try {
    writeAtomically(resolve(directory, file), text, 0o644)
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    throw new FailureError(`${option} ${file} cannot be written: ${error.message}`)
  }
}

/** Columns for people: each as wide as its widest cell, the last one as it is. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const shown = rows.map(row => row.map(printable))
  const widths = head.map((title, column) =>
    Math.max(title.length, ...shown.map(row => row[column]?.length ?? 0)),
  )
  const print = (row: readonly string[]): string =>
    `${row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()}\n`
  return [head, ...shown].map(print).join('')
}
