/** Selections: which NADs a pod attaches to. Network Plumbing Working Group standard v1.3 section 4. */
export const NETWORKS_ANNOTATION = 'k8s.v1.cni.cncf.io/networks'

/** Replaces the cluster's own network for a pod. multus pkg/k8sclient/k8sclient.go tryLoadK8sPodDefaultNetwork(). */
export const DEFAULT_NETWORK_ANNOTATION = 'v1.multus-cni.io/default-network'

/** What is attached, written by Multus through pods/status; the second spelling is the one before 2020. */
export const NETWORK_STATUS_ANNOTATIONS = [
  'k8s.v1.cni.cncf.io/network-status',
  'k8s.v1.cni.cncf.io/networks-status',
] as const

/** On a NAD: the device-plugin resource whose device is injected as deviceID. */
export const RESOURCE_NAME_ANNOTATION = 'k8s.v1.cni.cncf.io/resourceName'

/** The key under a selection's cni-args that carries the claim to the guard. */
export const CLAIM_ARG = 'socni.dev/claim'
