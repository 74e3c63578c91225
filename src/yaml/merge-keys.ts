import { type Document, isMap, isScalar, isSeq, type Scalar, visit, type YAMLMap } from 'yaml'
import { follow } from './aliases.ts'

/** Each map that is merged is copied, key by key. */
const MAX_MERGED_KEYS = 10_000

/** What is wrong with a `<<`. */
export interface MergeProblem {
  readonly message: string
  /** Offsets of its key. */
  readonly range?: readonly number[]
  /** Nobody can read it; others are only two things to two readers, and bother none but those of manifests. */
  readonly isTooMuch: boolean
}

/**
 * A `<<` behind a key that it brings as well: YAML's rule is that what is there stands, and kubectl lets the later one
 * stand. More keys than can be copied come before that.
 * Source: yaml.org/type/merge.html; sigs.k8s.io/yaml goyaml.v2/decode.go mapping(), and run with kubectl 1.34.
 */
export function findMergeProblem(document: Document.Parsed): MergeProblem | undefined {
  let dispute: MergeProblem | undefined
  let brought = 0
  const known = new Map<YAMLMap, Set<string>>()
  const readMap = (map: YAMLMap): ReadonlySet<string> => {
    const before = known.get(map)
    if (before !== undefined) return before
    const keys = new Set<string>()
    known.set(map, keys)
    for (const { key, value } of map.items) {
      if (!isMergeKey(key)) {
        keys.add(nameOf(key, document))
        continue
      }
      const names = new Set<string>()
      for (const source of sourcesOf(value, document)) for (const name of readMap(source)) names.add(name)
      brought += names.size
      if (brought > MAX_MERGED_KEYS) return keys
      const message = messageOf(key, [...names], keys)
      if (message !== undefined)
        dispute ??= { message, isTooMuch: false, ...(key.range && { range: key.range }) }
      for (const name of names) keys.add(name)
    }
    return keys
  }
  visit(document, {
    Map(_, map) {
      readMap(map)
      return brought > MAX_MERGED_KEYS ? visit.BREAK : undefined
    },
  })
  if (brought <= MAX_MERGED_KEYS) return dispute
  const message = `<< brings more than ${MAX_MERGED_KEYS.toLocaleString('en')} keys in all`
  return { message, isTooMuch: true }
}

function messageOf(key: Scalar, names: readonly string[], keys: ReadonlySet<string>): string | undefined {
  if (key.tag !== undefined) return '<< with a tag is a key like others to kubectl: write it without'
  const twice = names.find(name => keys.has(name))
  return twice === undefined
    ? undefined
    : `${JSON.stringify(twice)} is there before <<, which brings it as well, and kubectl takes the latter: write << once, and first`
}

export function isMergeKey(key: unknown): key is Scalar {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<'
}

function sourcesOf(value: unknown, document: Document.Parsed): YAMLMap[] {
  const source = follow(value, document)
  const list = isSeq(source) ? source.items.map(item => follow(item, document)) : [source]
  return list.filter(isMap)
}

function nameOf(key: unknown, document: Document.Parsed): string {
  const node = follow(key, document)
  return String(isScalar(node) ? node.value : node)
}
