import { isObject, type JsonObject, type JsonValue, type Path } from '../../json/value.ts'

/** Called with the path and what was expected when a value has a type that Go could not decode. */
type OnWrongType = (at: Path, expected: string, found: JsonValue) => void

/**
 * Typed reading of one JSON object, as Go's encoding/json fills a struct: a missing key and `null` leave the default,
 * a value of another type is an error (reported, then treated as missing).
 */
export class Fields {
  readonly body: JsonObject
  readonly at: Path
  readonly #onWrongType: OnWrongType

  constructor(body: JsonObject, at: Path, onWrongType: OnWrongType) {
    this.body = body
    this.at = at
    this.#onWrongType = onWrongType
  }

  /** By concat: V8 gives a list that is spread room for sixteen more, and thousands of these are kept. */
  path(...steps: Path): Path {
    return this.at.concat(steps)
  }

  has(key: string): boolean {
    return this.body[key] !== undefined && this.body[key] !== null
  }

  string(key: string): string | undefined {
    return this.#read(key, 'a string', isString)
  }

  boolean(key: string): boolean | undefined {
    return this.#read(key, 'true or false', isBoolean)
  }

  /** Go decodes a number with a fraction into no integer type. */
  integer(key: string): number | undefined {
    return this.#read(key, 'a whole number', isInteger)
  }

  object(key: string): Fields | undefined {
    const value = this.#read(key, 'an object', isObject)
    return value && new Fields(value, this.path(key), this.#onWrongType)
  }

  /** The objects of a list; an element that is no object is reported and left out. */
  objects(key: string): Fields[] {
    return this.#objectsOf(this.#read(key, 'a list of objects', isArray) ?? [], this.path(key))
  }

  /** The objects of a list within a list, as host-local's `ranges` has them. */
  objectLists(key: string): Fields[][] {
    const lists = this.#read(key, 'a list of lists', isArray) ?? []
    return lists.flatMap((list, index) => {
      if (isArray(list)) return [this.#objectsOf(list, this.path(key, index))]
      this.#onWrongType(this.path(key, index), 'a list, as in [[{…}]]', list)
      return []
    })
  }

  /** The strings of a list with their paths. */
  strings(key: string): { value: string; at: Path }[] {
    const list = this.#read(key, 'a list of strings', isArray) ?? []
    const found: { value: string; at: Path }[] = []
    for (const [index, value] of list.entries()) {
      const at = this.path(key, index)
      if (typeof value === 'string') found.push({ value, at })
      else this.#onWrongType(at, 'a string', value)
    }
    return found
  }

  #objectsOf(list: readonly JsonValue[], at: Path): Fields[] {
    const found: Fields[] = []
    for (const [index, value] of list.entries()) {
      if (isObject(value)) found.push(new Fields(value, [...at, index], this.#onWrongType))
      else this.#onWrongType([...at, index], 'an object', value)
    }
    return found
  }

  #read<T extends JsonValue>(
    key: string,
    expected: string,
    isExpected: (value: JsonValue) => value is T,
  ): T | undefined {
    const value = this.body[key]
    if (value === undefined || value === null) return undefined
    if (isExpected(value)) return value
    this.#onWrongType(this.path(key), expected, value)
    return undefined
  }
}

function isArray(value: JsonValue): value is JsonValue[] {
  return Array.isArray(value)
}

function isString(value: JsonValue): value is string {
  return typeof value === 'string'
}

function isBoolean(value: JsonValue): value is boolean {
  return typeof value === 'boolean'
}

function isInteger(value: JsonValue): value is number {
  return Number.isInteger(value)
}
