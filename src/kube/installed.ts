import type { Manifest } from './manifest.ts'

/** What the API server says to a question: what is there (undefined: nothing), what is wrong with it, or why it does not say. */
export type Answer<T = Manifest> =
  | { readonly is: T | undefined }
  | { readonly wrong: string }
  | { readonly refusal: string }

/** All that is installed of SOCNI in a cluster, as somebody may read it. */
export interface Installed {
  /** The cluster's own time. */
  readonly now: Date
  readonly webhook: Answer
  readonly guard: Answer
  readonly lease: Answer
  readonly mutating: Answer
  readonly validating: Answer
  /** The Secret that holds the serving certificate. */
  readonly certificate: Answer
  /** The ClusterConfiguration in its ConfigMap. */
  readonly configuration: Answer
  /** The ConfigMap for the nodes. */
  readonly keys: Answer
  readonly tenants: Answer<readonly Manifest[]>
  readonly nodes: Answer<readonly Manifest[]>
  /** Those of SOCNI's own namespace. */
  readonly pods: Answer<readonly Manifest[]>
}

/** The names that manifests/base has. */
export const WEBHOOK = 'socni-webhook'
export const GUARD = 'socni-guard'
export const WEBHOOK_CONFIGURATION = 'zz-socni'

/** Annotation of the Lease: when the last audit ended. */
export const AUDITED = 'socni.dev/audited'
