import { type Span, spanOf } from './position.ts'
import { JsonSyntaxError, Scanner } from './scanner.ts'
import type { Path } from './value.ts'

/**
 * Where the key or the value at `path` stands in a JSON text. Where a key stands twice, the last one counts, as for Go.
 * Undefined when the path leads nowhere, or beyond the first syntax error. An array's element has no key.
 */
export function locate(text: string, path: Path, part: 'key' | 'value'): Span | undefined {
  let found: Span | undefined
  const note = (at: Path, offset: number, end: number): void => {
    if (at.length === path.length && at.every((step, index) => step === path[index]))
      found = spanOf(text, offset, end)
  }
  const ignore = (): void => {}
  const listener = { problem: ignore, object: ignore, [part]: note }
  try {
    new Scanner(text, listener, MAX_DEPTH).read()
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
  }
  return found
}

/** What the reader reads by default; deeper texts have been refused as a whole. */
const MAX_DEPTH = 64
