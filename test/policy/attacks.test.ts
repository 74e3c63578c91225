import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_NETWORK_ANNOTATION, NETWORKS_ANNOTATION } from '../../src/kube/annotations.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { attachment, bridgeConfig, macvlanConfig, pod, tenant } from '../../src/policy/example.ts'
import { judge } from '../../src/policy/judge.ts'
import { exampleInventory } from '../example-inventory.ts'

const routed = (...routes: object[]) => ({
  ...macvlanConfig(),
  ipam: { type: 'whereabouts', range: '10.100.1.0/24', routes },
})
const ranged = (range: string) => ({ ...macvlanConfig(), ipam: { type: 'whereabouts', range } })
const chained = (...plugins: object[]) => ({
  cniVersion: '1.0.0',
  name: 'ledger',
  plugins: [macvlanConfig(), ...plugins],
})
const text = (config: object, from: string, to: string) => {
  const json = JSON.stringify(config)
  if (!json.includes(from)) throw new Error(`${from} is not in ${json}`)
  return json.replace(from, to)
}

/** Ways to another VLAN, route, address or file that a tenant might try in a NAD, and the rule that stops each. */
const NADS: readonly [what: string, config: Record<string, unknown> | string, rule: string][] = [
  ['another VLAN', { ...bridgeConfig(), vlan: 300 }, 'vlan-not-granted'],
  ['a VLAN in a master name', { ...macvlanConfig(), master: 'eth0.300' }, 'vlan-not-granted'],
  [
    'a VLAN in a VLAN in a master name',
    { ...macvlanConfig(), master: 'eth0.300.100' },
    'interface-not-granted',
  ],
  ['a name that hides something', { ...macvlanConfig(), master: 'uplink-a' }, 'interface-not-granted'],
  [
    'the untagged network of the default master',
    { ...macvlanConfig(), master: undefined },
    'vlan-not-granted',
  ],
  [
    'a trunk',
    { ...bridgeConfig(), vlan: undefined, vlanTrunk: [{ minID: 100, maxID: 400 }] },
    'vlan-not-granted',
  ],
  [
    'the VLAN that a trunk gets by default',
    { ...bridgeConfig(), vlan: undefined, vlanTrunk: [{ id: 100 }] },
    'vlan-not-granted',
  ],
  ['the VLAN that a port keeps', { ...bridgeConfig(), preserveDefaultVlan: true }, 'vlan-not-granted'],
  [
    'every VLAN of an OVS bridge',
    { ...macvlanConfig(), type: 'ovs', bridge: 'br-finance', master: undefined },
    'vlan-not-granted',
  ],
  [
    'an OVS trunk that beats its VLAN',
    { type: 'ovs', bridge: 'br-finance', vlan: 100, trunk: [{ id: 300 }] },
    'vlan-not-granted',
  ],
  [
    'the OVS bridge of the node that a switch in user space takes by itself',
    { type: 'userspace', host: { engine: 'ovs-dpdk', iftype: 'vhostuser', netType: 'bridge' } },
    'interface-not-granted',
  ],
  [
    'every VLAN of a bridge in user space, whatever VLAN stands there',
    {
      type: 'userspace',
      host: { engine: 'ovs-dpdk', netType: 'bridge', bridge: { bridgeName: 'br-finance', vlanId: 100 } },
    },
    'vlan-not-granted',
  ],
  [
    'a network that VPP leads to',
    { type: 'userspace', host: { engine: 'vpp', iftype: 'memif', netType: 'interface' } },
    'undecidable-config',
  ],
  ['a missing vlanId', { ...macvlanConfig(), type: 'vlan', master: 'eth0' }, 'vlan-not-granted'],
  [
    'a nested delegate',
    { type: 'flannel', delegate: { type: 'macvlan', master: 'eth0.300' } },
    'vlan-not-granted',
  ],
  [
    'delegates of Multus',
    { type: 'multus', delegates: [{ type: 'bridge', bridge: 'br-finance', vlan: 300 }] },
    'vlan-not-granted',
  ],
  [
    'Multus itself, which hands its delegates what no author may say',
    {
      type: 'multus',
      delegates: [
        {
          type: 'ptp',
          ipam: { type: 'host-local', subnet: '10.100.1.0/24' },
          runtimeConfig: { ipRanges: [[{ subnet: '172.31.9.0/24' }]] },
        },
      ],
    },
    'undecidable-config',
  ],
  ['a chained plugin', chained({ type: 'macvlan', master: 'eth0.300' }), 'vlan-not-granted'],
  [
    'a spiderpool interface',
    chained({ type: 'ifacer', interfaces: ['eth0'], vlanID: 300 }),
    'vlan-not-granted',
  ],
  ['an egress router', { type: 'egress-router', interfaceArgs: { master: 'eth0.100' } }, 'default-route'],
  [
    'the node’s own interface, where a plugin before 1.3.0 looks for that of the pod',
    { ...macvlanConfig(), type: 'vlan', master: 'eth0', vlanId: 300, mode: undefined, linkInContainer: true },
    'ambiguous-config',
  ],
  [
    'a sub-interface of the node in the same way',
    { ...macvlanConfig(), master: 'eth0.300', linkInContainer: true },
    'ambiguous-config',
  ],
  [
    'the default interface of the node in the same way',
    { ...macvlanConfig(), master: undefined, linkInContainer: true },
    'ambiguous-config',
  ],
  [
    'an interface of the node that is named like the one of the pod before it in the list',
    { cniVersion: '1.0.0', name: 'ledger', plugins: [{ type: 'passthru' }, { type: 'ipvlan' }] },
    'undecidable-config',
  ],
  [
    'addresses of a result that nobody judged',
    {
      cniVersion: '1.0.0',
      name: 'ledger',
      plugins: [{ type: 'tuning' }, { type: 'ipvlan', master: 'eth0.100' }],
    },
    'undecidable-config',
  ],
  [
    'an RDMA device of the node, for which nobody asks',
    chained({ type: 'rdma', deviceID: '0000:3b:00.0' }),
    'interface-not-granted',
  ],
  [
    'a virtual function of the node as the port of a bridge',
    { type: 'ovs', bridge: 'br-finance', vlan: 100, deviceID: '0000:3b:02.7' },
    'interface-not-granted',
  ],
  [
    'one in the same way, by the bridges of its switch',
    { type: 'accelerated-bridge', bridge: 'br-finance', vlan: 100, deviceID: '0000:3b:02.7' },
    'interface-not-granted',
  ],
  [
    'one in the same way, by an overlay',
    { type: 'ovn-k8s-cni-overlay', topology: 'layer2', netAttachDefName: 'a/b', deviceID: '0000:3b:02.7' },
    'interface-not-granted',
  ],
  [
    'a zone of the firewall',
    chained({ type: 'firewall', backend: 'firewalld', firewalldZone: 'internal' }),
    'host-path',
  ],
  ["Flannel's bridge", { type: 'bridge' }, 'protected-interface'],
  [
    'all that the node receives',
    { ...macvlanConfig(), master: 'eth0', mode: 'passthru' },
    'protected-interface',
  ],
  [
    'the address of the node',
    {
      type: 'bridge',
      bridge: 'eth0',
      isGateway: true,
      forceAddress: true,
      ipam: ranged('10.100.1.0/24').ipam,
    },
    'protected-interface',
  ],
  ["the node's own NIC", { type: 'host-device', device: 'eth0' }, 'protected-interface'],
  ['a bond over the NIC', { type: 'bond', links: [{ name: 'eth0' }] }, 'protected-interface'],
  ['a key in other letters', text(bridgeConfig(), '"vlan"', '"VLAN"'), 'ambiguous-config'],
  [
    'a key with a long s',
    text(macvlanConfig(), '"master":', '"ma\u017fter":"eth0.300","master":'),
    'ambiguous-config',
  ],
  [
    'a key with a Kelvin sign',
    text(macvlanConfig(), '"master":', '"lin\u212aInContainer":true,"master":'),
    'ambiguous-config',
  ],
  ['a key twice', text(bridgeConfig(), '"vlan":100', '"vlan":300,"vlan":100'), 'ambiguous-config'],
  [
    'a number that shrinks',
    text(bridgeConfig(), '"vlan":100', '"vlan":99.99999999999999999'),
    'ambiguous-config',
  ],
  ['both forms at once', { ...chained(), type: 'macvlan', master: 'eth0.300' }, 'ambiguous-config'],
  ['a configuration on the node', '', 'ambiguous-config'],
  ['a forged result', { ...macvlanConfig(), prevResult: { interfaces: [] } }, 'ambiguous-config'],
  [
    'a forged runtime',
    chained({ type: 'tuning', runtimeConfig: { mac: '02:00:00:00:00:01' } }),
    'ambiguous-config',
  ],
  [
    'arguments of its own',
    { ...macvlanConfig(), args: { cni: { ips: ['10.43.0.10/32'] } } },
    'ambiguous-config',
  ],
  ['NUL in a name', text(bridgeConfig(), 'br-finance', 'cni0\\u0000x'), 'unreadable-config'],
  ['a number as text', { ...bridgeConfig(), vlan: '100' }, 'unreadable-config'],
  ['an IPv4 default route', routed({ dst: '0.0.0.0/0' }), 'default-route'],
  ['an IPv6 default route', routed({ dst: '::/0' }), 'default-route'],
  ['an IPv6 default route with host bits', routed({ dst: '2001:db8::1/0' }), 'default-route'],
  ['a mapped default route', routed({ dst: '::ffff:0.0.0.0/64' }), 'default-route'],
  ['a split default route', routed({ dst: '0.0.0.0/1' }, { dst: '128.0.0.0/1' }), 'default-route'],
  [
    'a finer split',
    routed({ dst: '0.0.0.0/2' }, { dst: '64.0.0.0/2' }, { dst: '128.0.0.0/1' }),
    'default-route',
  ],
  ['a default gateway', { ...bridgeConfig(), isDefaultGateway: true }, 'default-route'],
  [
    'a route in another table of Go',
    text(routed({ dst: '0.0.0.0/0' }), '"routes"', '"Routes"'),
    'ambiguous-config',
  ],
  [
    'routes taken from eth0, where no plugin made an interface',
    { plugins: [{ type: 'passthru' }, { type: 'route-override', flushgateway: true }] },
    'default-route',
  ],
  [
    'routes taken from eth0, where the interface is none of the kernel’s',
    chained({ type: 'sriov', vlan: 100 }, { type: 'route-override', flushroutes: true }),
    'default-route',
  ],
  [
    'routes taken from eth0, by a plugin of the list that hands nothing on',
    chained({ type: 'passthru' }, { type: 'route-override', delroutes: [{ dst: '0.0.0.0/0' }] }),
    'default-route',
  ],
  [
    'routes taken from every interface, as those with several gateways are',
    chained({ type: 'route-override', delecmproutes: [{ dst: '0.0.0.0/0' }] }),
    'default-route',
  ],
  [
    'the routes of pods in the same way',
    chained({ type: 'route-override', delecmproutes: [{ dst: '10.42.0.0/16' }] }),
    'cluster-route',
  ],
  [
    'a route with several gateways',
    chained({ type: 'route-override', addecmproutes: [{ dst: '0.0.0.0/0', gws: ['10.100.1.1'] }] }),
    'default-route',
  ],
  [
    'routes given to it',
    chained({ type: 'route-override', addroutes: [{ dst: '0.0.0.0/0' }] }),
    'default-route',
  ],
  [
    'a default route by role',
    { type: 'ovn-k8s-cni-overlay', topology: 'layer2', role: 'primary' },
    'default-route',
  ],
  [
    'a file on the node, as the log of coordinator',
    chained({ type: 'coordinator', logOptions: { logFile: '/etc/cron.d/log' } }),
    'host-path',
  ],
  [
    'the return path filter of the whole node',
    chained({ type: 'coordinator', hostRPFilter: 0 }),
    'sysctl-on-primary',
  ],
  [
    'a kubeconfig of the node',
    { ...macvlanConfig(), type: 'ib-sriov', kubeconfig: '/etc/rancher/k3s/k3s.yaml' },
    'host-path',
  ],
  [
    'a bond that is not the interface which the plugins behind it take for its own',
    chained(
      {
        type: 'bond',
        ifname: 'bond0',
        linksInContainer: true,
        miimon: '100',
        links: [{ name: 'net1' }, { name: 'net2' }],
        ipam: { type: 'whereabouts', range: '10.100.2.0/24', routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'sbr' },
    ),
    'ambiguous-config',
  ],
  [
    'a default route by coordinator',
    chained({ type: 'coordinator', podDefaultRouteNic: 'net1' }),
    'default-route',
  ],
  ['the service range', routed({ dst: '10.43.0.0/16' }), 'cluster-route'],
  ['a part of the pod range', routed({ dst: '10.42.128.0/17' }), 'cluster-route'],
  ['a prefix above both', routed({ dst: '10.40.0.0/13' }), 'cluster-route'],
  ['a subnet above both', ranged('8.0.0.0/5'), 'cluster-route'],
  [
    'the address of DNS',
    { ...macvlanConfig(), ipam: { type: 'static', addresses: [{ address: '10.43.0.10/32' }] } },
    'cluster-route',
  ],
  ['a mapped subnet', ranged('::ffff:10.43.0.0/112'), 'cluster-route'],
  ['a subnet in leading zeros', ranged('010.043.000.000/16'), 'cluster-route'],
  ['addresses of another tenant', ranged('10.130.0.0/24'), 'overlapping-subnet'],
  [
    'a file to write',
    { ...macvlanConfig(), ipam: { type: 'host-local', subnet: '10.100.1.0/24', dataDir: '/etc' } },
    'host-path',
  ],
  [
    'a socket',
    { ...macvlanConfig(), ipam: { type: 'dhcp', daemonSocketPath: '/run/containerd/containerd.sock' } },
    'host-path',
  ],
  [
    'rules of its own in the firewall of the node',
    chained({ type: 'portmap', backend: 'nftables', conditionsV4: ['return\nadd table inet mine'] }),
    'host-path',
  ],
  [
    'a way past the network policies of the node',
    chained({ type: 'firewall', iptablesAdminChainName: 'FLANNEL-FWD' }),
    'host-path',
  ],
  [
    'an address of the whole Internet, from the node and all of its pods',
    { type: 'ptp', ipam: { type: 'static', addresses: [{ address: '8.8.8.8/24', gateway: '8.8.8.1' }] } },
    'host-route',
  ],
  [
    'one for the node that is no gateway of its subnet',
    { type: 'ptp', ipam: { type: 'static', addresses: [{ address: '10.100.1.5/24', gateway: '1.1.1.1' }] } },
    'host-route',
  ],
  [
    'whatever its own DHCP server says, on the node',
    { type: 'bridge', bridge: 'br-finance', vlan: 100, isGateway: true, ipam: { type: 'dhcp' } },
    'host-route',
  ],
  [
    'whatever a pod asks for, on the node',
    { type: 'ptp', capabilities: { ips: true }, ipam: { type: 'static' } },
    'host-route',
  ],
  ['commands', { type: 'debug', addHooks: [['sh', '-c', 'id']] }, 'host-path'],
  [
    "Flannel's address store",
    { ...macvlanConfig(), name: 'cbr0', ipam: { type: 'host-local', subnet: '10.100.1.0/24' } },
    'foreign-ipam-store',
  ],
  ['forwarding', chained({ type: 'tuning', sysctl: { 'net.ipv4.ip_forward': '1' } }), 'sysctl-on-primary'],
  ...['net.ipv4.conf.IFNAME.forwarding', 'net/ipv6/conf/IFNAME/force_forwarding'].map(
    (name): (typeof NADS)[number] => [
      `forwarding of what comes in by its own interface, ${name}`,
      chained({ type: 'tuning', sysctl: { [name]: '1' } }),
      'sysctl-on-primary',
    ],
  ),
  [
    'a sysctl of eth0',
    chained({ type: 'tuning', sysctl: { 'net/ipv4/conf/eth0/accept_local': '1' } }),
    'sysctl-on-primary',
  ],
  [
    'a default route from a router of the VLAN',
    chained({ type: 'tuning', sysctl: { 'net/ipv6/conf/IFNAME/accept_ra_defrtr': '1' } }),
    'default-route',
  ],
  [
    'one in pieces',
    chained({ type: 'tuning', sysctl: { 'net.ipv6.conf.IFNAME.accept_ra_rt_info_max_plen': '64' } }),
    'default-route',
  ],
  ['an unknown plugin', { type: 'teleport' }, 'unknown-plugin-type'],
  ['an unknown IPAM', { ...macvlanConfig(), ipam: { type: 'teleport' } }, 'unknown-plugin-type'],
  ['a path for a type', { type: '../../../bin/sh' }, 'unreadable-config'],
  [
    'a file that fills in the rest',
    { type: 'ovs', bridge: 'br-finance', vlan: 100, configuration_path: '/etc/x' },
    'undecidable-config',
  ],
  [
    'a way out of the directory of whereabouts',
    {
      ...macvlanConfig(),
      ipam: {
        type: 'whereabouts',
        range: '10.100.1.0/24',
        configuration_path: '/etc/cni/net.d/whereabouts.d/../../../../tmp/whereabouts.conf',
      },
    },
    'host-path',
  ],
]

describe('a tenant that writes a NAD', () => {
  it.each(NADS)('does not get %s', (_, config, rule) => {
    const errors = judge(attachment(config), exampleInventory()).filter(
      ({ severity }) => severity === 'error',
    )
    expect(errors.map(finding => finding.rule)).toContain(rule)
  })
})

const PODS: readonly [what: string, manifest: Manifest, rule: string][] = [
  ["another tenant's network", pod('logistics/fleet'), 'foreign-attachment'],
  ['it by a key in other letters', pod('[{"name":"fleet","Namespace":"logistics"}]'), 'unreadable-selection'],
  ['it by a long s', pod('[{"name":"fleet","name\u017fpace":"logistics"}]'), 'unreadable-selection'],
  ['it by a second key', pod('[{"name":"storage","name":"fleet"}]'), 'unreadable-selection'],
  [
    'it in place of Flannel',
    pod(undefined, { metadata: { annotations: { [DEFAULT_NETWORK_ANNOTATION]: 'logistics/fleet' } } }),
    'default-network-override',
  ],
  [
    'it in the template of a workload',
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x', namespace: 'finance' },
      spec: { template: pod('logistics/fleet') },
    },
    'foreign-attachment',
  ],
  [
    'it from a cron job',
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'x', namespace: 'finance' },
      spec: { jobTemplate: { spec: { template: pod('logistics/fleet') } } },
    },
    'foreign-attachment',
  ],
  [
    'it in a virtual machine',
    {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachine',
      metadata: { name: 'x', namespace: 'finance' },
      spec: { template: { spec: { networks: [{ name: 'a', multus: { networkName: 'logistics/fleet' } }] } } },
    },
    'foreign-attachment',
  ],
  [
    'it in a virtual machine whose own annotation names another',
    {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstance',
      metadata: {
        name: 'x',
        namespace: 'finance',
        annotations: { 'k8s.v1.cni.cncf.io/networks': '[{"name": "storage"}]' },
      },
      spec: { networks: [{ name: 'a', multus: { networkName: 'logistics/fleet' } }] },
    },
    'foreign-attachment',
  ],
  [
    'it from a namespace of no tenant',
    pod('finance/storage', { metadata: { namespace: 'forgotten' } }),
    'foreign-attachment',
  ],
  ...['.eth0', '..all', 'eth0.', 'all', 'default'].map((name): [string, Manifest, string] => [
    `the sysctls of other interfaces, by the name ${name}`,
    pod([{ name: 'storage', interface: name }]),
    'invalid-interface-name',
  ]),
  ['the default route', pod([{ name: 'storage', 'default-route': ['10.100.1.1'] }]), 'default-route-request'],
  ['no default route at all', pod([{ name: 'storage', 'default-route': [] }]), 'default-route-request'],
  ['eth0', pod('storage@eth0'), 'taken-interface-name'],
  ['an interface twice', pod('storage@net7,storage@net7'), 'taken-interface-name'],
  ['the default name of another', pod('storage@net2,storage'), 'taken-interface-name'],
  [
    'an old key for the interface',
    pod([{ name: 'storage', interfaceRequest: 'eth0' }]),
    'taken-interface-name',
  ],
  ['an address of the cluster', pod([{ name: 'storage', ips: ['10.43.0.10/32'] }]), 'address-not-granted'],
  ['the gateway-wide prefix', pod([{ name: 'storage', ips: ['10.100.1.9/5'] }]), 'address-not-granted'],
  ['the broadcast address', pod([{ name: 'storage', ips: ['10.100.1.255'] }]), 'address-not-granted'],
  [
    'routes by cni-args',
    pod([{ name: 'storage', 'cni-args': { addroutes: [{ dst: '0.0.0.0/0' }] } }]),
    'cni-args-not-allowed',
  ],
  ['a device', pod([{ name: 'storage', deviceID: '0000:00:1f.6' }]), 'device-request'],
  ['a claim of its own', pod([{ name: 'storage', 'cni-args': { 'socni.dev/claim': 'x' } }]), 'foreign-claim'],
  [
    'a status of its own',
    pod('storage', { metadata: { annotations: { 'k8s.v1.cni.cncf.io/networks-status': '[]' } } }),
    'forged-network-status',
  ],
  ["the host's network", pod('storage', { spec: { hostNetwork: true } }), 'host-network-attachment'],
  ['a crash of Multus', pod('[null]'), 'unreadable-selection'],
]

