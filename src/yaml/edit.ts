import { type Document, isAlias, isNode, isSeq, parseAllDocuments, stringify, visit } from 'yaml'
import type { Path } from '../json/value.ts'
import { isRecord } from '../kube/manifest.ts'
import { isMergeKey } from './merge-keys.ts'
import { splitDocuments } from './split.ts'

/** One change of a document. */
export type DocumentEdit =
  | { readonly action: 'set' | 'append'; readonly at: Path; readonly value: unknown }
  | { readonly action: 'remove'; readonly at: Path }

/** The text after a change, or why there is none. */
export type Edited = { readonly text: string } | { readonly problem: string }

/**
 * Changes the object of this kind and name in a text of several documents. Comments stay, and so does every other
 * document to the byte.
 */
export function editManifest(
  text: string,
  object: { readonly kind: string; readonly name: string },
  edits: readonly DocumentEdit[],
): Edited {
  const pieces = [...splitDocuments(text)].map(piece => piece.text)
  for (const [index, piece] of pieces.entries()) {
    const documents = parseAllDocuments(piece, { merge: true })
    const document = Array.isArray(documents) ? documents.find(each => isObject(each, object)) : undefined
    if (document === undefined) continue
    // What is written once and read in several places would change in all of them, or in the wrong one.
    if (hasReferences(document)) return { problem: 'with anchors, aliases or <<: write them out' }
    for (const edit of edits) applyEdit(document, edit)
    const flowCollectionPadding = /\[ /.test(piece)
    const printed = documents.map(part => part.toString({ lineWidth: 0, flowCollectionPadding })).join('')
    return { text: pieces.with(index, printed).join('') }
  }
  return { problem: 'inside of a list: write it as a document' }
}

/** A new document. */
export function printManifest(manifest: object): string {
  return stringify(manifest, { lineWidth: 0, blockQuote: 'literal', aliasDuplicateObjects: false })
}

function isObject(document: Document, { kind, name }: { kind: string; name: string }): boolean {
  if (document.errors.length > 0) return false
  const value: unknown = document.toJS()
  return isRecord(value) && value.kind === kind && isRecord(value.metadata) && value.metadata.name === name
}

function hasReferences(document: Document): boolean {
  let found = false
  visit(document, (_, node) => {
    if (!isAlias(node) && !isMergeKey(node) && !(isNode(node) && 'anchor' in node && node.anchor))
      return undefined
    found = true
    return visit.BREAK
  })
  return found
}

function applyEdit(document: Document, edit: DocumentEdit): void {
  if (edit.action === 'remove') document.deleteIn(edit.at)
  else if (edit.action === 'set') document.setIn(edit.at, document.createNode(edit.value))
  else if (isSeq(document.getIn(edit.at, true))) document.addIn(edit.at, document.createNode(edit.value))
  else document.setIn(edit.at, document.createNode([edit.value]))
}
