import { existsSync, readFileSync } from 'node:fs'
import { readJson } from '../src/json/reader.ts'
import { isObject, type JsonObject } from '../src/json/value.ts'

/** What the installer, or an administrator, has written into a file; nothing where it is not there or no JSON object. */
export function readObject(file: string): JsonObject {
  const reading = existsSync(file) ? readJson(readFileSync(file, 'utf8')) : undefined
  return reading?.ok && isObject(reading.value) ? reading.value : {}
}