describe('a tenant that writes a pod', () => {
  it.each(PODS)('does not get %s', (_, manifest, rule) => {
    const findings = judge(manifest, exampleInventory(), { user: 'mallory' })
    const errors = findings.filter(({ severity }) => severity === 'error')
    expect(errors.map(finding => finding.rule)).toContain(rule)
  })
})

describe('what is shared by a name, or for want of one', () => {
  const retail = tenant('retail', {
    namespaces: ['retail'],
    vlans: [{ ids: '500', masters: ['eth0'] }],
  })
  const open = tenant('open', { namespaces: ['open'], vlans: [{ ids: '510', masters: ['eth0'] }] })
  const given = (ipam: object, vlan: number, namespace: string) =>
    attachment({ ...macvlanConfig(), name: namespace, master: `eth0.${vlan}`, ipam }, { namespace })
  const range = (change: object = {}) => ({ type: 'whereabouts', range: '10.9.0.0/24', ...change })
  const rulesFor = (one: object, other: object) =>
    judge(given(other, 510, 'open'), exampleInventory(retail, open, given(one, 500, 'retail'))).map(
      ({ rule }) => rule,
    )

  it('are the files of host-local, where both give out one of the addresses', () => {
    const named = (ipam: object, vlan: number, namespace: string) =>
      attachment({ ...macvlanConfig(), name: 'n3', master: `eth0.${vlan}`, ipam }, { namespace })
    const files = (one: object, other: object) =>
      judge(
        named({ type: 'host-local', ...other }, 510, 'open'),
        exampleInventory(retail, open, named({ type: 'host-local', ...one }, 500, 'retail')),
      ).flatMap(({ rule }) => (rule === 'foreign-ipam-store' ? [rule] : []))
    const subnet = '10.9.0.0/24'
    expect(files({ subnet }, { subnet })).toEqual(['foreign-ipam-store'])
    expect(files({ subnet }, { subnet: '10.9.0.128/25' })).toEqual(['foreign-ipam-store'])
    expect(files({ subnet }, { ranges: [[{ subnet: '10.8.0.0/24' }], [{ subnet }]] })).toEqual([
      'foreign-ipam-store',
    ])
    expect(files({ subnet, dataDir: '/var/lib/cni/networks' }, { subnet })).toEqual(['foreign-ipam-store'])
    // A chart that is installed twice.
    expect(files({ subnet }, { subnet: '10.9.1.0/24' })).toEqual([])
    expect(files({ subnet, rangeEnd: '10.9.0.9' }, { subnet, rangeStart: '10.9.0.10' })).toEqual([])
  })

  it('are the addresses of whereabouts, which gives each out once in the cluster, whatever the VLAN', () => {
    expect(rulesFor(range(), range())).toEqual(['foreign-ipam-store'])
    expect(rulesFor(range(), range({ range: '10.9.0.128/25' }))).toEqual(['foreign-ipam-store'])
    expect(rulesFor(range(), { type: 'whereabouts', ipRanges: [range()] })).toContain('foreign-ipam-store')
  })

  it('are they where the range ends elsewhere than it says', () => {
    const rest = range({ range_start: '10.9.0.100' })
    // Behind a dash whatever else says so is ignored; and so is an end before the start, or out of the range.
    expect(rulesFor(rest, range({ range: '10.9.0.1-10.9.0.200/24', range_end: '10.9.0.9' }))).toEqual([
      'foreign-ipam-store',
    ])
    expect(rulesFor(rest, range({ range_start: '10.9.0.9', range_end: '10.9.0.8' }))).toEqual([
      'unread-key',
      'foreign-ipam-store',
    ])
    expect(rulesFor(rest, range({ range_end: '10.8.0.9' }))).toContain('foreign-ipam-store')
    expect(rulesFor(rest, range({ range: '10.9.0.1-10.9.0.99/24' }))).toEqual([])
  })

  it('are pools of nv-ipam, by the name of the network where they have none', () => {
    const pool = (poolName?: string) => ({ type: 'nv-ipam', poolName })
    expect(rulesFor(pool('fabric'), pool('other,fabric'))).toContain('foreign-ipam-store')
    expect(rulesFor(pool('open'), pool())).toContain('foreign-ipam-store')
    expect(rulesFor(pool(), pool())).not.toContain('foreign-ipam-store')
  })

  it('are pools of whereabouts, which have "-" for ":" in their names', () => {
    const pool = (text: string, name?: string) => ({ type: 'whereabouts', range: text, network_name: name })
    const whole = pool('2001:db8:300::/125', 'fleet')
    expect(rulesFor(whole, pool('db8:300::/125', 'fleet-2001'))).toEqual(['foreign-ipam-store'])
    expect(rulesFor(pool('2001:db8:300::/125'), pool('db8:300::/125', '2001'))).toEqual([
      'foreign-ipam-store',
    ])
    expect(rulesFor(pool('db8:300::/125', '2001'), pool('2001:db8:300::/125'))).toEqual([
      'foreign-ipam-store',
    ])
    expect(rulesFor(whole, whole)).toEqual(['foreign-ipam-store'])
    expect(rulesFor(whole, pool('db8:301::/125', 'fleet-2001'))).toEqual([])
    expect(rulesFor(whole, pool('2001:db8:300::/125', 'fleets'))).toEqual([])
    expect(rulesFor(pool('2001:db8:300::/125'), pool('2001:db8:300::/125'))).toEqual(['foreign-ipam-store'])
  })

  it('are pools of whereabouts with a slice for each node, which have the name of the network for want of one', () => {
    const sliced = range({ range: '10.8.0.0/24', node_slice_size: '/28' })
    expect(rulesFor(range({ network_name: 'open' }), sliced)).toEqual(['foreign-ipam-store'])
    expect(rulesFor(range({ network_name: 'other' }), sliced)).toEqual([])
    const list = (name: string) => ({
      ...{ cniVersion: '1.0.0', name: 'own' },
      plugins: [{ ...macvlanConfig(), name, master: 'eth0.510', ipam: sliced }],
    })
    const world = exampleInventory(retail, open, given(range({ network_name: 'ledger' }), 500, 'retail'))
    const found = (name: string) =>
      judge(attachment(list(name), { namespace: 'open' }), world).map(({ rule }) => rule)
    expect(found('ledger')).toEqual(['foreign-ipam-store'])
    expect(found('own')).toEqual([])
  })

  it('are pools of Spiderpool, and Subnets of a provider of kube-ovn', () => {
    const pool = (name?: string) => ({ type: 'spiderpool', default_ipv4_ippool: name && ['other', name] })
    expect(rulesFor(pool('fabric'), pool('fabric'))).toContain('foreign-ipam-store')
    expect(rulesFor(pool('fabric'), { type: 'spiderpool', default_ipv6_ippool: ['fabric'] })).toContain(
      'foreign-ipam-store',
    )
    expect(rulesFor(pool(), pool())).not.toContain('foreign-ipam-store')
    const provider = (name?: string) => ({ type: 'kube-ovn', provider: name })
    expect(rulesFor(provider('a.b'), provider('a.b'))).toContain('foreign-ipam-store')
    expect(rulesFor(provider('a.b'), provider('a.c'))).not.toContain('foreign-ipam-store')
    expect(rulesFor(provider(), provider())).not.toContain('foreign-ipam-store')
  })

  it('are they not where the pools have names, or other addresses', () => {
    expect(rulesFor(range(), range({ network_name: 'open' }))).toEqual([])
    expect(rulesFor(range({ network_name: 'retail' }), range())).toEqual([])
    expect(rulesFor(range({ range_end: '10.9.0.99' }), range({ range_start: '10.9.0.100' }))).toEqual([])
    expect(rulesFor({ type: 'host-local', subnet: '10.9.0.0/24' }, range())).toEqual([])
  })

  const aged = (manifest: Manifest, day: number): Manifest => ({
    ...manifest,
    metadata: { ...manifest.metadata, creationTimestamp: `2026-01-0${day}T00:00:00Z` },
  })

  it('stays with who had it first, where the others are merely audited', () => {
    const [own, late] = [given(range(), 500, 'retail'), given(range(), 510, 'open')]
    const refused = (ours: Manifest, theirs: Manifest, owner = open) => {
      const named = { ...ours, metadata: { ...ours.metadata, name: 'retail' } }
      const inventory = exampleInventory(retail, owner, named, theirs)
      return judge(pod('retail', { metadata: { namespace: 'retail' } }), inventory).map(({ rule }) => rule)
    }
    expect(refused(aged(own, 1), aged(late, 2))).toEqual([])
    expect(refused(aged(own, 2), aged(late, 1))).toEqual(['refused-attachment'])
    expect(refused(own, late)).toEqual(['refused-attachment'])
    // Who is audited may edit an old network at any time.
    const spec = { ...(open.spec as object), enforcement: 'audit' }
    expect(refused(aged(own, 2), aged(late, 1), { ...open, spec })).toEqual([])
  })

  it('is whose it was granted, whoever was first', () => {
    const rich = tenant('retail', {
      namespaces: ['retail'],
      vlans: [{ ids: '500', masters: ['eth0'], subnets: ['10.9.0.0/16'] }],
    })
    const first = given(range(), 510, 'open')
    const found = judge(given(range(), 500, 'retail'), exampleInventory(rich, open, first))
    expect(found.map(({ rule }) => rule)).toEqual([])
  })

  it('is not drained by what belongs to no tenant and reaches no VLAN', () => {
    const idle = attachment(
      { cniVersion: '1.0.0', name: 'idle', type: 'dummy', ipam: range({ range: '10.100.7.0/24' }) },
      { name: 'idle', namespace: 'forgotten' },
    )
    expect(judge(idle, exampleInventory()).map(({ rule }) => rule)).toEqual(['foreign-ipam-store'])
    // Whoever is granted them later is not kept from them.
    const ours = given(range({ range: '10.9.0.0/24' }), 500, 'retail')
    const theirs = {
      ...idle,
      spec: { config: JSON.stringify({ type: 'dummy', cniVersion: '1.0.0', ipam: range() }) },
    }
    expect(judge(ours, exampleInventory(retail, theirs))).toEqual([])
  })

  it('is not asked for by a pod, on a network that names no addresses', () => {
    const theirs = tenant('rich', {
      namespaces: ['rich'],
      vlans: [{ ids: '600', masters: ['eth0'], subnets: ['10.60.0.0/16'] }],
    })
    const bare = { ...given({ type: 'static' }, 500, 'retail') }
    const asking = (ip: string) =>
      judge(
        pod([{ name: 'ledger', ips: [ip] }], { metadata: { namespace: 'retail' } }),
        exampleInventory(retail, theirs, bare),
      ).map(({ rule }) => rule)
    expect(asking('10.60.0.5/24')).toEqual(['address-not-granted'])
    expect(asking('10.61.0.5/24')).toEqual([])
  })

  const overlay = (name: string, namespace: string) =>
    attachment(
      {
        cniVersion: '1.0.0',
        name,
        type: 'ovn-k8s-cni-overlay',
        topology: 'layer2',
        netAttachDefName: `${namespace}/x`,
      },
      { name: 'x', namespace },
    )
  const joins = (namespace: string, of: string) =>
    judge(overlay('backend', namespace), exampleInventory(overlay('backend', of))).map(({ rule }) => rule)

  it('are networks of OVN-Kubernetes', () => {
    expect(joins('logistics', 'finance')).toEqual(['foreign-ipam-store'])
    expect(joins('forgotten', 'finance')).toEqual(['foreign-ipam-store'])
    expect(joins('finance-batch', 'finance')).toEqual([])
    expect(joins('forgotten', 'nobodys')).toEqual([])
  })

  it('are networks of a tenant that reach no VLAN: its addresses, and what its nodes route', () => {
    const select = (config: object, namespace: string) => {
      const network = attachment(
        { cniVersion: '1.0.0', name: 'aside', ...config },
        { name: 'aside', namespace },
      )
      return judge(pod(`${namespace}/aside`), exampleInventory(network)).map(({ rule }) => rule)
    }
    const routed = {
      type: 'ptp',
      ipam: { type: 'whereabouts', range: '10.130.7.0/24', gateway: '10.130.7.1' },
    }
    expect(select(routed, 'logistics')).toEqual(['foreign-attachment'])
    expect(select({ ...routed, type: 'dummy' }, 'logistics')).toEqual(['foreign-attachment'])
    const tuned = { type: undefined, plugins: [{ type: 'passthru' }, { type: 'tuning' }] }
    expect(select(tuned, 'logistics')).toEqual([])
    const own = { type: 'dummy', ipam: { type: 'whereabouts', range: '172.31.0.0/24' } }
    expect(select(own, 'nobodys')).toEqual([])
  })

  it('is the GUID of an InfiniBand interface, where the plugin takes it', () => {
    const fabric = (capabilities: object) => {
      const config = { cniVersion: '1.0.0', name: 'fabric', type: 'ib-sriov', capabilities }
      const asking = pod([{ name: 'fabric', 'infiniband-guid': '00:11:22:33:44:55:66:77' }])
      return judge(asking, exampleInventory(attachment(config, { name: 'fabric' }))).map(({ rule }) => rule)
    }
    expect(fabric({ infinibandGUID: true })).toContain('device-request')
    expect(fabric({})).not.toContain('device-request')
  })
})

