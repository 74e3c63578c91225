import { type JsonReading, type ReadOptions, readJson } from '../json/reader.ts'
import { isObject, type JsonValue, type Path } from '../json/value.ts'
import { extractors } from './facts/extractors.ts'
import { COMMON_KEYS } from './facts/keys.ts'
import { knownKeys } from './facts/known-keys.ts'

const commonKeys: ReadonlySet<string> = new Set(Object.keys(COMMON_KEYS))

/**
 * Reads the text of a configuration as strictly as its readers on the node differ. Which keys Go folds onto one that is known
 * is a matter of all types that SOCNI reads; of a plugin that it does not, nobody here knows a key but those of libcni, and
 * the guard, which knows no such plugin, never reads it.
 */
export function readNetworkConfiguration(text: string, maxLength: number): JsonReading {
  const options: ReadOptions = { knownKeys, freeForm: isFreeForm, maxLength }
  const reading = readJson(text, options)
  if (reading.ok || reading.problems.some(({ code }) => code !== 'misspelt-key')) return reading
  // No key stands there twice, whatever its letters, so that each type is what it says.
  const foreign = findForeign(readJson(text, { maxLength }))
  if (foreign.length === 0) return reading
  const isForeign = (path: Path) => foreign.some(at => at.every((step, index) => path[index] === step))
  const known = readJson(text, { ...options, freeForm: path => isFreeForm(path) || isForeign(path) })
  if (!known.ok) return known
  const isOther = (path: Path) => !foreign.some(at => at.length === path.length && isForeign(path))
  return readJson(text, { knownKeys: commonKeys, freeForm: isOther, maxLength })
}

function isFreeForm(path: Path): boolean {
  return path.at(-1) === 'sysctl'
}

/** Where the plugins are that no extractor reads: the configuration itself, or in its list. */
function findForeign(reading: JsonReading): Path[] {
  if (!reading.ok || !isObject(reading.value)) return []
  const { type, plugins } = reading.value
  if (type !== undefined) return isForeignType(type) ? [[]] : []
  return Array.isArray(plugins)
    ? plugins.flatMap((plugin, index) =>
        isObject(plugin) && isForeignType(plugin.type) ? [['plugins', index]] : [],
      )
    : []
}

function isForeignType(type: JsonValue | undefined): boolean {
  const isRead = extractors.some(({ role, types }) => role === 'plugin' && types.includes(String(type)))
  return typeof type === 'string' && !isRead
}
