import { type Document, isScalar, visit } from 'yaml'

/**
 * What ends a line to kubectl, which reads YAML 1.1, and not in YAML 1.2, and the byte order mark, which it skips at the
 * start of each document, and YAML 1.2 at that of the text only (goyaml.v2/yamlprivateh.go is_break; scannerc.go
 * yaml_parser_scan_to_next_token).
 */
const DISPUTED = /\r(?!\n)|[\x85\u2028\u2029]|\uFEFF/

/**
 * The offset of a character where kubectl sees another line: behind it a comment, or a text, has ended, and a field of
 * its own begins. In quotes it can become white space, and no more.
 */
export function findDisputedCharacter(
  documents: readonly Document.Parsed[],
  source: string,
): number | undefined {
  const skipped = findSkipped(source)
  if (skipped !== -1 || !DISPUTED.test(source)) return skipped === -1 ? undefined : skipped
  let from = source.startsWith('\uFEFF') ? 1 : 0
  for (const [start, end] of [...documents.flatMap(quotedSpans), [source.length, source.length] as const]) {
    const at = source.slice(from, start).search(DISPUTED)
    if (at !== -1) return from + at
    from = end
  }
  return undefined
}

/** White space that kubectl skips before JSON, and YAML takes for text (apimachinery util/yaml/decoder.go, hasPrefix). */
function findSkipped(source: string): number {
  const [leading = ''] = /^\s*/.exec(source) ?? []
  return source.charAt(leading.length) === '{' ? leading.search(/[^ \t\r\n\uFEFF]/) : -1
}

/** In the order of the text. */
function quotedSpans(document: Document.Parsed): (readonly [start: number, end: number])[] {
  const spans: (readonly [number, number])[] = []
  visit(document, (_, node) => {
    if (isScalar(node) && node.type?.startsWith('QUOTE') && node.range)
      spans.push([node.range[0], node.range[1]])
  })
  return spans
}
