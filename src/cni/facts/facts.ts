import type { Fix } from '../../json/fix.ts'
import type { Path } from '../../json/value.ts'
import type { Ip } from '../../net/ip.ts'
import type { Prefix } from '../../net/prefix.ts'
import type { VlanSet } from '../../net/vlan-set.ts'

/**
 * What a CNI configuration makes the node do, in terms that a policy can judge.
 * Every fact says which plugin type states it and where in the configuration (`at`, a path through spec.config).
 */
export interface Facts {
  readonly uplinks: readonly Uplink[]
  readonly devices: readonly DeviceFact[]
  readonly routes: readonly RouteFact[]
  readonly subnets: readonly SubnetFact[]
  readonly addresses: readonly AddressFact[]
  readonly stores: readonly StoreFact[]
  readonly hostPaths: readonly HostPathFact[]
  readonly hostRoutes: readonly HostRouteFact[]
  readonly sysctls: readonly SysctlFact[]
  readonly mtus: readonly MtuFact[]
  readonly types: readonly TypeFact[]
  readonly podInputs: readonly PodInput[]
  readonly problems: readonly FactProblem[]
}

interface Stated {
  /** The CNI type that says so; for a nested delegate the whole chain, outermost first: `flannel > bridge`. */
  readonly plugin: string
  readonly at: Path
}

/**
 * A way from the pod to a host network: what it rides on and which VLANs it reaches there.
 * `at` points to what names the VLANs (or, when nothing does, to the plugin).
 */
export interface Uplink extends Stated {
  readonly master: Master
  /** VLAN 0 is untagged traffic, the native VLAN (a priority tag with VID 0 is treated as untagged by switches). */
  readonly vlans: VlanSet
  /** `default` when the key is missing and the plugin's own default applies. */
  readonly source: 'key' | 'trunk' | 'default' | 'untagged'
}

/** The host interface in the configuration's own words. A hidden VLAN (`eth0.200`) is resolved by the policy. */
export interface Master {
  /** NIC, bond, bridge, PCI address, or device-plugin resource. Undefined: the node's default-route interface. */
  readonly name: string | undefined
  readonly at: Path
  /**
   * ride: a sub-interface is created on it · bridge: the pod's veth becomes its port · enslave: put under a new master ·
   * move: taken away from the host, or what it receives or its address is · device: a virtual function or PCI device
   */
  readonly use: 'ride' | 'bridge' | 'enslave' | 'move' | 'device'
  /** The name came from the plugin's default, not from the configuration. */
  readonly byDefault: boolean
  /** The interface is looked up inside the pod's namespace (linkInContainer), so it is no host interface. */
  readonly inContainer: boolean
}

/** The plugin takes the device that the NAD's resource brings, where there is one, beside the uplinks that it states. */
export interface DeviceFact extends Stated {
  /** Its frames come out at a port of the bridge that is stated; otherwise on whatever network the device is on. */
  readonly isBehindPort: boolean
}

/** `unasked`: of a DHCP server that is asked for no route, and may send one all the same. */
export type RouteCause =
  | 'ipam-route'
  | 'default-gateway'
  | 'connected'
  | 'override'
  | 'dhcp'
  | 'unasked'
  | 'pool'
  | 'plugin'

/** A route that the pod gets, as the kernel installs it. */
export interface RouteFact extends Stated {
  readonly destination: Prefix
  /** The text in the configuration, when there is one. */
  readonly written: string | undefined
  readonly gateway: Ip | undefined
  readonly cause: RouteCause
  /** `perhaps`: decided at run time by something that is not in the configuration (a DHCP server, a pool). */
  readonly installed: 'always' | 'perhaps'
  /** `remove`: an existing route is deleted (route-override, sbr, egress-router). */
  readonly effect: 'add' | 'remove'
  /** Routing table; undefined is main. Plugins before 1.6.0 put every route into main. */
  readonly table: number | undefined
  /** A plugin behind this one takes it out of the main table: sbr, vrf. */
  readonly isMoved?: true
}

