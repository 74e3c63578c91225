import { readJson } from '../src/json/reader.ts'
import { isObject, type JsonObject } from '../src/json/value.ts'
import { type ClusterFacts, decodeFacts } from './cluster-facts.ts'
import { InstallError } from './install-error.ts'

export interface PublishedFacts {
  readonly fields: JsonObject
  /** What a newer webhook says besides: left out, since where it matters a network reads otherwise than its claim, and is refused. */
  readonly unknown: readonly string[]
  /** Why there are none. */
  readonly problem?: InstallError
}

const NONE: PublishedFacts = { fields: {}, unknown: [] }

/** One that the guard could not read would stop every network of the node, so it is looked at before it is written. */
export function readPublishedFacts(facts: string | undefined): PublishedFacts {
  if (facts === undefined) return NONE
  try {
    const { value, known } = decode(facts)
    const entries = Object.entries(value)
    return {
      fields: Object.fromEntries(entries.filter(([key]) => Object.hasOwn(known, key))),
      unknown: entries.map(([key]) => key).filter(key => !Object.hasOwn(known, key)),
    }
  } catch (error) {
    if (error instanceof InstallError) return { ...NONE, problem: error }
    throw error
  }
}

function decode(facts: string): { value: JsonObject; known: ClusterFacts } {
  const reading = readJson(facts)
  if (!reading.ok || !isObject(reading.value))
    throw new InstallError(
      'the facts of the cluster are no JSON object: use facts.json of ConfigMap socni-keys',
    )
  const known = decodeFacts(reading.value, (key, wanted) => {
    throw new InstallError(`the facts of the cluster have a "${key}" that is not ${wanted}`)
  })
  return { value: reading.value, known }
}
