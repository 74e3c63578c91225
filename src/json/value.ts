/** Any JSON value as our reader builds it. Objects have no prototype, so `__proto__` is an ordinary key. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject

export interface JsonObject {
  [key: string]: JsonValue
}

/** The keys and indices that lead from the root of a document to a value: `['plugins', 0, 'vlan']`. */
export type Path = readonly (string | number)[]

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Prints a path the way Kubernetes prints fields: `spec.vlans[0].ids`. Keys that are no plain words are quoted. */
export function printPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(step)) text += text === '' ? step : `.${step}`
    else text += `[${JSON.stringify(step)}]`
  }
  return text
}