describe('a device that is taken beside the bridge or the interface', () => {
  const holder = tenant('logistics-nics', {
    namespaces: ['docks'],
    vlans: [{ ids: 300, masters: ['intel.com/logistics'] }],
  })
  const own = tenant('finance', {
    namespaces: ['finance'],
    vlans: [{ ids: '100,200-209', masters: ['eth0', 'br-finance', 'intel.com/finance'] }],
  })
  const rulesOf = (config: object, resource: string) => {
    const annotations = { 'k8s.v1.cni.cncf.io/resourceName': resource }
    const nad = attachment({ cniVersion: '1.0.0', name: 'n', ...config }, { annotations })
    return judge(nad, exampleInventory(holder, own)).map(({ rule }) => rule)
  }
  const offloaded = { type: 'ovs', bridge: 'br-finance', vlan: 100 }
  const rdma = { plugins: [macvlanConfig(), { type: 'rdma' }] }

  it.each([
    ['of another tenant', offloaded, 'intel.com/logistics', ['interface-not-granted']],
    ['of the tenant', offloaded, 'intel.com/finance', []],
    // Its frames come out at a port of the bridge, whoever may use it.
    ['of nobody, behind a port', offloaded, 'intel.com/any', []],
    ['of a ResourceClaim', offloaded, 'my-claim', ['undecidable-config']],
    ['of nobody, whose own network RDMA leads to', rdma, 'intel.com/any', ['interface-not-granted']],
    ['of another tenant, for RDMA', rdma, 'intel.com/logistics', ['interface-not-granted']],
    ['of a ResourceClaim, for RDMA', rdma, 'my-claim', ['undecidable-config']],
    ['of the tenant, for RDMA', rdma, 'intel.com/finance', []],
    // Its frames have that VLAN, and the RDMA device is the same one's.
    [
      'of the tenant, in one VLAN of it',
      { plugins: [{ type: 'sriov', vlan: 100 }, { type: 'rdma' }] },
      'intel.com/finance',
      [],
    ],
  ] as const)('%s', (_, config, resource, rules) => {
    expect(rulesOf(config, resource)).toEqual(rules)
  })
})

