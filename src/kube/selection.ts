import type { Fix } from '../json/fix.ts'
import type { JsonObject, Path } from '../json/value.ts'

/** One element of a pod's networks annotation, as Multus understands it. */
export interface Selection {
  /** Position in the list, from 0. */
  readonly index: number
  /** Inside the annotation's JSON: `[2]`; empty in the short form, which has no JSON. */
  readonly at: Path
  readonly name: string
  /** The NAD's namespace: as written, else the pod's. */
  readonly namespace: string
  readonly isNamespaceWritten: boolean
  /** The interface in the pod: as requested, else Multus's `net<position>`, where eth0 is position 0. */
  readonly interface: string
  readonly requestedInterface: string | undefined
  readonly ips: readonly string[]
  readonly mac: string | undefined
  readonly deviceID: string | undefined
  readonly cniArgs: JsonObject | undefined
  /** Undefined when unset. An empty list is a request of its own: it takes the default route from every interface. */
  readonly defaultRoute: readonly string[] | undefined
  /** The element as written; undefined in the short form. */
  readonly body: JsonObject | undefined
}

export interface SelectionsReading {
  readonly form: 'none' | 'short' | 'json'
  readonly selections: readonly Selection[]
  readonly problems: readonly SelectionProblem[]
}

export interface SelectionProblem {
  readonly problem: /** Multus refuses (or crashes on) the whole annotation. */
    | 'unreadable'
    /** Multus and the dynamic networks controller understand different things. */
    | 'disagreement'
    /** A key that Multus ignores. */
    | 'unknown-key'
  readonly at: Path
  readonly message: string
  /** The same where the place in the file is shown beside it: the message counts the lines of the text alone. */
  readonly placed?: string
  readonly fix?: Fix
}
