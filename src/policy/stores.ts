import type { Path } from '../json/value.ts'
import type { Attachment } from './subjects.ts'

/** The IPAM stores that an attachment takes addresses from; equal keys are the same store. */
export function storesOf(attachment: Attachment): { key: string; name: string; at: Path }[] {
  return (attachment.facts?.stores ?? []).map(({ ipam, name, directory, at }) => ({
    key: JSON.stringify([ipam, name, directory]),
    name,
    at,
  }))
}