describe('tags on an interface of the pod', () => {
  const namespace = 'workshop'
  const nad = (name: string, config: Record<string, unknown>) =>
    attachment({ cniVersion: '1.0.0', name, ...config }, { name, namespace })
  const inPod = (master: string, vlanId: number, ipam: object = { type: 'static' }) =>
    nad('tagged', { type: 'vlan', master, linkInContainer: true, vlanId, ipam })
  const networks = [
    nad('floor', { type: 'macvlan', master: 'eth0' }),
    nad('room', { type: 'macvlan', master: 'eth0.500' }),
    nad('trunk', { type: 'bridge', bridge: 'br-shop', vlan: 1, vlanTrunk: [{ minID: 500, maxID: 509 }] }),
    nad('second', { type: 'macvlan', master: 'net1', linkInContainer: true }),
    nad('both', { type: 'bond', linksInContainer: true, links: [{ name: 'net1' }, { name: 'net2' }] }),
    nad('circle', { type: 'macvlan', master: 'net2', linkInContainer: true }),
    nad('nowhere', { type: 'dummy', ipam: { type: 'static' } }),
    nad('inner', {
      type: 'vlan',
      master: 'net1',
      linkInContainer: true,
      vlanId: 500,
      ipam: { type: 'static' },
    }),
  ]
  const workshop = tenant('workshop', {
    namespaces: [namespace],
    vlans: [
      { ids: 'native,500', masters: ['eth0'], subnets: ['10.105.0.0/16'] },
      { ids: '1,500-509', masters: ['br-shop'] },
    ],
  })
  const find = (annotation: string, tagged: Manifest) =>
    judge(
      pod(annotation, { metadata: { namespace } }),
      exampleInventory(workshop, ...networks, tagged),
    ).filter(({ rule }) => rule === 'pod-vlan-not-granted')

  it.each([
    ['of an untagged network', 'floor,tagged', 'net1', 300],
    ['of an interface on top of that', 'floor,second,tagged', 'net2', 300],
    ['of a bond of two', 'nowhere,floor,both,tagged', 'net3', 300],
    ['of a trunk that has not that VLAN', 'trunk,tagged', 'net1', 300],
    ['of an interface with a name of its own', 'floor@uplink,tagged', 'uplink', 300],
    ['of one that comes behind it', 'tagged,floor', 'net2', 300],
    ['of what only the node knows', 'floor,tagged', 'enp59s0f1v3', 500],
  ])('reach no VLAN through that %s', (_, annotation, master, vlan) => {
    expect(find(annotation, inPod(master, vlan))).toMatchObject([{ severity: 'error' }])
  })

  it.each([
    ['a granted VLAN', 'floor,tagged', 'net1', 500],
    ['one of the trunk', 'trunk,tagged', 'net1', 509],
    ['one inside of a VLAN, which is its holder’s', 'room,tagged', 'net1', 300],
    ['nothing of the host', 'nowhere,tagged', 'net1', 300],
    ['one inside of a VLAN that another network of the pod tags', 'floor,inner,tagged', 'net2', 300],
    ['Flannel alone', 'floor,tagged', 'eth0', 300],
    ['a circle, which leads nowhere', 'circle,second,tagged', 'net2', 300],
  ])('may reach %s', (_, annotation, master, vlan) => {
    expect(find(annotation, inPod(master, vlan))).toEqual([])
  })

  it('nor what is untagged there bring an address that was not granted for the network below', () => {
    const riding = (ipam: object) =>
      nad('tagged', { type: 'macvlan', master: 'net1', linkInContainer: true, ipam })
    const fixed = (address: string) => riding({ type: 'static', addresses: [{ address }] })
    expect(find('room,tagged', fixed('10.105.3.7/24'))).toEqual([])
    expect(find('room,tagged', fixed('10.200.0.7/24'))[0]?.message).toContain('10.105.0.0/16')
  })

  it('bring no address that was not granted for the VLAN', () => {
    const range = (text: string) => inPod('net1', 500, { type: 'whereabouts', range: text })
    expect(find('floor,tagged', range('10.105.3.0/24'))).toEqual([])
    expect(find('floor,tagged', range('10.106.3.0/24'))[0]?.message).toContain('10.105.0.0/16')
    const asking = pod([{ name: 'floor' }, { name: 'tagged', ips: ['10.106.3.7/24'] }], {
      metadata: { namespace },
    })
    const found = judge(asking, exampleInventory(workshop, ...networks, inPod('net1', 500)))
    expect(found.map(({ rule }) => rule)).toEqual(['address-not-granted'])
  })

  it('reach no VLAN through what was on the interface before an UPDATE, and may be there still', () => {
    const written = (networks: string, status?: string) =>
      pod(networks, {
        metadata: {
          namespace,
          annotations: {
            'k8s.v1.cni.cncf.io/networks': networks,
            ...(status !== undefined && { 'k8s.v1.cni.cncf.io/network-status': status }),
          },
        },
      })
    const status = (network: string) =>
      JSON.stringify([
        { name: 'cbr0', interface: 'eth0', default: true },
        { name: network, interface: 'net1' },
      ])
    const found = (before: Manifest, vlan: number, other = status('workshop/room')) =>
      judge(
        written('room@net1,tagged@net2', other),
        exampleInventory(workshop, ...networks, inPod('net1', vlan)),
        { before },
      )
        .filter(({ rule }) => rule === 'pod-vlan-not-granted')
        .map(({ message }) => message.replace(/.*reaches /, ''))
    const stray = ['VLAN 300 on "eth0", which is not granted to tenant "workshop"']
    expect(found(written('floor@net1'), 300)).toEqual(stray)
    expect(found(written('room@net1', status('workshop/floor')), 300)).toEqual(stray)
    // What was granted is no matter; nor what cannot be read as a status.
    expect(found(written('floor@net1', status('workshop/floor')), 500)).toEqual([])
    for (const text of ['{', '[1, {"name": 2}, {"name": "workshop/floor"}]', '"workshop/floor"'])
      expect(found(written('room@net1', text), 300)).toEqual([])
    const gone = found(written('room@net1', status('workshop/gone')), 500)
    expect(gone[0]).toContain('no network of the pod that SOCNI can read is on it')
  })

  it('are judged in a moment, whatever bonds of bonds a pod makes', () => {
    const bonds = Array.from({ length: 40 }, (_, index) =>
      nad(`bond${index}`, {
        type: 'bond',
        linksInContainer: true,
        links: Array.from({ length: 16 }, () => ({ name: `net${index + 1}` })),
      }),
    )
    const inventory = exampleInventory(workshop, ...networks, ...bonds, inPod('net41', 300))
    const annotation = ['floor', ...bonds.map(({ metadata }) => metadata.name), 'tagged'].join(',')
    const found = judge(pod(annotation, { metadata: { namespace } }), inventory)
    expect(found.map(({ rule }) => rule)).toContain('pod-vlan-not-granted')
  })
})

