import {
  type Document,
  type ErrorCode,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  type YAMLMap,
  YAMLParseError,
} from 'yaml'
import { follow } from './aliases.ts'
import { isMergeKey } from './merge-keys.ts'

/** Deeper than any manifest. The parser has stack for some 500 levels, and for how many depends on where it runs. */
const MAX_DEPTH = 200
const MAX_ALIASES = 500
const TOO_DEEP = `it is nested more than ${MAX_DEPTH} levels deep`

/**
 * Adds to the errors of a document what YAML allows and no reader of manifests can take: more levels than the stack has
 * room for, more aliases than can be followed, keys twice, and keys that are no text, which kubectl refuses as well. Walks
 * without recursion.
 */
export function addObstacles(document: Document.Parsed): void {
  for (const error of document.errors) if (error.code === 'RESOURCE_EXHAUSTION') error.message = TOO_DEEP
  if (document.errors.length > 0) return
  const add = (node: unknown, code: ErrorCode, message: string): void =>
    addError(document, node, code, message)
  let aliases = 0
  const waiting: { node: unknown; depth: number }[] = [{ node: document.contents, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, depth } = next
    if (depth > MAX_DEPTH) {
      add(node, 'RESOURCE_EXHAUSTION', TOO_DEEP)
      return
    }
    if (isAlias(node) || (isPair(node) && isAlias(node.key))) aliases++
    if (aliases > MAX_ALIASES) {
      add(node, 'RESOURCE_EXHAUSTION', `it holds more than ${MAX_ALIASES} aliases`)
      return
    }
    if (isPair(node)) {
      const key = follow(node.key, document)
      if (isCollection(key)) {
        add(node.key, 'IMPOSSIBLE', 'a key is text, and this one is a list or an object')
        return
      }
      waiting.push({ node: node.value, depth })
    } else if (isCollection(node)) {
      const again = isMap(node) ? findRepeatedKey(node, document) : undefined
      if (again !== undefined) {
        add(again, 'DUPLICATE_KEY', 'Map keys must be unique')
        return
      }
      for (const item of node.items) waiting.push({ node: item, depth: depth + 1 })
    }
  }
}

/** Adds an error at a node, or at the document where the node has no place. */
export function addError(document: Document.Parsed, node: unknown, code: ErrorCode, message: string): void {
  const [start, end] = (isNode(node) && node.range) || document.range
  document.errors.push(new YAMLParseError([start, end], code, message))
}

/** The parser's own check compares each key with each other. To kubectl 1 and "1" are one key. */
function findRepeatedKey({ items }: YAMLMap, document: Document.Parsed): unknown {
  const names = new Set<string>()
  for (const { key } of items) {
    const node = follow(key, document)
    if (isMergeKey(node) || !isScalar(node)) continue
    const name = String(node.value)
    if (names.has(name)) return key
    names.add(name)
  }
  return undefined
}