/** A subnet that addresses are given out from, or that a static address is in. */
export interface SubnetFact extends Stated {
  readonly subnet: Prefix
  readonly gateway: Ip | undefined
  /** First and last address given out, inclusive. */
  readonly first: Ip
  readonly last: Ip
  readonly source: 'range' | 'static'
  /** Each address is given out once in the cluster, whatever the VLAN: whereabouts without a `network_name`. */
  readonly isClusterWide?: boolean
}

/** An address named in the configuration, with the subnet it should be in. */
export interface AddressFact extends Stated {
  readonly address: Ip
  readonly role: 'gateway' | 'route-gateway' | 'range-start' | 'range-end' | 'exclude'
  readonly subnet: Prefix | undefined
  /**
   * Whether the plugin is sure to refuse one that is elsewhere; otherwise it ignores it or hands it out, or something that is not
   * in the configuration decides (addresses that pods name).
   */
  readonly isChecked: boolean
}

/** What two networks of one name share: where an IPAM plugin remembers what it gave out, or an overlay network itself. */
export interface StoreFact extends Stated {
  readonly kind: 'store' | 'network'
  /** The type that keeps it. */
  readonly by: string
  readonly name: string
  /** Directory on the node, when the configuration moves the store. */
  readonly directory: string | undefined
}

/** A file, directory, socket, command or firewall rule on the host that the configuration makes the plugin (root) use. */
export interface HostPathFact extends Stated {
  readonly path: string
  readonly use: 'read' | 'write' | 'connect' | 'execute' | 'filter'
  /** The path that may stand there, since it is no choice: the project's own documents have it. */
  readonly usual: string | undefined
}

/** What the plugin does on the node itself for whatever addresses the attachment gets. */
export interface HostRouteFact extends Stated {
  /** route: the node gets an address, and routes to it · accept: its firewall lets through all that is from and for them */
  readonly deed: 'route' | 'accept'
}

export interface SysctlFact extends Stated {
  readonly name: string
  readonly value: string
}

export interface MtuFact extends Stated {
  readonly mtu: number
}

/** A CNI or IPAM type that is called, also inside delegates. `known`: it has an extractor. */
export interface TypeFact extends Stated {
  readonly type: string
  readonly role: 'plugin' | 'ipam' | 'delegate'
  readonly known: boolean
}

/**
 * What a pod may change through its selection, beyond what Multus itself reads: the plugin declares a capability
 * or reads keys under args.cni.
 */
export interface PodInput extends Stated {
  readonly input: 'ips' | 'mac' | 'infinibandGUID' | 'deviceID' | 'portMappings' | 'args'
  /** For `args`: the keys under args.cni that the plugin reads. */
  readonly keys: readonly string[]
  /** ADD fails without it: the configuration itself has none. */
  readonly isNeeded?: boolean
}

/** What is wrong with, or cannot be known from, the configuration itself. */
export interface FactProblem extends Stated {
  readonly problem: /** A value that the plugin's Go struct cannot decode: ADD fails. */
    | 'wrong-type'
    /** A key that Go would match to a known key, but that is spelt differently. */
    | 'misspelt-key'
    /** A VLAN id outside what the plugin or 802.1Q accepts. */
    | 'vlan-out-of-range'
    /** A VLAN key that this plugin does not read. */
    | 'ignored-vlan-key'
    /** A key that this plugin does not read, and that stands for one which it does. */
    | 'unread-key'
    /** Whether a port of a bridge is in its default VLAN as well depends on the plugin's version. */
    | 'default-vlan'
    /** Two keys that say different things about the same matter. */
    | 'contradiction'
    /** A value that does not parse: a subnet, a route, an address. */
    | 'malformed'
    /** A required key is missing: ADD fails. */
    | 'missing'
    /** VLANs or interfaces are decided by something outside of the configuration. */
    | 'undecidable'
  readonly message: string
  readonly fix?: Fix
}
