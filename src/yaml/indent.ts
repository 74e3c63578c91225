import { CST, Parser } from 'yaml'

/**
 * Indents the continuation lines of quoted scalars that stand too far left. YAML 1.2 section 7.3 wants them deeper than
 * their key, but go-yaml, and so kubectl, takes them; half of the field's manifests close `config: '{` with `}'` under
 * the key. In a quoted scalar leading white space is folded away, so the value stays the same, and lines stay lines.
 */
export function indentQuotedScalars(text: string): string {
  let repaired = text
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const starts = unclosedScalars(repaired)
    if (starts.length === 0) return repaired
    // From the end, so that offsets before it stay true.
    for (const start of starts.reverse()) repaired = indentFrom(repaired, start)
  }
  return repaired
}

/** A scalar that swallowed the rest of a document hides those behind it, so each round may find more. */
const MAX_ROUNDS = 20

/** Deeper than any key, and more than a document start (`---`) could be. */
const INDENT = ' '.repeat(40)

function unclosedScalars(text: string): number[] {
  const starts: number[] = []
  for (const document of new Parser().parse(text)) {
    if (document.type !== 'document') continue
    CST.visit(document, ({ key, value }) => {
      for (const token of [key, value]) {
        if (token?.type !== 'single-quoted-scalar' && token?.type !== 'double-quoted-scalar') continue
        if (closingQuote(token.source, 0) === undefined) starts.push(token.offset)
      }
    })
  }
  return starts
}

function indentFrom(text: string, start: number): string {
  const end = closingQuote(text, start)
  if (end === undefined) return text
  const scalar = text.slice(start, end).replace(/\n(?=[^\n\r])/g, `\n${INDENT}`)
  return text.slice(0, start) + scalar + text.slice(end)
}

/** The offset of the quote that closes the scalar at `start`: `''` and `\"` do not. */
function closingQuote(text: string, start: number): number | undefined {
  const quote = text.charAt(start)
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at)
    if (character === '\\' && quote === '"') at++
    else if (character === quote && quote === "'" && text.charAt(at + 1) === quote) at++
    else if (character === quote) return at
  }
  return undefined
}
