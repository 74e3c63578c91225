import type { Revocation } from '../claims/revocations.ts'
import type { Path } from '../json/value.ts'
import type { Manifest } from '../kube/manifest.ts'
import type { DocumentEdit } from '../yaml/edit.ts'

export type { DocumentEdit } from '../yaml/edit.ts'

/** Where tenants are kept: a directory of files, or a cluster. */
export interface PolicyStore {
  /** For people: `.socni/policy`, `the cluster at https://10.0.0.1:6443`. */
  readonly title: string
  /** Everything that rules may know, as manifests: configuration, Tenants, namespaces, NADs, pods with networks. */
  list(): Promise<readonly Manifest[]>
  /** Where a field of such a manifest is written, `tenants.yaml:7`; undefined where its name says all of that. */
  placeOf(manifest: Manifest, at: Path): string | undefined
  /** Why it holds no Tenant and can hold none, once it was listed. */
  readonly missing?: string | undefined
  createTenant(manifest: Manifest): Promise<void>
  /** Changes a Tenant as list() gave it, a little at a time, so that comments and what others wrote stay: a change in between is noticed, and the edit refused. */
  editTenant(tenant: Manifest, edits: readonly DocumentEdit[]): Promise<void>
  /** Deletes a Tenant as list() gave it: a change in between is noticed, and nothing deleted. */
  deleteTenant(tenant: Manifest): Promise<void>
  /** Adds revocations to the list that nodes hold. */
  revoke(revocations: readonly Revocation[]): Promise<void>
  /** The time where claims are signed: a revocation by another clock would leave out some of them. */
  now(): Promise<Date>
}

/** A store that cannot be read or written; the message says what would mend it. */
export class StoreError extends Error {
  readonly code = 'ERR_SOCNI_STORE'
}

/** What a manifest is after some edits. */
export function applyEdits(manifest: Manifest, edits: readonly DocumentEdit[]): Manifest {
  const copy = structuredClone(manifest)
  for (const edit of edits) applyEdit(copy, edit)
  return copy
}

function applyEdit(root: object, edit: DocumentEdit): void {
  let parent = root as Record<string | number, unknown>
  for (const step of edit.at.slice(0, -1)) {
    parent[step] ??= {}
    parent = parent[step] as Record<string | number, unknown>
  }
  const last = edit.at.at(-1) ?? ''
  if (edit.action === 'set') parent[last] = edit.value
  else if (edit.action === 'append') parent[last] = [...((parent[last] as unknown[]) ?? []), edit.value]
  else if (Array.isArray(parent)) parent.splice(Number(last), 1)
  else delete parent[last]
}
