import type { AdmissionResponse } from '../kube/admission.ts'
import type { Manifest, ObjectMeta } from '../kube/manifest.ts'

/** One operation of a JSON Patch (RFC 6902 section 4). */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove'
  readonly path: string
  readonly value?: unknown
}

/** The smallest patch that gives the object this annotation. */
export function annotationPatch(metadata: ObjectMeta, key: string, value: string): PatchOperation[] {
  const { annotations } = metadata
  if (annotations === undefined)
    return [{ op: 'add', path: '/metadata/annotations', value: { [key]: value } }]
  const op = annotations[key] === undefined ? 'add' : 'replace'
  return [{ op, path: `/metadata/annotations/${escapePointer(key)}`, value }]
}

/** Takes an annotation away that is there. */
export function removalPatch(key: string): PatchOperation {
  return { op: 'remove', path: `/metadata/annotations/${escapePointer(key)}` }
}

/** RFC 6901 section 3. */
function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** Applies the patch of a mutating answer: the operations that annotationPatch and removalPatch use. */
export function applyPatch(object: Manifest, { patch }: Pick<AdmissionResponse, 'patch'>): Manifest {
  const patched = structuredClone(object)
  for (const { op, path, value } of readPatch(patch)) {
    const steps = path
      .split('/')
      .slice(1)
      .map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    let target = patched as unknown as Record<string, unknown>
    for (const step of steps.slice(0, -1)) target = target[step] as Record<string, unknown>
    const last = steps.at(-1) ?? ''
    if (op === 'remove') delete target[last]
    else target[last] = value
  }
  return patched
}

/** The operations in an answer. */
export function readPatch(patch: string | undefined): PatchOperation[] {
  return patch === undefined ? [] : JSON.parse(Buffer.from(patch, 'base64').toString())
}
