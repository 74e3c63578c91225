import type { SelectionsReading } from './selection.ts'

/** As many as `maxNetworksPerPod` can allow (src/config/tenant.ts): whoever names more is told so once, not of each. */
export const MAX_SELECTIONS = 64

/** The reading of an annotation that names more networks than any pod may have. */
export function tooManySelections(form: 'short' | 'json'): SelectionsReading {
  const message = `it names more than ${MAX_SELECTIONS} networks, and no pod may have so many`
  return { form, selections: [], problems: [{ problem: 'unreadable', at: [], message }] }
}

/** More than any IPAM plugin gives an interface; each one is judged by each subnet of the network. */
export const MAX_IPS = 32

/** What the API server takes of all annotations together (apimachinery TotalAnnotationSizeLimitB); mutating webhooks see more. */
export const MAX_ANNOTATION_BYTES = 256 * 1024

/** Keys of one network that are told to be ignored; nobody reads more. */
export const MAX_UNKNOWN_KEYS = 20
