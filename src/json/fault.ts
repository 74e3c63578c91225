import { codePointName, quote } from './quote.ts'
import { readString } from './string.ts'

/** Quotes that chats and word processors put in place of the plain one. */
const TYPOGRAPHIC = /[\u2018-\u201f\u2039\u203a\u00ab\u00bb]/

/** The JSON is a text in quotes where it should be an object: in a block scalar of YAML nothing takes them off. */
export const QUOTED_JSON =
  'the JSON stands in quotes, and in a block scalar (|, >) these belong to the text: remove them'

/** What is wrong with a quote that JSON does not have; undefined where something else stands. */
export function describeQuote(text: string, offset: number): string | undefined {
  const sign = text.charAt(offset)
  if (TYPOGRAPHIC.test(sign)) return `${sign} (${codePointName(sign)}) is a typographic quote: write "`
  if (sign !== "'") return undefined
  return /^\s*'\s*[[{]/.test(text) && text.indexOf(sign) === offset
    ? QUOTED_JSON
    : `"'" is no quote of JSON: write "`
}

/** A quote right behind the one that ends a string, with what follows a string behind it. */
const DOUBLED = /(?<=")"\s*[,}\]]/y

/** What stands where a comma must: a quote too many, or a key or value; undefined where it is something else. */
export function describeMissingComma(
  text: string,
  offset: number,
  isInList: boolean,
): { readonly end: number; readonly message: string } | undefined {
  DOUBLED.lastIndex = offset
  if (DOUBLED.test(text)) return { end: offset + 1, message: 'there is one " too many here: remove it' }
  const found = text.charAt(offset) === '"' ? readString(text, offset) : undefined
  if (found !== undefined && 'value' in found)
    return { end: found.end, message: `a "," is missing before ${quote(found.value)}` }
  if (!isInList || !/[[{]/.test(text.charAt(offset))) return undefined
  return { end: offset + 1, message: `a "," is missing before ${quote(text.charAt(offset))}` }
}