describe('addresses that the node itself routes', () => {
  const gateway = {
    cniVersion: '1.0.0',
    type: 'bridge',
    bridge: 'br-open',
    vlan: 300,
    preserveDefaultVlan: false,
    isGateway: true,
    ipam: { type: 'whereabouts', range: '172.31.0.0/16', gateway: '172.31.0.1' },
  }
  const rulesFor = (config: Record<string, unknown>, namespace: string, ...given: Manifest[]) =>
    judge(attachment(config, { namespace }), exampleInventory(...given)).map(({ rule }) => rule)
  const open = (grant: object) =>
    tenant('open', { namespaces: ['open'], vlans: [{ ids: '300', masters: ['br-open'], ...grant }] })

  it('are those of the grants, also where a grant leaves addresses in the VLAN to the tenant', () => {
    expect(rulesFor(gateway, 'open', open({}))).toEqual(['host-route'])
    expect(rulesFor({ ...gateway, isGateway: false }, 'open', open({}))).toEqual([])
    expect(rulesFor(gateway, 'open', open({ subnets: ['172.31.0.0/16'] }))).toEqual([])
    expect(rulesFor(gateway, 'open', open({ subnets: ['10.140.0.0/16'] }))).toEqual(['subnet-not-granted'])
    const asked = { ...gateway, capabilities: { ips: true }, ipam: { type: 'static' } }
    expect(rulesFor(asked, 'open', open({}))).toEqual(['host-route'])
    expect(rulesFor(asked, 'open', open({ subnets: ['10.140.0.0/16'] }))).toEqual([])
  })

  it('are nobody’s in a namespace of no tenant', () => {
    const ipam = { type: 'whereabouts', range: '10.99.0.0/24', gateway: '10.99.0.1' }
    expect(rulesFor({ cniVersion: '1.0.0', type: 'ptp', ipam }, 'forgotten')).toEqual(['host-route'])
  })

  it('are those of the grants too where its firewall is opened for them', () => {
    const opened = (first: object) => ({ cniVersion: '1.0.0', plugins: [first, { type: 'firewall' }] })
    const fixed = (address: string) =>
      opened({ type: 'dummy', ipam: { type: 'static', addresses: [{ address }] } })
    expect(rulesFor(fixed('203.0.113.7/32'), 'forgotten')).toEqual(['host-route'])
    expect(rulesFor(fixed('203.0.113.7/32'), 'finance')).toEqual(['host-route'])
    expect(rulesFor(fixed('10.100.1.7/32'), 'finance')).toEqual([])
    const asked = opened({ type: 'dummy', capabilities: { ips: true }, ipam: { type: 'static' } })
    expect(rulesFor(asked, 'finance')).toEqual(['host-route'])
    // What is in a VLAN of the tenant is judged by its grant.
    expect(rulesFor(opened({ ...gateway, isGateway: false }), 'open', open({}))).toEqual([])
    expect(rulesFor(opened(macvlanConfig()), 'finance')).toEqual([])
  })

  it.each(['spiderpool', 'nv-ipam', 'kube-ovn'])('are not told by a pool of %s', type => {
    expect(rulesFor({ type: 'ptp', ipam: { type } }, 'finance')).toContain('host-route')
    expect(rulesFor({ ...gateway, ipam: { type } }, 'open', open({}))).toContain('host-route')
    // Which gives the node no address, and routes to the one that the pod has of the pool.
    const coordinated = { plugins: [{ ...macvlanConfig(), ipam: { type } }, { type: 'coordinator' }] }
    expect(rulesFor(coordinated, 'finance')).not.toContain('host-route')
  })
})

