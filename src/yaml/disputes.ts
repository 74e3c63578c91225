import { type Document, isCollection, isPair, isScalar, visit, YAMLParseError } from 'yaml'
import { findDisputedCharacter } from './characters.ts'
import { addError } from './obstacle.ts'

/** Tags that make a value something else to kubectl than to YAML 1.2: `!!binary UG9k` is Pod, `!!int "0100"` is 64. */
const TAGS: ReadonlySet<string> = new Set(
  ['binary', 'bool', 'float', 'int', 'merge', 'null', 'omap', 'pairs', 'set', 'timestamp'].map(
    name => `tag:yaml.org,2002:${name}`,
  ),
)

const TAGGED = 'its tag makes it something else to kubectl: write the value without'
const COLON = 'the colon belongs to the text for kubectl, and ends a key in YAML 1.2: write a space behind it'

/**
 * Adds to the errors of a text's documents what is one thing to kubectl, which reads YAML 1.1, and another in YAML 1.2: a
 * manifest that passes here would not be the one that is applied.
 * Source: sigs.k8s.io/yaml goyaml.v2/scannerc.go and resolve.go, and run with kubectl 1.34.
 */
export function addDisputes(documents: readonly Document.Parsed[], source: string): void {
  const at = findDisputedCharacter(documents, source)
  if (at !== undefined) {
    const document = documents.find(({ range }) => at < range[2]) ?? documents.at(-1)
    const error = new YAMLParseError([at, at + 1], 'UNEXPECTED_TOKEN', characterMessage(source, at))
    document?.errors.push(error)
  }
  if (!source.includes('!') && !/:[,\]}]/.test(source)) return
  for (const document of documents) {
    // What the parser gave up on may be of any depth.
    if (document.errors.length > 0) continue
    visit(document, (_, item) => {
      const message = isDisputed(item) ? TAGGED : isColonDisputed(item, source) ? COLON : undefined
      if (message === undefined) return
      addError(document, isPair(item) ? item.key : item, 'UNEXPECTED_TOKEN', message)
    })
  }
}

function characterMessage(source: string, at: number): string {
  const code = source.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0')
  return `kubectl takes the character U+${code} for the end of a line, or skips it, and YAML 1.2 does not: remove it, or write it as "\\u${code}" in quotes`
}

function isDisputed(item: unknown): boolean {
  return (isScalar(item) || isCollection(item)) && item.tag !== undefined && TAGS.has(item.tag)
}

/** `{a:}` and `[a:, b]`: plain text in a flow collection, with the colon right before what ends it. */
function isColonDisputed(item: unknown, source: string): boolean {
  if (!isPair(item) || !isScalar(item.key) || item.key.type !== 'PLAIN' || !item.key.range) return false
  const colon = /\s*:[,\]}]/y
  colon.lastIndex = item.key.range[1]
  return colon.test(source)
}
