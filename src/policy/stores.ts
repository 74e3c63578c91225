import type { Attachment, SharedStore } from './subjects.ts'

/** What an attachment shares with others of the same name; equal keys are the same. */
export function storesOf(attachment: Attachment): (Omit<SharedStore, 'owner'> & { readonly key: string })[] {
  return (attachment.facts?.stores ?? []).map(({ by, kind, name, directory, at }) => ({
    key: JSON.stringify([by, name, directory]),
    kind,
    name,
    at,
  }))
}
