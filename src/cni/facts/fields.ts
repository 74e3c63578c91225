import { isObject, type JsonObject, type JsonValue, type Path } from '../../json/value.ts'

/** Called with the path and what was expected when a value has a type that Go could not decode. */
export type OnWrongType = (at: Path, expected: string, found: JsonValue) => void

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

  path(...steps: Path): Path {
    return [...this.at, ...steps]
  }

  has(key: string): boolean {
    return this.body[key] !== undefined && this.body[key] !== null
  }

  string(key: string): string | undefined {
    return this.#read(key, 'a string', value => typeof value === 'string')
  }

  boolean(key: string): boolean | undefined {
    return this.#read(key, 'true or false', value => typeof value === 'boolean')
  }

  /** Go decodes a number with a fraction into no integer type. */
  integer(key: string): number | undefined {
    return this.#read(key, 'a whole number', value => typeof value === 'number' && Number.isInteger(value))
  }

  object(key: string): Fields | undefined {
    const value = this.#read<JsonObject>(key, 'an object', isObject)
    return value && new Fields(value, this.path(key), this.#onWrongType)
  }

  /** The objects of a list; an element that is no object is reported and left out. */
  objects(key: string): Fields[] {
    const list = this.#read<JsonValue[]>(key, 'a list of objects', Array.isArray) ?? []
    const found: Fields[] = []
    for (const [index, value] of list.entries()) {
      const at = this.path(key, index)
      if (isObject(value)) found.push(new Fields(value, at, this.#onWrongType))
      else this.#onWrongType(at, 'an object', value)
    }
    return found
  }

  /** The strings of a list with their paths. */
  strings(key: string): { value: string; at: Path }[] {
    const list = this.#read<JsonValue[]>(key, 'a list of strings', Array.isArray) ?? []
    const found: { value: string; at: Path }[] = []
    for (const [index, value] of list.entries()) {
      const at = this.path(key, index)
      if (typeof value === 'string') found.push({ value, at })
      else this.#onWrongType(at, 'a string', value)
    }
    return found
  }

  #read<T extends JsonValue>(
    key: string,
    expected: string,
    isExpected: (value: JsonValue) => boolean,
  ): T | undefined {
    const value = this.body[key]
    if (value === undefined || value === null) return undefined
    if (isExpected(value)) return value as T
    this.#onWrongType(this.path(key), expected, value)
    return undefined
  }
}
