import { type Document, isScalar, visit } from 'yaml'

/**
 * What ends a line to kubectl, which reads YAML 1.1, and not in YAML 1.2, and the byte order mark, which it skips at the
 * start of each document, and YAML 1.2 at that of the text only (goyaml.v2/yamlprivateh.go is_break; scannerc.go yaml_parser_scan_to_next_token).
 */
const OTHER_BREAK = /\r(?!\n)|[\x85\u2028\u2029]|\uFEFF/

/**
 * The offset where kubectl sees another line: behind it a comment, or a text, has ended, and a field of its own begins.
 * In quotes it can become white space, and no more.
 */
export function findOtherBreak(documents: readonly Document.Parsed[], source: string): number | undefined {
  if (!OTHER_BREAK.test(source)) return undefined
  let from = source.startsWith('\uFEFF') ? 1 : 0
  for (const [start, end] of [...documents.flatMap(quotedSpans), [source.length, source.length] as const]) {
    const at = source.slice(from, start).search(OTHER_BREAK)
    if (at !== -1) return from + at
    from = end
  }
  return undefined
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
