import type { Facts, Master } from '../cni/facts/facts.ts'
import type { Network, NetworkReading } from '../cni/network.ts'
import type { Cluster } from '../config/cluster.ts'
import type { DocumentProblem } from '../config/document.ts'
import type { Grant, Tenant } from '../config/tenant.ts'
import type { Path } from '../json/value.ts'
import type { ObjectMeta, PodSpec } from '../kube/manifest.ts'
import type { Selection, SelectionsReading } from '../kube/selection.ts'
import type { DefaultNetwork } from '../kube/selections.ts'
import type { Prefix } from '../net/prefix.ts'
import type { Finding } from './finding.ts'
import type { Passage, Reach, Segment } from './reach.ts'

/** The parsed type that the rules of each kind judge. Outside facts arrive inside the subject. */
export interface Subjects {
  attachment: AttachmentSubject
  removal: RemovalSubject
  selection: SelectionSubject
  pod: PodSubject
  workload: WorkloadSubject
  tenant: TenantSubject
  namespace: NamespaceSubject
  binding: BindingSubject
  settings: SettingsSubject
}

/** A NAD as read by us. `network` and `facts` are missing when spec.config cannot be read; `network` alone where nodes have it. */
export interface Attachment {
  readonly namespace: string
  readonly name: string
  readonly metadata: ObjectMeta
  /** spec.config as written; undefined when absent. */
  readonly config: string | undefined
  readonly reading: NetworkReading
  readonly network: Network | undefined
  readonly facts: Facts | undefined
  /** The (VLAN, master) pairs behind the uplinks, with hidden VLANs resolved by the cluster's interface map. */
  readonly reach: readonly Reach[]
  /** The device-plugin resource named in the k8s.v1.cni.cncf.io/resourceName annotation. */
  readonly resourceName: string | undefined
}

export interface AttachmentSubject {
  readonly attachment: Attachment
  readonly tenant: Tenant | undefined
  /** Every tenant that claims the namespace: with more than one, nobody holds it and `tenant` is undefined. */
  readonly claimants: readonly Tenant[]
  readonly cluster: Cluster
  /** Masters of which nobody can tell whether the plugin takes the pod's (linkInContainer) or the node's. */
  readonly eitherMasters: readonly Master[]
  /** The tenants that were granted the NAD's device-plugin resource, where a plugin takes its device beside what it rides on. */
  readonly deviceHolders: readonly Tenant[]
  /** Subnets of other tenants (granted, or in use by their NADs) that overlap one of this attachment's. */
  readonly overlaps: readonly Overlap[]
  /** What this attachment would share with NADs of other tenants, or with the node's own network. */
  readonly sharedStores: readonly SharedStore[]
  /** What it was before an UPDATE, and the pods that use it; none where it is new. */
  readonly before: Attachment | undefined
  readonly users: ReadonlySet<string>
}

/** A NAD that is to be deleted. */
export interface RemovalSubject {
  readonly attachment: Attachment
  /** The pods that use it, as `finance/teller`. */
  readonly users: ReadonlySet<string>
}

export interface Overlap {
  readonly subnet: Prefix
  readonly other: Prefix
  readonly owner: string
  readonly at: readonly (string | number)[]
}

/** What is shared by a name: addresses, addresses of a range for want of a name, or a whole network. */
export type SharedKind = 'store' | 'range' | 'network'

export interface SharedStore {
  readonly kind: SharedKind
  readonly name: string
  readonly owner: string
  readonly at: readonly (string | number)[]
}

/** One element of a pod's networks annotation, with the NAD that it selects. */
export interface SelectionSubject {
  readonly selection: Selection
  /** The pod's namespace. */
  readonly namespace: string
  readonly tenant: Tenant | undefined
  readonly cluster: Cluster
  readonly attachment: Attachment | undefined
  /** Where there is none, the name of one that is perhaps meant. */
  readonly near: string | undefined
  /** The tenant of the NAD's namespace. */
  readonly attachmentTenant: Tenant | undefined
  /** What other tenants hold of the addresses that it asks for, on a network that names none itself. */
  readonly overlaps: readonly Overlap[]
  /** What it reaches through other interfaces of the pod (linkInContainer). */
  readonly through: Through
  /** What is known of the claim that the selection carries: nothing, that nobody looked, or why it fails. */
  readonly claim: ClaimState
  /** Why the NAD itself is refused; it may be older than the policy, or have slipped in while nobody judged. */
  readonly refusals: readonly Finding[]
  /** It stands in the template of a workload, not in a pod. */
  readonly isTemplate: boolean
  /** Only files are known: what is in none of them may be in the cluster. */
  readonly isPartial: boolean
}

