import type { ObjectMeta } from '../kube/manifest.ts'

/** One operation of a JSON Patch (RFC 6902 section 4). */
export interface PatchOperation {
  readonly op: 'add' | 'replace'
  readonly path: string
  readonly value: unknown
}

/** The smallest patch that gives the object this annotation. */
export function annotationPatch(metadata: ObjectMeta, key: string, value: string): PatchOperation[] {
  const { annotations } = metadata
  if (annotations === undefined)
    return [{ op: 'add', path: '/metadata/annotations', value: { [key]: value } }]
  const op = annotations[key] === undefined ? 'add' : 'replace'
  return [{ op, path: `/metadata/annotations/${escapePointer(key)}`, value }]
}

/** RFC 6901 section 3. */
function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}
