import { parseAllDocuments } from 'yaml'
import type { Manifest } from './manifest.ts'
import { isRecord } from './manifest.ts'
import { indentQuotedScalars } from './yaml-indent.ts'

/** What is in a file of YAML or JSON documents. */
export interface ManifestsReading {
  readonly manifests: readonly Manifest[]
  /** One for each document that is no manifest, with the line where it is wrong. */
  readonly problems: readonly { readonly line: number; readonly message: string }[]
}

/** Reads the documents of a file; a `kind: List` stands for its items. Aliases are bounded by the parser. */
export function readManifests(text: string): ManifestsReading {
  const manifests: Manifest[] = []
  const problems: { line: number; message: string }[] = []
  for (const document of parseDocuments(text)) {
    const [error] = document.errors
    const line = text.slice(0, error?.pos[0] ?? document.range[0]).split('\n').length
    if (error !== undefined) {
      problems.push({ line, message: error.message.split('\n', 1)[0] ?? error.code })
      continue
    }
    const value = toValue(document, message => problems.push({ line, message }))
    if (value === undefined || value === null) continue
    const items =
      isRecord(value) && value.kind === 'List' && Array.isArray(value.items) ? value.items : [value]
    for (const item of items) {
      if (isManifest(item)) manifests.push(item)
      else
        problems.push({
          line,
          message: 'this is no Kubernetes object: it needs "apiVersion", "kind" and "metadata"',
        })
    }
  }
  return { manifests, problems }
}

function parseDocuments(text: string) {
  const parse = (source: string) => {
    const documents = parseAllDocuments(source, { uniqueKeys: true, version: '1.2' })
    return Array.isArray(documents) ? documents : []
  }
  const documents = parse(text)
  if (documents.every(({ errors }) => errors.length === 0)) return documents
  const repaired = indentQuotedScalars(text)
  return repaired === text ? documents : parse(repaired)
}

function toValue(document: { toJS(): unknown }, report: (message: string) => void): unknown {
  try {
    return document.toJS()
  } catch (error) {
    report(error instanceof Error ? error.message : String(error))
    return undefined
  }
}

function isManifest(value: unknown): value is Manifest {
  return (
    isRecord(value) &&
    typeof value.apiVersion === 'string' &&
    typeof value.kind === 'string' &&
    isRecord(value.metadata)
  )
}