describe('the bridge that the node itself is on', () => {
  const facts = (spec: object) => ({
    apiVersion: 'socni.dev/v1alpha1',
    kind: 'ClusterConfiguration',
    metadata: { name: 'cluster' },
    spec,
  })
  const found = (mtu: number | undefined, spec: object) =>
    judge(attachment({ ...bridgeConfig(), mtu }), exampleInventory(facts(spec)))
      .filter(({ rule }) => rule === 'bridge-mtu')
      .map(({ severity }) => severity)
  const ofNode = { primaryInterface: 'br-finance' }

  it('keeps IPv6, and is told of what makes it smaller', () => {
    expect(found(1279, ofNode)).toEqual(['error'])
    expect(found(1400, ofNode)).toEqual(['warning'])
    expect(found(undefined, ofNode)).toEqual([])
    expect(found(undefined, { ...ofNode, mtus: { 'br-finance': 9000 } })).toEqual(['warning'])
    expect(found(9000, { ...ofNode, mtus: { 'br-finance': 9000 } })).toEqual([])
    expect(found(1279, { primaryInterface: 'br-finance.10' })).toEqual(['error'])
    const over = { 'br-finance': { parent: 'eth0', vlan: 0 } }
    expect(found(1279, { ...ofNode, interfaces: over })).toEqual(['error'])
  })

  it('is another one than a bridge of tenants, of which they are only warned', () => {
    expect(found(1279, {})).toEqual(['warning'])
    expect(found(1280, {})).toEqual([])
  })
})

describe('ports of the node', () => {
  const mapping = { hostPort: 8080, containerPort: 80, protocol: 'tcp accept\nflush ruleset\nadd rule tcp' }
  const rulesFor = (...plugins: object[]) => {
    const inventory = exampleInventory(attachment(chained(...plugins), { name: 'published' }))
    return judge(pod([{ name: 'published', portMappings: [mapping] }]), inventory).map(({ rule }) => rule)
  }

  it('are not given to a pod, nor what nft would read in the place of a protocol', () => {
    const portmap = { type: 'portmap', backend: 'nftables', capabilities: { portMappings: true } }
    expect(rulesFor(portmap)).toEqual(['host-port'])
  })

  it('are left alone where no plugin is told of them', () => {
    expect(rulesFor({ type: 'portmap' })).toEqual([])
  })
})

