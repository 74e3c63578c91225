import type { ReadOptions } from './reader.ts'
import { isObject, type JsonValue, type Path } from './value.ts'

/**
 * The value of a text that nobody could read otherwise, by the runtime's own parser; undefined for any other text, which
 * the strict reader then reads and explains. Machines mostly write such texts, and the guard, which starts anew for each
 * interface, has not a millisecond to spare for reading letter by letter.
 *
 * A text that prints again exactly as it stands has no key twice, no number that float64 changes and nothing behind its
 * end. Without escapes and beyond ASCII there is nothing, so that keys differ only by case.
 */
export function readPlainJson(
  text: string,
  options: ReadOptions,
  maxDepth: number,
  bytes: number,
): JsonValue | undefined {
  if (bytes !== text.length || text.includes('\\') || text.includes('\x7f')) return undefined
  try {
    const value: JsonValue = JSON.parse(text)
    const isPrintedAlike = JSON.stringify(value) === text || `${JSON.stringify(value, null, 2)}\n` === text
    return isPrintedAlike && isPlain(value, [], options, maxDepth) ? value : undefined
  } catch {
    return undefined
  }
}

/** Whether no key is one that Go would take for another; takes the prototypes away, as the strict reader does. */
function isPlain(value: JsonValue, path: (string | number)[], options: ReadOptions, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0) return false
  const descend = (step: string | number, inner: JsonValue): boolean => {
    if (typeof inner !== 'object' || inner === null) return true
    path.push(step)
    const found = isPlain(inner, path, options, depth - 1)
    path.pop()
    return found
  }
  if (!isObject(value)) return value.every((inner, index) => descend(index, inner))
  Object.setPrototypeOf(value, null)
  const keys = Object.keys(value)
  return (
    areKeysDistinct(keys, path, options) &&
    keys.every(key => {
      const inner = value[key]
      return inner === undefined || descend(key, inner)
    })
  )
}

function areKeysDistinct(keys: readonly string[], path: Path, { knownKeys, freeForm }: ReadOptions): boolean {
  const lowered = new Set<string>()
  for (const key of keys) {
    const folded = key.toLowerCase()
    if (lowered.has(folded)) return false
    lowered.add(folded)
    const isSuspect = knownKeys !== undefined && !knownKeys.has(key)
    if (isSuspect && isLike(folded, knownKeys) && !freeForm?.(path)) return false
  }
  return true
}

function isLike(folded: string, knownKeys: ReadonlySet<string>): boolean {
  for (const known of knownKeys) {
    // Most lengths differ, and nothing need be folded then.
    if (known.length === folded.length && known.toLowerCase() === folded) return true
  }
  return false
}