export interface Through {
  readonly segments: readonly Passage[]
  /** The same, and what it would reach by what was on these interfaces before an UPDATE. */
  readonly before: readonly Passage[]
  /** Interfaces with tags on them that no network is on, or one that cannot be read: nobody can tell what they reach. */
  readonly unknown: readonly string[]
  /** The networks of the pod ride on one another in more ways than are followed. */
  readonly isBeyondCount?: true
}

/**
 * `unchecked`: one is there, and only the webhook may write claims (in a file, or in a template). `missing` and `wrong`
 * come from the webhook's validating phase.
 */
export type ClaimState =
  | { readonly state: 'none' | 'unchecked' | 'valid' | 'missing' }
  | { readonly state: 'wrong'; readonly message: string }

/** A pod, or the pod template of a workload, with all of its selections. */
export interface PodSubject {
  readonly namespace: string
  readonly metadata: ObjectMeta
  readonly spec: PodSpec
  readonly tenant: Tenant | undefined
  readonly cluster: Cluster
  readonly reading: SelectionsReading
  readonly selections: readonly SelectionSubject[]
  /** Where the template of a virtual machine names its networks; other pods have them in the annotation. */
  readonly named: readonly Path[]
  readonly defaultNetwork: DefaultNetwork | undefined
  /** Where that is asked for: in the annotation, or in the template of a virtual machine. */
  readonly defaultNetworkAt: Path
  /** The metadata before an UPDATE. */
  readonly before: ObjectMeta | undefined
  /** It is the template of a workload, not a pod. */
  readonly isTemplate: boolean
  /** The user who asks, when there is a request (not in lint). */
  readonly user: string | undefined
  readonly groups: readonly string[]
}

/** What makes pods, or a pod by itself, and where its template is in it; empty for a pod. */
export interface WorkloadSubject {
  readonly metadata: ObjectMeta
  readonly template: ObjectMeta
  readonly at: Path
}

export interface TenantSubject {
  /** What is wrong with the document; then `tenant` is undefined, as it is when it is deleted. */
  readonly problems: readonly DocumentProblem[]
  readonly tenant: Tenant | undefined
  readonly cluster: Cluster
  /** Other tenants that hold one of its (VLAN, interface) pairs without all grants being shared. */
  readonly rivals: readonly Rival[]
  /** Other tenants that hold VLAN 1 beside its untagged traffic, or untagged traffic beside its VLAN 1. */
  readonly nativeRivals: readonly (Rival & { readonly master: string; readonly holdsNative: boolean })[]
  /** Namespaces that other tenants claim as well. */
  readonly contested: readonly { namespace: string; tenant: Tenant; isOlder: boolean }[]
  /** Namespaces of it that nobody judges. */
  readonly exempt: readonly string[]
  /** Networks that lose what they use when it is changed so, or deleted. */
  readonly orphans: readonly Orphan[]
}

export interface Orphan {
  readonly attachment: Attachment
  readonly lost: readonly Segment[]
}

export interface Rival {
  readonly tenant: Tenant
  readonly grant: Grant
  readonly rivalGrant: Grant
  /** Both hold it; or one holds tags inside of a VLAN that the other one holds. */
  readonly relation: 'same' | 'inside' | 'around'
  /** What both hold, or the VLAN that tags are inside of. */
  readonly segment: Segment
  /** It was there before this UPDATE, which may be the one that ends another conflict: no reason to refuse it. */
  readonly isOlder: boolean
}

/** A namespace that is made, or whose labels change. */
export interface NamespaceSubject {
  readonly name: string
  readonly isNew: boolean
  /** The tenants that claim it; for a new one those that claim any namespace, as a selector without conditions does. */
  readonly before: readonly Tenant[]
  readonly after: readonly Tenant[]
  readonly user: string | undefined
  readonly groups: readonly string[]
  /** Whether the user has the verb `assign` on this Tenant (docs/policy.md). */
  readonly mayAssign: (tenant: string) => boolean
  readonly cluster: Cluster
}

/** A Binding, whose annotations the API server copies onto the pod. */
export interface BindingSubject {
  readonly metadata: ObjectMeta
  /** The pod's metadata; undefined when the store does not know the pod. */
  readonly pod: ObjectMeta | undefined
}

/** The rules that a Tenant or the ClusterConfiguration sets, over and above those that there are. */
export interface SettingsSubject {
  readonly unknownRules: readonly {
    readonly id: string
    readonly at: Path
    /** The rule that was probably meant. */
    readonly near: string | undefined
  }[]
}
