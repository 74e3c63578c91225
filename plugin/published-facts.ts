import { readJson } from '../src/json/reader.ts'
import { isObject, type JsonObject } from '../src/json/value.ts'
import { decodeFacts } from './facts.ts'
import { InstallError } from './install-error.ts'

/**
 * One that the guard could not read would stop every network of the node, so it is looked at before it is written. What a
 * newer webhook says besides is left out: where it matters, a network reads otherwise than its claim, and is refused.
 */
export function readFacts(facts: string | undefined): { fields: JsonObject; unknown: string[] } {
  if (facts === undefined) return { fields: {}, unknown: [] }
  const reading = readJson(facts)
  if (!reading.ok || !isObject(reading.value))
    throw new InstallError(
      'the facts of the cluster are no JSON object: use facts.json of ConfigMap socni-keys',
    )
  const known = decodeFacts(reading.value, (key, wanted) => {
    throw new InstallError(`the facts of the cluster have a "${key}" that is not ${wanted}`)
  })
  const entries = Object.entries(reading.value)
  return {
    fields: Object.fromEntries(entries.filter(([key]) => Object.hasOwn(known, key))),
    unknown: entries.map(([key]) => key).filter(key => !Object.hasOwn(known, key)),
  }
}

/** The same, or none. */
export function readableFacts(facts: string | undefined): ReturnType<typeof readFacts> {
  try {
    return readFacts(facts)
  } catch (error) {
    if (!(error instanceof InstallError)) throw error
    return readFacts(undefined)
  }
}
