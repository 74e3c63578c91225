/** The parts of Kubernetes objects that SOCNI reads. Shapes only: what arrives is checked where it is used. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly spec?: unknown
  readonly [field: string]: unknown
}

export interface ObjectMeta {
  readonly name?: string
  readonly generateName?: string
  readonly namespace?: string
  readonly uid?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  /** These are set by the API server. */
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  /** Since when it is being deleted. */
  readonly deletionTimestamp?: string
}

export interface PodSpec {
  readonly hostNetwork?: boolean
  readonly nodeName?: string
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly ephemeralContainers?: readonly Container[]
}

export interface Container {
  readonly image?: string
  readonly name?: string
  readonly securityContext?: {
    readonly privileged?: boolean
    readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  }
}

/**
 * Metadata with every field of its own type, and without what is not: the API server admits nothing else, but a file
 * may hold anything.
 */
export function readMetadata(metadata: unknown): ObjectMeta {
  const given = isRecord(metadata) ? metadata : {}
  const texts = (['name', 'generateName', 'namespace', 'uid', 'creationTimestamp'] as const).filter(
    key => typeof given[key] === 'string',
  )
  return {
    ...Object.fromEntries(texts.map(key => [key, given[key]])),
    ...(isRecord(given.annotations) && { annotations: readTextMap(given.annotations) }),
    ...(isRecord(given.labels) && { labels: readTextMap(given.labels) }),
  }
}

function readTextMap(map: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(map).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
