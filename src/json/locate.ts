import { type Span, spanOf } from './position.ts'
import { JsonSyntaxError, type Listener, Scanner } from './scanner.ts'
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
  scan(text, { problem: ignore, object: ignore, [part]: note })
  return found
}

/** The first place where a text is no JSON; undefined where it is. */
export function locateSyntaxError(text: string): Span | undefined {
  const error = scan(text, { problem: ignore, object: ignore })
  return error && spanOf(text, error.offset, error.end)
}

/** Reads a text, and returns where it ends to be JSON. */
function scan(text: string, listener: Listener): JsonSyntaxError | undefined {
  try {
    new Scanner(text, listener, MAX_DEPTH).read()
    return undefined
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error
    return error
  }
}

function ignore(): void {}

/** What the reader reads by default; deeper texts have been refused as a whole. */
const MAX_DEPTH = 64
