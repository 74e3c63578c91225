import { knownKeys } from '../src/cni/facts/known-keys.ts'
import { readJson } from '../src/json/reader.ts'
import { isObject, type JsonObject, type JsonValue } from '../src/json/value.ts'

/** Results of other plugins are in it too; more than this is none. */
export const JSON_LIMIT = 4 * 1024 * 1024

/** What a NAD may hold of one plugin, which is 16 KiB for the webhook (src/cni/network.ts), and what Multus and libcni add. */
const AUTHORED_LIMIT = 32 * 1024

/** Whether a configuration is longer than any that a webhook admitted, without what the runtime and other plugins give it. */
export function isTooLong({ prevResult: _, runtimeConfig: __, args: ___, ...authored }: JsonObject): boolean {
  return JSON.stringify(authored).length > AUTHORED_LIMIT
}

/** A plugin's configuration as the strict reader has it, or what keeps it from being one. */
export interface PluginReading {
  readonly body: JsonObject | undefined
  readonly problem: string
}

/** Reads what libcni writes to standard input. The same reader as the webhook's, so that nothing has two meanings. */
export function readPluginConfiguration(text: string): PluginReading {
  const reading = readJson(text, {
    knownKeys,
    // Names of sysctls, and results of plugins before this one, which no tenant writes.
    freeForm: path => path.at(-1) === 'sysctl' || path[0] === 'prevResult',
    maxLength: JSON_LIMIT,
  })
  if (!reading.ok) {
    const [first] = reading.problems
    return { body: undefined, problem: `${first?.message} (line ${first?.line}, column ${first?.column})` }
  }
  return isObject(reading.value)
    ? { body: reading.value, problem: '' }
    : { body: undefined, problem: 'it is no object' }
}

/**
 * For cleaning up only: what the strict reader refuses is read as Go would, the last of two equal keys. An attachment
 * from before the guard was installed must come off all the same.
 */
export function readForCleanUp(text: string): JsonObject | undefined {
  return readPluginConfiguration(text).body ?? readAsGo(text)
}

/** An object as Go reads it, the last of two equal keys: for what need not be refused, or was printed by a real plugin. */
export function readAsGo(text: string): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