describe('the judgement', () => {
  const inventory = exampleInventory()
  const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), configLike())

  it('has an answer for any text as a configuration, and never throws', () => {
    fc.assert(fc.property(anything, config => Array.isArray(judge(attachment(config), inventory))))
  })

  it('has an answer for any text as a networks annotation, and never throws', () => {
    fc.assert(
      fc.property(anything, networks =>
        Array.isArray(
          judge(
            pod(undefined, { metadata: { annotations: { [NETWORKS_ANNOTATION]: networks } } }),
            inventory,
          ),
        ),
      ),
    )
  })

  it('has an answer for any pod, workload, Tenant, Namespace and Binding, and never throws', () => {
    const kind = fc.constantFrom(
      ['v1', 'Pod'],
      ['apps/v1', 'Deployment'],
      ['kubevirt.io/v1', 'VirtualMachine'],
      ['socni.dev/v1alpha1', 'Tenant'],
      ['v1', 'Namespace'],
      ['v1', 'Binding'],
      ['k8s.cni.cncf.io/v1', 'NetworkAttachmentDefinition'],
    )
    const key = fc.constantFrom(
      'containers',
      'template',
      'spec',
      'metadata',
      'annotations',
      'labels',
      'securityContext',
      'capabilities',
      'add',
      'networks',
      'multus',
      'networkName',
      'vlans',
      'ids',
      'masters',
      'namespaces',
      'name',
      NETWORKS_ANNOTATION,
    )
    const value = fc.letrec(tie => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.dictionary(key, tie('tree')),
        fc.array(tie('tree'), { maxLength: 2 }),
      ),
    })).tree
    fc.assert(
      fc.property(kind, value, fc.dictionary(key, value), ([apiVersion = '', name = ''], spec, metadata) => {
        const manifest: Manifest = {
          apiVersion,
          kind: name,
          metadata: { namespace: 'finance', ...metadata },
          spec,
        }
        expect(Array.isArray(judge(manifest, inventory))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('is the same each time', () => {
    fc.assert(
      fc.property(anything, config => {
        expect(judge(attachment(config), exampleInventory())).toEqual(judge(attachment(config), inventory))
      }),
      { numRuns: 50 },
    )
  })

  it('lets nothing through that reaches a foreign VLAN by any plugin and key', () => {
    const foreign = fc.integer({ min: 210, max: 4094 })
    fc.assert(
      fc.property(
        foreign,
        fc.constantFrom('vlan', 'vlanId', 'vlanID'),
        fc.constantFrom('bridge', 'vlan', 'ovs', 'sriov', 'accelerated-bridge'),
        (id, key, type) => {
          const config = {
            cniVersion: '1.0.0',
            type,
            master: 'eth0',
            bridge: 'br-finance',
            deviceID: 'eth0',
            [key]: id,
            ipam: macvlanConfig().ipam,
          }
          const findings = judge(attachment(config), inventory)
          expect(findings.some(({ severity }) => severity === 'error')).toBe(true)
        },
      ),
    )
  })
})

/** Text that looks like a configuration in every part but one. */
function configLike() {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('eth0', 'eth0.300', '0.0.0.0/0', '::/0', 100, -1, 5000, null, {}, []),
  )
  const key = fc.constantFrom(
    'type',
    'plugins',
    'master',
    'vlan',
    'vlanId',
    'vlanTrunk',
    'ipam',
    'ranges',
    'routes',
    'addresses',
    'delegate',
    'delegates',
    'links',
    'sysctl',
    'name',
    'cniVersion',
    'args',
    'ips',
    'namespace',
    'interface',
    'cni-args',
    'host',
  )
  const type = fc.constantFrom(
    'vlan',
    'macvlan',
    'bridge',
    'ovs',
    'flannel',
    'multus',
    'bond',
    'userspace',
    'tuning',
    'debug',
    'route-override',
    'host-device',
    'egress-router',
    'host-local',
    'static',
    'whereabouts',
  )
  const object = fc.tuple(
    type,
    fc.dictionary(key, value, { maxKeys: 5 }),
    fc.dictionary(key, value, { maxKeys: 4 }),
  )
  return fc.oneof(
    object.map(([name, config, ipam]) =>
      JSON.stringify({ type: name, ipam: { type: name, ...ipam }, ...config }),
    ),
    object.map(([name, config]) => JSON.stringify([{ name, ...config }])),
  )
}

describe('what a tenant writes to keep the webhook from its work', () => {
  it('is judged in a moment: an annotation of misspelt keys alone, which no API server would store', () => {
    const start = performance.now()
    for (const keys of ['"Gw":0,', '"unknown%":0,']) {
      const members = Array.from({ length: 40_000 }, (_, index) => keys.replace('%', String(index)))
      const annotation = `[{${members.join('')}"name":"storage"}]`
      expect(judge(pod(annotation), exampleInventory()).length).toBeLessThan(100)
    }
    // Quadratic it takes a minute.
    expect(performance.now() - start).toBeLessThan(10_000)
  })

  it.each<[what: string, config: Record<string, unknown>]>([
    ['a hook that is no command', { type: 'debug', addHooks: [[{}], [[]], {}, 5, null] }],
    ['a name without end', { ...macvlanConfig(), master: `a${'.1'.repeat(8000)}`, linkInContainer: true }],
  ])('is refused, and not a crash: %s', (_, config) => {
    const manifest = attachment({ cniVersion: '1.0.0', name: 'ledger', ...config })
    const rules = judge(manifest, exampleInventory()).map(({ rule }) => rule)
    expect(rules.length).toBeGreaterThan(0)
    expect(exampleInventory(manifest).attachment('finance', 'ledger')).toBeDefined()
  })
})

describe('a default route, or one into the cluster, in disguise', () => {
  const shop = tenant('retail', { namespaces: ['retail'], vlans: [{ ids: 500, masters: ['eth0'] }] })
  const fixed = attachment(
    { cniVersion: '1.0.0', name: 'shop', type: 'macvlan', master: 'eth0.500', ipam: { type: 'static' } },
    { name: 'shop', namespace: 'retail' },
  )
  const asking = (...ips: string[]) => {
    const selecting = pod([{ name: 'shop', ips }], { metadata: { namespace: 'retail' } })
    return judge(selecting, exampleInventory(shop, fixed)).map(({ rule }) => rule)
  }

  it.each(['10.0.0.1/9', '11.0.0.1/7', '192.0.2.1/0', '192.0.2.1/1', '2001:db8::1/0', '2001:db8::1/3'])(
    'is not made of the network of an address that a pod asks for: %s',
    ip => expect(asking(ip)).toContain('address-not-granted'),
  )

  it.each<[what: string, config: Record<string, unknown>, rules: string[]]>([
    ['half of it in table 254, which is main', routed({ dst: '128.0.0.0/1', table: 254 }), ['default-route']],
    [
      'half in table 255, which is asked first',
      routed({ dst: '128.0.0.0/1', table: 255 }),
      ['default-route'],
    ],
    ['all of IPv6, in table 0', routed({ dst: '2000::/3', table: 0 }), ['default-route']],
    [
      'what registries have of IPv6',
      routed(...['2400::/12', '2600::/12', '2800::/12', '2a00::/12', '2c00::/12'].map(dst => ({ dst }))),
      ['default-route'],
    ],
    [
      'one that sbr moves, beside one that it does not know',
      { ...chained({ type: 'sbr' }), plugins: [routed({ dst: '0.0.0.0/0', table: 255 }), { type: 'sbr' }] },
      ['default-route'],
    ],
    [
      'one that sbr with a table leaves where it is',
      { ...chained(), plugins: [routed({ dst: '0.0.0.0/0' }), { type: 'sbr', table: 100 }] },
      ['default-route'],
    ],
    ...[253, 254, 255].map((table): [string, Record<string, unknown>, string[]] => [
      `one in a VRF whose table is ${table}, which all traffic asks`,
      {
        ...chained(),
        plugins: [routed({ dst: '0.0.0.0/0' }), { type: 'vrf', vrfname: 'blue', table }],
      },
      ['unreadable-config', 'default-route'],
    ]),
    [
      'one behind sbr',
      { ...chained({ type: 'sbr' }, { type: 'route-override', addroutes: [{ dst: '0.0.0.0/0' }] }) },
      ['default-route'],
    ],
  ])('is %s', (_, config, rules) => {
    const found = judge(attachment(config), exampleInventory()).filter(({ severity }) => severity === 'error')
    expect(found.map(({ rule }) => rule)).toEqual(rules)
  })

  it.each(['sbr', 'vrf'])(
    'is none where %s takes all routes of the interface out of the main table',
    type => {
      const moving = { type, ...(type === 'vrf' && { vrfname: 'blue', table: 100 }) }
      const plugins = [routed({ dst: '0.0.0.0/0' }, { dst: '10.43.0.0/16' }), moving]
      expect(judge(attachment({ ...chained(), plugins }), exampleInventory())).toEqual([])
    },
  )

  it('is none in pieces over several networks, unless the tenant may have one', () => {
    const quarters = ['64.0.0.0/3', '96.0.0.0/3', '128.0.0.0/3', '192.0.0.0/3'].map((dst, index) =>
      attachment({ ...routed({ dst }), name: `q${index}` }, { name: `q${index}` }),
    )
    const found = (networks: string, ...more: Manifest[]) =>
      judge(pod(networks), exampleInventory(...quarters, ...more)).map(({ rule }) => rule)
    expect(found('q0,q1,q2')).toEqual([])
    expect(found('q0,q1,q2,q3')).toEqual(['combined-default-route'])
    const finance = tenant('finance', {
      namespaces: ['finance'],
      vlans: [{ ids: 100, masters: ['eth0'] }],
      allowDefaultRoute: true,
    })
    expect(found('q0,q1,q2,q3', finance)).toEqual([])
  })

  it('is none where a tenant may have one, or the network is a small one', () => {
    expect(asking('192.0.2.1/24', '2001:db8::1/64')).toEqual([])
    const mayHave = { ...shop, spec: { ...(shop.spec as object), allowDefaultRoute: true } }
    const selecting = pod([{ name: 'shop', ips: ['192.0.2.1/1'] }], { metadata: { namespace: 'retail' } })
    expect(judge(selecting, exampleInventory(mayHave, fixed))).toEqual([])
  })

  it('is not what a network takes from its own interface', () => {
    const overrides = { flushgateway: true, flushroutes: true, delroutes: [{ dst: '0.0.0.0/0' }] }
    const nad = attachment(chained({ type: 'tuning' }, { type: 'route-override', ...overrides }))
    expect(judge(nad, exampleInventory())).toEqual([])
  })

  it('is not made of routes to all that the cluster does not have', () => {
    const pieces = [
      ...[
        '128.0.0.0/1',
        '64.0.0.0/2',
        '32.0.0.0/3',
        '16.0.0.0/4',
        '12.0.0.0/6',
        '0.0.0.0/5',
        '8.0.0.0/7',
        '11.0.0.0/8',
      ],
      ...[
        '10.128.0.0/9',
        '10.64.0.0/10',
        '10.0.0.0/11',
        '10.32.0.0/13',
        '10.40.0.0/15',
        '10.44.0.0/14',
        '10.48.0.0/12',
      ],
    ]
    const ipam = { type: 'whereabouts', range: '10.100.1.0/24', routes: pieces.map(dst => ({ dst })) }
    const found = judge(attachment({ ...macvlanConfig(), ipam }), exampleInventory())
    expect(found.map(({ rule }) => rule)).toEqual(['default-route'])
  })
})

describe("the node's own addresses", () => {
  it.each(['static', 'whereabouts'])('are not taken as the gateway of an address, by %s', type => {
    const addresses = [{ address: '10.100.7.5/24', gateway: '10.43.0.10' }]
    const network_name = type === 'whereabouts' ? { network_name: 'n' } : {}
    const ptp = {
      cniVersion: '1.0.0',
      name: 'ledger',
      type: 'ptp',
      ipam: { type, addresses, ...network_name },
    }
    expect(judge(attachment(ptp), exampleInventory()).map(({ rule }) => rule)).toContain('host-route')
  })
})

describe("another tenant's network that reaches no VLAN", () => {
  const select = (config: Record<string, unknown>, spec: object = {}) => {
    const name = 'fleetnet'
    const theirs = attachment({ cniVersion: '1.0.0', name, ...config }, { name, namespace: 'logistics' })
    const cluster = {
      apiVersion: 'socni.dev/v1alpha1',
      kind: 'ClusterConfiguration',
      metadata: { name: 'c' },
      spec,
    }
    return judge(pod(`logistics/${name}`), exampleInventory(cluster, theirs)).map(({ rule }) => rule)
  }

  it('is theirs all the same: an overlay by its name, and what nobody can read', () => {
    const overlay = {
      type: 'ovn-k8s-cni-overlay',
      topology: 'layer2',
      netAttachDefName: 'logistics/fleetnet',
    }
    expect(select(overlay)).toContain('foreign-attachment')
    expect(select({ type: 'teleport' }, { vouchedTypes: ['teleport'] })).toContain('foreign-attachment')
    expect(select({ type: 'dummy', ipam: { type: 'static' } })).toEqual(['missing-address'])
    // Its tenant may be allowed what the pod's is not.
    const routes = [{ dst: '0.0.0.0/0', gw: '10.130.0.1' }]
    expect(select({ type: 'dummy', ipam: { type: 'static', routes } })).toContain('foreign-attachment')
  })
})

describe('a plugin that SOCNI cannot read', () => {
  it('is told as that, and vouched for with all of its keys', () => {
    const cluster = {
      apiVersion: 'socni.dev/v1alpha1',
      kind: 'ClusterConfiguration',
      metadata: { name: 'c' },
      spec: { vouchedTypes: ['teleport'] },
    }
    const nad = attachment({ cniVersion: '1.0.0', type: 'teleport', kubeConfig: '/x' })
    expect(judge(nad, exampleInventory()).map(({ rule }) => rule)).toEqual(['unknown-plugin-type'])
    expect(judge(nad, exampleInventory(cluster))).toEqual([])
  })
})

describe('tags inside of a VLAN', () => {
  const outer = tenant('outer', {
    namespaces: ['outer'],
    vlans: [{ ids: 600, masters: ['eth0'], subnets: ['10.160.0.0/16'] }],
  })
  const inner = tenant('inner', { namespaces: ['inner'], vlans: [{ ids: 5, masters: ['eth0.600'] }] })
  const tagged = (range: string) =>
    attachment(
      {
        cniVersion: '1.0.0',
        name: 'tagged',
        type: 'macvlan',
        master: 'eth0.600.5',
        ipam: { type: 'whereabouts', range },
      },
      { name: 'tagged', namespace: 'outer' },
    )

  it('have the addresses of whoever holds it', () => {
    const rulesFor = (range: string) => judge(tagged(range), exampleInventory(outer)).map(({ rule }) => rule)
    expect(rulesFor('10.160.7.0/24')).toEqual([])
    expect(rulesFor('203.0.113.0/24')).toEqual(['subnet-not-granted'])
  })

  it.each([
    ['another tenant', outer, inner],
    ['whoever held them before', inner, outer],
  ])('are not held by %s as well, unless both say so', (_, before, added) => {
    const rules = (...tenants: Manifest[]) =>
      judge(tenants[0] as Manifest, exampleInventory(...tenants.slice(1))).map(({ rule }) => rule)
    const shared = ({ spec, ...rest }: Manifest): Manifest => {
      const { vlans } = spec as { vlans: object[] }
      return {
        ...rest,
        spec: { ...(spec as object), vlans: vlans.map(grant => ({ ...grant, shared: true })) },
      }
    }
    expect(rules(added, before)).toEqual(['vlan-granted-twice'])
    expect(rules(shared(added), shared(before))).toEqual([])
    const elsewhere = tenant('other', { namespaces: ['other'], vlans: [{ ids: 5, masters: ['eth0.601'] }] })
    expect(rules(elsewhere, before)).toEqual([])
  })
})

describe('a network of another tenant', () => {
  const closed: Manifest[] = [
    attachment(
      { ...bridgeConfig(), bridge: 'br-logistics', vlan: 321, isGateway: true, ipam: { type: 'static' } },
      { name: 'broken', namespace: 'logistics' },
    ),
    attachment(chained({ type: 'portmap', capabilities: { portMappings: true } }), {
      name: 'open',
      namespace: 'logistics',
    }),
    attachment({ ...macvlanConfig(), master: 'secret0' }, { name: 'native', namespace: 'logistics' }),
    attachment(
      {
        cniVersion: '1.0.0',
        name: 'x',
        type: 'vlan',
        master: 'net1',
        vlanId: 77,
        linkInContainer: true,
        ipam: { type: 'static', addresses: [{ address: '10.100.1.9/24' }] },
      },
      { name: 'tagging' },
    ),
  ]
  const found = (networks: Record<string, unknown>[], settings: Record<string, 'off' | 'warn'> = {}) => {
    const inventory = exampleInventory(...closed)
    inventory.setCluster({ ...inventory.cluster, rules: settings })
    return judge(pod(networks), inventory)
  }
  const fleet = { name: 'fleet', namespace: 'logistics', interface: 'net1' }

  it.each<[what: string, networks: Record<string, unknown>[]]>([
    ['its subnet, to who asks for an address', [{ ...fleet, ips: ['1.2.3.4/24'] }]],
    ['what is wrong with it', [{ ...fleet, name: 'broken' }]],
    ['its VLAN, to a container that could tag frames', [{ ...fleet, name: 'native' }]],
    ['its interface, to one that tags frames on it', [{ ...fleet, name: 'native' }, { name: 'tagging' }]],
    ['whether it takes ports', [{ ...fleet, name: 'open', portMappings: [{ hostPort: 22 }] }]],
  ])('is not told about: %s', (_, networks) => {
    expect(found(networks).map(({ rule }) => rule)).toEqual(['foreign-attachment'])
  })

  it('is told about where the rule against it is off, or only warns, and keeps what the pod says being judged', () => {
    const asking = [{ ...fleet, ips: ['1.2.3.4/24'], mac: '01:00:5e:00:00:01' }]
    const rules = (settings: Record<string, 'off' | 'warn'>) =>
      found(asking, settings).map(({ rule }) => rule)
    expect(rules({})).toEqual(['foreign-attachment', 'invalid-mac'])
    const all = ['foreign-attachment', 'address-not-granted', 'invalid-mac']
    expect(rules({ 'foreign-attachment': 'warn' }).toSorted()).toEqual(all.toSorted())
    expect(rules({ 'foreign-attachment': 'off' }).toSorted()).toEqual(all.toSorted())
  })
})
