import { type Document, isSeq, parseAllDocuments, stringify } from 'yaml'
import type { Path } from '../json/value.ts'
import { isRecord } from '../kube/manifest.ts'
import { splitDocuments } from './split.ts'

/** One change of a document. */
export type DocumentEdit =
  | { readonly action: 'set' | 'append'; readonly at: Path; readonly value: unknown }
  | { readonly action: 'remove'; readonly at: Path }

/**
 * Changes the object of this kind and name in a text of several documents. Comments stay, and so does every other
 * document to the byte. Undefined when there is no such object.
 */
export function editManifest(
  text: string,
  object: { readonly kind: string; readonly name: string },
  edits: readonly DocumentEdit[],
): string | undefined {
  let isFound = false
  const pieces = [...splitDocuments(text)].map(piece => {
    const documents = parseAllDocuments(piece.text)
    if (isFound || !Array.isArray(documents)) return piece.text
    const document = documents.find(candidate => isObject(candidate, object))
    if (document === undefined) return piece.text
    isFound = true
    for (const edit of edits) applyEdit(document, edit)
    const flowCollectionPadding = /\[ /.test(piece.text)
    const printed = documents.map(part => part.toString({ lineWidth: 0, flowCollectionPadding })).join('')
    return printed
  })
  return isFound ? pieces.join('') : undefined
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

function applyEdit(document: Document, edit: DocumentEdit): void {
  if (edit.action === 'remove') document.deleteIn(edit.at)
  else if (edit.action === 'set') document.setIn(edit.at, document.createNode(edit.value))
  else if (isSeq(document.getIn(edit.at, true))) document.addIn(edit.at, document.createNode(edit.value))
  else document.setIn(edit.at, document.createNode([edit.value]))
}
