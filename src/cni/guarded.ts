/** Plugins that put a pod into a network of the host; the guard stands in for those that a node has. */
export const GUARDED_PLUGINS: readonly string[] = [
  ...['vlan', 'macvlan', 'ipvlan', 'bridge', 'host-device', 'tap', 'bond'],
  ...['sriov', 'ib-sriov', 'ovs', 'accelerated-bridge', 'cnv-bridge'],
]

/** The guard's own type, and the name of its executable. */
export const GUARD_TYPE = 'socni'
