import { describe, expect, it } from 'vitest'
import { extractFacts } from '../../src/cni/facts/extract.ts'
import { extractors } from '../../src/cni/facts/extractors.ts'
import { GUARDED_PLUGINS } from '../../src/cni/guarded.ts'
import { readNetwork } from '../../src/cni/network.ts'
import { printIp } from '../../src/net/ip.ts'
import { printPrefix } from '../../src/net/prefix.ts'
import { printVlans } from '../../src/net/vlan-set.ts'

/** Facts of a configuration in short words, one line each, so that a table can hold them whole. */
function factsOf(config: object): string[] {
  const { network, problems } = readNetwork(JSON.stringify(config), 'nad')
  if (network === undefined) return problems.map(({ problem }) => `unread ${problem}`)
  const facts = extractFacts(network)
  const place = (at: readonly (string | number)[]) => at.join('.')
  return [
    ...facts.uplinks.map(({ master, vlans, source }) => {
      const name = master.inContainer ? `pod:${master.name}` : (master.name ?? '?')
      return `uplink ${printVlans(vlans)} on ${name}${master.byDefault ? '*' : ''} (${master.use}, ${source})`
    }),
    ...facts.devices.map(({ isBehindPort }) => `device${isBehindPort ? ' behind a port' : ''}`),
    ...facts.routes.map(({ destination, effect, cause, installed, table, isMoved }) => {
      const when = installed === 'always' ? '' : '?'
      const where = `${table === undefined ? '' : `, table ${table}`}${isMoved ? ', moved' : ''}`
      return `${effect === 'add' ? 'route' : 'unroute'} ${printPrefix(destination)}${when} (${cause}${where})`
    }),
    ...facts.subnets.map(({ subnet, first, last, gateway }) => {
      return `subnet ${printPrefix(subnet)} ${printIp(first)}..${printIp(last)}${gateway ? ` via ${printIp(gateway)}` : ''}`
    }),
    ...facts.addresses.map(({ role, address }) => `${role} ${printIp(address)}`),
    ...facts.stores.map(
      ({ by, kind, name, directory }) => `${kind} ${by} ${name}${directory ? ` in ${directory}` : ''}`,
    ),
    ...facts.hostPaths.map(({ use, path }) => `${use} ${path}`),
    ...facts.hostRoutes.map(({ plugin, deed }) => `node ${deed}s ${plugin}`),
    ...facts.sysctls.map(({ name }) => `sysctl ${name}`),
    ...facts.mtus.map(({ mtu }) => `mtu ${mtu}`),
    ...facts.podInputs.map(({ input, keys }) => `pod sets ${[input, ...keys].join(' ')}`),
    ...facts.problems.map(({ problem, at }) => `${problem} at ${place(at)}`),
  ]
}

const BOTH = (cause: string, verb = 'route', mark = '') => [
  `${verb} 0.0.0.0/0${mark} (${cause})`,
  `${verb} ::/0${mark} (${cause})`,
]

type Row = readonly [config: Record<string, unknown>, facts: readonly string[]]

/** Every CNI type that is analysed, with its defaults and its tricks. */
const ROWS: readonly Row[] = [
  [{ type: 'socni' }, []],
  [
    { type: 'socni', master: 'eth0', vlan: 100, mtu: 1400, capabilities: { ips: true } },
    ['uplink 100 on eth0 (ride, key)', 'mtu 1400', 'pod sets ips'],
  ],
  [
    { type: 'socni', master: 'eth0', vlan: 100, linkInContainer: true, mode: 'passthru' },
    ['uplink 100 on eth0 (ride, key)', 'malformed at mode'],
  ],
  [{ type: 'socni', master: 'eth0.300', vlan: 5 }, ['uplink 5 on eth0.300 (ride, key)']],
  // pkg/sriov/sriov.go: what is not "on" is off.
  [
    { type: 'sriov', vlan: 5, trust: 'yes', link_state: 'up', min_tx_rate: '100' },
    [
      'uplink 5 on ?* (device, key)',
      'unread-key at trust',
      'malformed at link_state',
      'wrong-type at min_tx_rate',
    ],
  ],
  [
    { type: 'sriov', vlanQoS: 3, spoofchk: 'off', link_state: 'auto' },
    ['uplink native on ?* (device, default)', 'missing at vlanQoS'],
  ],
  [{ type: 'ipvlan', master: 'eth1' }, ['uplink native on eth1 (ride, untagged)', 'missing at ipam']],
  // What was meant is said; what is merely unknown may be for somebody else.
  [
    { type: 'macvlan', master: 'eth1', mdoe: 'bridge', ipma: {}, description: 'x', mac_: 'x' },
    ['uplink native on eth1 (ride, untagged)', 'unread-key at mdoe', 'unread-key at ipma'],
  ],
  [
    { type: 'vlan', master: 'eth1', vlan_id: 5, ipam: { type: 'dhcp' } },
    ['uplink native on eth1 (ride, default)', 'route 0.0.0.0/0? (dhcp)', 'ignored-vlan-key at vlan_id'],
  ],
  // Linux has no longer names, and grants name none.
  [
    { type: 'macvlan', master: 'enp129s0f0np0.20' },
    ['uplink native on enp129s0f0np0.20 (ride, untagged)', 'malformed at master'],
  ],
  [
    { type: 'bridge', bridge: 'br-tenants/lab' },
    ['uplink native on br-tenants/lab (bridge, default)', 'pod sets args mac', 'malformed at bridge'],
  ],
  [{ type: 'socni', master: 'eth0' }, ['uplink none on eth0 (ride, key)', 'missing at ']],
  [{ type: 'socni', vlan: 100 }, ['uplink 100 on ?* (ride, key)', 'missing at ']],
  [
    { type: 'socni', master: 'eth0', vlan: 0 },
    ['uplink none on eth0 (ride, key)', 'vlan-out-of-range at vlan'],
  ],
  [
    { type: 'socni', master: 'eth0', vlan: 5000 },
    ['uplink none on eth0 (ride, key)', 'vlan-out-of-range at vlan'],
  ],
  [
    { type: 'socni', master: 'eth0', vlanId: 100 },
    ['uplink none on eth0 (ride, key)', 'ignored-vlan-key at vlanId', 'missing at '],
  ],
  [
    { type: 'socni', delegate: { type: 'bridge', bridge: 'br0', vlan: 7, preserveDefaultVlan: false } },
    ['uplink 7 on br0 (bridge, key)', 'pod sets args mac'],
  ],
  [
    { type: 'socni', delegate: { type: 'debug', addHooks: [['id']] } },
    ['execute id', 'malformed at delegate.type'],
  ],
  [
    { type: 'socni', vlan: 1, delegate: { type: 'macvlan', master: 'eth1', args: {} } },
    ['uplink native on eth1 (ride, untagged)', 'contradiction at delegate', 'malformed at delegate.args'],
  ],
  [
    { type: 'vlan', master: 'eth0', vlanId: 100, ipam: { type: 'dhcp' } },
    ['uplink 100 on eth0 (ride, key)', 'route 0.0.0.0/0? (dhcp)'],
  ],
  [{ type: 'vlan', master: 'eth0' }, ['uplink native on eth0 (ride, default)', 'missing at ipam']],
  [{ type: 'vlan', vlanId: 5 }, ['uplink 5 on ?* (ride, key)', 'missing at ', 'missing at ipam']],
  [
    { type: 'vlan', master: 'eth0', vlan: 100, ipam: { type: 'static' } },
    ['uplink 100 on eth0 (ride, key)', 'pod sets ips', 'pod sets args ips', 'ignored-vlan-key at vlan'],
  ],
  [
    { type: 'vlan', master: 'eth0', vlan: 100, vlanId: 200, ipam: { type: 'static' } },
    [
      'uplink 200 on eth0 (ride, key)',
      'pod sets ips',
      'pod sets args ips',
      'ignored-vlan-key at vlan',
      'contradiction at vlan',
    ],
  ],
  [
    { type: 'vlan', master: 'eth0', vlanId: 4095, ipam: { type: 'static' } },
    ['uplink none on eth0 (ride, key)', 'pod sets ips', 'pod sets args ips', 'vlan-out-of-range at vlanId'],
  ],
  [
    { type: 'vlan', master: 'eth0', vlanId: -1, ipam: { type: 'static' } },
    ['uplink none on eth0 (ride, key)', 'pod sets ips', 'pod sets args ips', 'vlan-out-of-range at vlanId'],
  ],
  [
    { type: 'vlan', master: 'net1', linkInContainer: true, vlanId: 5, ipam: { type: 'static' } },
    ['uplink 5 on pod:net1 (ride, key)', 'pod sets ips', 'pod sets args ips'],
  ],
  [
    { plugins: [{ type: 'macvlan', master: 'eth1' }, { type: 'ipvlan' }] },
    [
      'uplink native on eth1 (ride, untagged)',
      'uplink native on ?* (ride, untagged)',
      'undecidable at plugins.1',
      'undecidable at plugins.1',
    ],
  ],
  [
    {
      plugins: [
        { type: 'tuning' },
        { type: 'ipvlan', master: 'eth1', ipam: { type: 'static' } },
        { type: 'ipvlan', master: 'eth1', ipam: {} },
      ],
    },
    [
      'uplink native on eth1 (ride, untagged)',
      'uplink native on eth1 (ride, untagged)',
      'pod sets args sysctl mac promisc mtu allmulti txQLen',
      'pod sets ips',
      'pod sets args ips',
      'missing at plugins.0',
      'undecidable at plugins.2',
    ],
  ],
  [{ type: 'rdma', deviceID: '0000:3b:00.0' }, ['uplink native on 0000:3b:00.0 (device, untagged)']],
  [{ type: 'rdma' }, ['device']],
  [{ type: 'macvlan', master: 'eth1', mode: 'passthru' }, ['uplink native on eth1 (move, untagged)']],
  [{ type: 'macvlan' }, ['uplink native on ?* (ride, untagged)']],
  [
    { type: 'macvlan', master: 'eth0.200', vlan: 100, mode: 'x', mtu: 1400 },
    [
      'uplink native on eth0.200 (ride, untagged)',
      'mtu 1400',
      'ignored-vlan-key at vlan',
      'malformed at mode',
    ],
  ],
  [
    { type: 'macvlan', capabilities: { ips: true, mac: true } },
    ['uplink native on ?* (ride, untagged)', 'pod sets ips', 'pod sets mac'],
  ],
  [
    { type: 'ipvlan', master: 'bond0', mode: 'l3', ipam: { type: 'debug' } },
    ['uplink native on bond0 (ride, untagged)'],
  ],
  [{ type: 'ipvlan' }, ['uplink native on ?* (ride, untagged)', 'missing at ipam']],
  [{ type: 'bridge' }, ['uplink native on cni0* (bridge, default)', 'pod sets args mac']],
  [
    { type: 'cnv-bridge', bridge: 'br1', vlan: 7 },
    ['uplink 7 on br1 (bridge, key)', 'pod sets args mac', 'default-vlan at vlan'],
  ],
  [
    { type: 'bridge', bridge: 'br1', vlan: 7, preserveDefaultVlan: true },
    ['uplink 1,7 on br1 (bridge, key)', 'pod sets args mac'],
  ],
  [{ type: 'bridge', bridge: 'br1', vlan: 0 }, ['uplink native on br1 (bridge, key)', 'pod sets args mac']],
  [
    { type: 'bridge', bridge: 'br1', vlanTrunk: [{ id: 5 }, { minID: 10, maxID: 12 }] },
    ['uplink 1,5,10-12 on br1 (bridge, trunk)', 'pod sets args mac'],
  ],
  [
    { type: 'bridge', bridge: 'br1', vlan: 7, vlanTrunk: [{ id: 5 }] },
    ['uplink 5,7 on br1 (bridge, trunk)', 'pod sets args mac', 'default-vlan at vlan'],
  ],
  [
    { type: 'bridge', bridge: 'br1', vlan: 7, preserveDefaultVlan: true, vlanTrunk: [{ id: 5 }] },
    ['uplink 1,5,7 on br1 (bridge, trunk)', 'pod sets args mac'],
  ],
  [
    { type: 'bridge', bridge: 'br1', vlan: 7, vlanTrunk: [{ minID: 9, maxID: 8 }, { minID: 3 }, {}] },
    [
      'uplink 7 on br1 (bridge, trunk)',
      'pod sets args mac',
      'vlan-out-of-range at vlanTrunk.0',
      'malformed at vlanTrunk.1',
      'malformed at vlanTrunk.2',
      'default-vlan at vlan',
    ],
  ],
  [
    { type: 'bridge', bridge: 'br1', isDefaultGateway: true },
    [
      'uplink native on br1 (bridge, default)',
      ...BOTH('default-gateway'),
      'node routes bridge',
      'pod sets args mac',
    ],
  ],
  [
    { type: 'bridge', bridge: 'br1', isGateway: true },
    ['uplink native on br1 (bridge, default)', 'node routes bridge', 'pod sets args mac'],
  ],
  [
    { type: 'bridge', forceAddress: true },
    ['uplink native on cni0* (move, default)', 'pod sets args mac', 'contradiction at forceAddress'],
  ],
  [{ type: 'ptp' }, ['node routes ptp', 'missing at ipam']],
  [{ type: 'host-device', device: 'eth1' }, ['uplink native on eth1 (move, untagged)']],
  [
    { type: 'host-device', device: 'eth1', pciBusID: '0000:00:1f.6' },
    ['uplink native on eth1 (move, untagged)', 'contradiction at pciBusID'],
  ],
  [{ type: 'host-device', pciBusID: '0000:00:1f.6' }, ['uplink native on 0000:00:1f.6 (device, untagged)']],
  [
    { type: 'host-device', hwaddr: '02:00:00:00:00:01' },
    ['uplink native on 02:00:00:00:00:01 (device, untagged)', 'undecidable at hwaddr'],
  ],
  [
    { type: 'host-device', capabilities: { deviceID: true } },
    ['uplink native on ?* (device, untagged)', 'pod sets deviceID'],
  ],
  [{ type: 'tap' }, []],
  [{ type: 'tap', bridge: 'br1' }, ['uplink native on br1 (bridge, untagged)']],
  [{ type: 'dummy' }, ['missing at ipam']],
  [{ type: 'loopback' }, []],
  [{ type: 'vrf' }, ['missing at ']],
  [{ type: 'vrf', vrfname: 'blue', table: 1001 }, []],
  [{ type: 'vrf', vrfname: 'blue', table: 254 }, ['malformed at table']],
  [{ type: 'sbr', table: 100 }, []],
  [
    { type: 'tuning', sysctl: { 'net.ipv4.ip_forward': '1' }, mtu: 9000, dataDir: '/x' },
    [
      'write /x',
      'sysctl net.ipv4.ip_forward',
      'mtu 9000',
      'pod sets args sysctl mac promisc mtu allmulti txQLen',
    ],
  ],
  [
    { type: 'tuning', sysctl: { 'net.ipv6.conf.IFNAME.accept_ra_defrtr': '0' } },
    ['sysctl net.ipv6.conf.IFNAME.accept_ra_defrtr', 'pod sets args sysctl mac promisc mtu allmulti txQLen'],
  ],
  [
    { type: 'cnv-tuning', mac: '02:00:00:00:00:01' },
    ['pod sets args sysctl mac promisc mtu allmulti txQLen'],
  ],
  [
    { type: 'macvlan', master: 'eth1', mac: 'zz', bcqueuelen: '1' },
    ['uplink native on eth1 (ride, untagged)', 'malformed at mac', 'wrong-type at bcqueuelen'],
  ],
  [
    { type: 'tap', mac: '02:00:00:00:00:01', owner: '0', group: 'root', multiQueue: 1, selinuxContext: 2 },
    [
      'wrong-type at selinuxContext',
      'wrong-type at owner',
      'wrong-type at group',
      'wrong-type at multiQueue',
    ],
  ],
  [
    { type: 'ovs', bridge: 'br1', vlan: 5, link_state_check_retries: '3', interface_type: 7 },
    [
      'uplink 5 on br1 (bridge, key)',
      'device behind a port',
      'pod sets args mac ovnPort',
      'wrong-type at link_state_check_retries',
      'wrong-type at interface_type',
    ],
  ],
  [
    { type: 'ib-sriov', link_state: true, rdmaIsolation: 'true' },
    ['uplink native on ?* (device, untagged)', 'wrong-type at link_state', 'wrong-type at rdmaIsolation'],
  ],
  [{ type: 'bandwidth', ingressRate: 'x' }, ['wrong-type at ingressRate']],
  [{ type: 'bandwidth', ingressRate: 1000, ingressBurst: 1000, egressRate: 0 }, []],
  [
    { type: 'bandwidth', ingressRate: 1000, egressBurst: 1000 },
    ['missing at ingressRate', 'missing at egressBurst'],
  ],
  [
    { type: 'tuning', mac: '02:00', promisc: 'yes', allmulti: 1, txQLen: '7' },
    [
      'pod sets args sysctl mac promisc mtu allmulti txQLen',
      'wrong-type at promisc',
      'wrong-type at allmulti',
      'wrong-type at txQLen',
      'malformed at mac',
    ],
  ],
  [
    { type: 'bridge', bridge: 'br1', hairpinMode: 'true', ipMasqBackend: true, enabledad: 1 },
    [
      'uplink native on br1 (bridge, default)',
      'pod sets args mac',
      'wrong-type at enabledad',
      'wrong-type at hairpinMode',
      'wrong-type at ipMasqBackend',
    ],
  ],
  [
    { type: 'bridge', bridge: 'br1', disableContainerInterface: true, ipam: { type: 'dhcp' } },
    [
      'uplink native on br1 (bridge, default)',
      'route 0.0.0.0/0? (dhcp)',
      'pod sets args mac',
      'malformed at disableContainerInterface',
    ],
  ],
  [
    { type: 'bridge', bridge: 'br1', hairpinMode: true, promiscMode: true },
    ['uplink native on br1 (bridge, default)', 'pod sets args mac', 'malformed at hairpinMode'],
  ],
  [
    { type: 'bridge', bridge: 'br1', hairpinMode: false, promiscMode: true },
    ['uplink native on br1 (bridge, default)', 'pod sets args mac'],
  ],
  [
    { type: 'bridge', bridge: 'br1', disableContainerInterface: true, ipam: {} },
    ['uplink native on br1 (bridge, default)', 'pod sets args mac'],
  ],
  [
    { type: 'bridge', isDefaultGateway: 7, forceAddress: 7 },
    [
      'uplink native on cni0* (bridge, default)',
      'pod sets args mac',
      'wrong-type at forceAddress',
      'wrong-type at isDefaultGateway',
    ],
  ],
  [{ type: 'bandwidth', dns: ['10.0.0.1'] }, ['wrong-type at dns']],
  [{ type: 'bandwidth', dns: { nameservers: '10.0.0.1' } }, ['wrong-type at dns.nameservers']],
  [
    { type: 'bandwidth', dns: { domain: 7, search: ['a', 7] } },
    ['wrong-type at dns.domain', 'wrong-type at dns.search.1'],
  ],
  [{ type: 'firewall', iptablesAdminChainName: 'CNI-ADMIN' }, ['node accepts firewall']],
  [
    { type: 'firewall', iptablesAdminChainName: 'FLANNEL-FWD' },
    ['filter FLANNEL-FWD', 'node accepts firewall'],
  ],
  [{ type: 'firewall', firewalldZone: 'trusted' }, ['node accepts firewall']],
  [{ type: 'firewall', firewalldZone: 'drop' }, ['filter drop', 'node accepts firewall']],
  [{ type: 'portmap', externalSetMarkChain: 'KUBE-MARK-MASQ' }, []],
  [{ type: 'portmap', externalSetMarkChain: 'KUBE-SERVICES' }, ['filter KUBE-SERVICES']],
  [{ type: 'portmap', snat: true, conditionsV4: [], conditionsV6: null }, []],
  [
    { type: 'portmap', conditionsV4: ['-d', '1.2.3.4'], capabilities: { portMappings: true } },
    ['filter -d 1.2.3.4', 'pod sets portMappings'],
  ],
  [{ type: 'portmap', conditionsV6: '-d ::1' }, ['wrong-type at conditionsV6']],
  [{ type: 'portmap', markMasqBit: 14, backend: 'nftables' }, []],
  [
    { type: 'portmap', markMasqBit: 32, externalSetMarkChain: 'KUBE-MARK-MASQ', backend: 'ipfw' },
    ['malformed at markMasqBit', 'malformed at markMasqBit', 'malformed at backend'],
  ],
  [
    { type: 'portmap', masqAll: 'no', markMasqBit: '14', backend: 1 },
    ['wrong-type at masqAll', 'wrong-type at markMasqBit', 'wrong-type at backend'],
  ],
  [{ type: 'passthru' }, []],
  [{ type: 'rdma' }, ['device']],
  [{ type: 'sriov', vlan: 100 }, ['uplink 100 on ?* (device, key)']],
  [{ type: 'sriov', deviceID: '0000:3b:02.1' }, ['uplink native on 0000:3b:02.1 (device, default)']],
  [
    { type: 'sriov', trust: 'on', vlan: 0, vlanProto: 'isl', vlanQoS: 9 },
    [
      'uplink native,1-4094 on ?* (device, key)',
      'malformed at vlanProto',
      'malformed at vlanQoS',
      'missing at vlanQoS',
      'missing at vlanProto',
    ],
  ],
  [{ type: 'sriov', vlan: 0, vlanProto: '802.1q', vlanQoS: 0 }, ['uplink native on ?* (device, key)']],
  [{ type: 'ib-sriov', pkey: '0x7fff' }, ['uplink native on ?* (device, untagged)', 'undecidable at pkey']],
  [
    { type: 'ovs', bridge: 'br1', vlan: 100 },
    ['uplink 100 on br1 (bridge, key)', 'device behind a port', 'pod sets args mac ovnPort'],
  ],
  [
    { type: 'ovs', bridge: 'br1', vlan: 100, deviceID: '0000:3b:02.7' },
    [
      'uplink 100 on br1 (bridge, key)',
      'uplink native on 0000:3b:02.7 (device, untagged)',
      'pod sets args mac ovnPort',
    ],
  ],
  [
    { type: 'ovs', bridge: 'br1' },
    ['uplink native,1-4094 on br1 (bridge, default)', 'device behind a port', 'pod sets args mac ovnPort'],
  ],
  [
    { type: 'ovs', bridge: 'br1', vlan: 100, trunk: [{ id: 200 }] },
    [
      'uplink 200 on br1 (bridge, trunk)',
      'device behind a port',
      'pod sets args mac ovnPort',
      'contradiction at vlan',
    ],
  ],
  [
    { type: 'ovs', vlan: 100 },
    [
      'uplink 100 on br-int* (bridge, key)',
      'device behind a port',
      'pod sets args mac ovnPort',
      'undecidable at ',
    ],
  ],
  [
    { type: 'ovs', bridge: 'br1', vlan: 1, socket_file: 'tcp:10.0.0.1:6640', mirrors: [{ name: 'm' }] },
    [
      'uplink 1 on br1 (bridge, key)',
      'device behind a port',
      'connect tcp:10.0.0.1:6640',
      'pod sets args mac ovnPort',
      'undecidable at mirrors',
    ],
  ],
  [{ type: 'accelerated-bridge', vlan: 100 }, ['uplink 100 on cni0* (bridge, key)', 'device behind a port']],
  [
    { type: 'accelerated-bridge', bridge: 'br1, br2', trunk: [{ id: 5 }] },
    [
      'uplink native,5 on br1 (bridge, trunk)',
      'uplink native,5 on br2 (bridge, trunk)',
      'device behind a port',
    ],
  ],
  [
    { type: 'bond', links: [{ name: 'eth1' }, {}] },
    ['uplink native on eth1 (enslave, untagged)', 'missing at miimon', 'missing at links.1'],
  ],
  [
    { type: 'bond', linksInContainer: true, miimon: '100', links: [{ name: 'net1' }, { name: 'net2' }] },
    ['uplink native on pod:net1 (enslave, untagged)', 'uplink native on pod:net2 (enslave, untagged)'],
  ],
  [
    { type: 'bond', linksInContainer: true, miimon: 100, links: [{ name: 'net1' }] },
    ['uplink native on pod:net1 (enslave, untagged)', 'wrong-type at miimon', 'missing at links'],
  ],
  [{ type: 'bond', miimon: '1s' }, ['malformed at miimon', 'missing at links']],
  // What other plugins read, and people write.
  [
    { type: 'macvlan', device: 'eth1', vlan_trunk: [], vlanTag: 7, 'vlan-ids': '7', vlanQoS: 1 },
    [
      'uplink native on ?* (ride, untagged)',
      'unread-key at device',
      'ignored-vlan-key at vlan_trunk',
      'ignored-vlan-key at vlanTag',
      'ignored-vlan-key at vlan-ids',
    ],
  ],
  [
    { type: 'bridge', master: 'eth1', ipam: { type: 'static', route: [] } },
    [
      'uplink native on cni0* (bridge, default)',
      'pod sets args mac',
      'pod sets ips',
      'pod sets args ips',
      'unread-key at master',
      'unread-key at ipam.route',
    ],
  ],
  [{ type: 'tap', selinuxContext: 'system_u:system_r:container_t:s0' }, []],
  [{ type: 'tap', selinuxcontext: 'system_u:system_r:container_t:s0' }, []],
  // No engine is told of a VLAN; what is said of the container is for a program in the pod.
  [
    {
      type: 'userspace',
      host: {
        engine: 'vpp',
        netType: 'bridge',
        bridge: { bridgeName: '7', vlanId: 100 },
        memif: { socketfile: '/s' },
      },
      container: { engine: 'ovs-dpdk', netType: 'bridge', bridge: { bridgeName: 'b' } },
      kubeconfig: '/k',
    },
    [
      'uplink native,1-4094 on 7 (bridge, default)',
      'connect /s',
      'read /k',
      'ignored-vlan-key at host.bridge.vlanId',
    ],
  ],
  [
    { type: 'userspace', host: { engine: 'ovs-dpdk', netType: 'bridge' } },
    ['uplink native,1-4094 on br0* (bridge, default)'],
  ],
  [
    { type: 'userspace', host: { engine: 'ovs-dpdk', bridge: { bridgeId: 5 } } },
    ['uplink native,1-4094 on br0* (bridge, default)'],
  ],
  [
    { type: 'userspace', host: { engine: 'vpp', netType: 'bridge', bridge: { bridgeId: 5 } } },
    ['uplink native,1-4094 on 5 (bridge, default)'],
  ],
  [{ type: 'userspace', host: { engine: 'vpp', netType: 'interface' } }, ['undecidable at host']],
  [{ type: 'userspace', container: { engine: 'vpp' } }, ['malformed at host.engine']],
  // What is removed is of the interface that this network made, where it surely made one.
  [
    {
      plugins: [
        { type: 'dummy', ipam: { type: 'static' } },
        { type: 'tuning' },
        {
          type: 'route-override',
          flushroutes: true,
          flushgateway: true,
          delroutes: [{ dst: '10.42.0.0/16' }],
        },
      ],
    },
    [
      'pod sets ips',
      'pod sets args ips',
      'pod sets args sysctl mac promisc mtu allmulti txQLen',
      'pod sets args flushroutes flushgateway delroutes addroutes delecmproutes addecmproutes skipcheck',
    ],
  ],
  [
    {
      plugins: [
        { type: 'sriov' },
        { type: 'route-override', delroutes: [{ dst: '10.42.0.0/16' }], delecmproutes: [{ dst: '::/0' }] },
      ],
    },
    [
      'uplink native on ?* (device, default)',
      'unroute 10.42.0.0/16 (override)',
      'unroute ::/0 (override)',
      'pod sets args flushroutes flushgateway delroutes addroutes delecmproutes addecmproutes skipcheck',
    ],
  ],
  [
    {
      type: 'route-override',
      addecmproutes: [{ dst: '10.9.0.0/16', gws: ['10.1.0.1', '10.1.0.2', 'x'] }],
      delecmproutes: [{ dst: 'y' }],
    },
    [
      'route 10.9.0.0/16 (override)',
      'route-gateway 10.1.0.1',
      'route-gateway 10.1.0.2',
      'pod sets args flushroutes flushgateway delroutes addroutes delecmproutes addecmproutes skipcheck',
      'malformed at delecmproutes.0.dst',
      'malformed at addecmproutes.0.gws.2',
    ],
  ],
  [
    { type: 'route-override', flushroutes: true },
    [
      ...BOTH('override', 'unroute'),
      'pod sets args flushroutes flushgateway delroutes addroutes delecmproutes addecmproutes skipcheck',
    ],
  ],
  [
    {
      type: 'route-override',
      delroutes: [{ dst: '10.42.0.0/16' }],
      addroutes: [{ dst: '0.0.0.0/0', gw: '10.1.1.1' }],
    },
    [
      'unroute 10.42.0.0/16 (override)',
      'route 0.0.0.0/0 (override)',
      'route-gateway 10.1.1.1',
      'pod sets args flushroutes flushgateway delroutes addroutes delecmproutes addecmproutes skipcheck',
    ],
  ],
  [
    { type: 'flannel', subnetFile: '/x' },
    ['uplink native on cni0* (bridge, default)', 'read /x', 'pod sets args mac', 'undecidable at '],
  ],
  [
    { type: 'flannel', delegate: { type: 'vlan', master: 'eth0', vlanId: 9, ipam: { type: 'static' } } },
    ['uplink 9 on eth0 (ride, key)', 'pod sets ips', 'pod sets args ips', 'undecidable at '],
  ],
  [
    { type: 'multus', delegates: [{ type: 'macvlan', master: 'eth1' }], clusterNetwork: '/etc/x' },
    ['uplink native on eth1 (ride, untagged)', 'undecidable at type', 'undecidable at clusterNetwork'],
  ],
  [{ type: 'multus-shim', socketDir: '/run/multus' }, ['read /run/multus', 'undecidable at type']],
  [
    { type: 'ovn-k8s-cni-overlay', topology: 'localnet', vlanID: 100, physicalNetworkName: 'phys' },
    ['uplink 100 on phys (bridge, key)', 'device behind a port', 'network ovn-k8s-cni-overlay nad'],
  ],
  [
    { type: 'ovn-k8s-cni-overlay', topology: 'layer2', excludeSubnets: ['10.1.0.0/29'], vlanID: '5' },
    [
      'device behind a port',
      'network ovn-k8s-cni-overlay nad',
      'wrong-type at excludeSubnets',
      'wrong-type at vlanID',
      'ignored-vlan-key at vlanID',
    ],
  ],
  [
    { type: 'ovn-k8s-cni-overlay', topology: 'layer3', allowPersistentIPs: true, ipam: { type: 'dhcp' } },
    [
      'device behind a port',
      'network ovn-k8s-cni-overlay nad',
      'malformed at ipam',
      'malformed at allowPersistentIPs',
    ],
  ],
  [
    { type: 'ovn-k8s-cni-overlay', topology: 'layer2', allowPersistentIPs: true, ipam: {} },
    ['device behind a port', 'network ovn-k8s-cni-overlay nad'],
  ],
  // A VXLAN of the fabric, by its number.
  [
    {
      type: 'ovn-k8s-cni-overlay',
      topology: 'layer2',
      transport: 'evpn',
      evpn: { vtep: 'leaf', macVRF: { vni: 100 } },
    },
    [
      'device behind a port',
      'network ovn-k8s-cni-overlay nad',
      'undecidable at transport',
      'undecidable at evpn',
    ],
  ],
  [
    { type: 'ovn-k8s-cni-overlay', topology: 'layer3', uplink: 'leaf' },
    ['device behind a port', 'network ovn-k8s-cni-overlay nad', 'undecidable at uplink'],
  ],
  [
    { type: 'ovn-k8s-cni-overlay', topology: 'localnet' },
    ['uplink native on nad* (bridge, default)', 'device behind a port', 'network ovn-k8s-cni-overlay nad'],
  ],
  [
    {
      type: 'ovn-k8s-cni-overlay',
      topology: 'layer2',
      role: 'primary',
      subnets: '10.1.0.0/16, 10.2.0.0/16/24',
    },
    [
      'device behind a port',
      ...BOTH('plugin'),
      'route 10.1.0.0/16 (connected)',
      'route 10.2.0.0/16 (connected)',
      'subnet 10.1.0.0/16 10.1.0.0..10.1.255.255',
      'subnet 10.2.0.0/16 10.2.0.0..10.2.255.255',
      'network ovn-k8s-cni-overlay nad',
    ],
  ],
  [
    { type: 'ovn-k8s-cni-overlay', topology: 'layer2', vlanID: 5 },
    ['device behind a port', 'network ovn-k8s-cni-overlay nad', 'ignored-vlan-key at vlanID'],
  ],
  [
    { type: 'kube-ovn', server_socket: '/run/x', routes: [{ dst: '10.9.0.0/16' }] },
    ['route 10.9.0.0/16 (ipam-route)', 'connect /run/x', 'undecidable at '],
  ],
  [{ type: 'ifacer', interfaces: ['eth0'], vlanID: 100 }, ['uplink 100 on eth0 (ride, key)']],
  [
    { type: 'ifacer', interfaces: ['eth0', 'eth1'], vlanID: 100 },
    ['uplink 100 on eth0 (enslave, key)', 'uplink 100 on eth1 (enslave, key)', 'missing at interfaces'],
  ],
  [
    { type: 'ifacer', interfaces: ['eth0', 'eth1'], vlanID: 100, bond: { name: 'bond0' } },
    [
      'uplink 100 on eth0 (enslave, key)',
      'uplink 100 on eth1 (enslave, key)',
      'uplink 100 on bond0 (ride, key)',
    ],
  ],
  [
    { type: 'ifacer', interfaces: ['eth0', 'eth1'], bond: { mode: 1 } },
    [
      'uplink native on eth0 (enslave, default)',
      'uplink native on eth1 (enslave, default)',
      'uplink native on sp_bond0* (ride, default)',
    ],
  ],
  [{ type: 'coordinator', podDefaultRouteNic: 'net1' }, [...BOTH('plugin'), 'node routes coordinator']],
  [{ type: 'coordinator' }, [...BOTH('plugin', 'route', '?'), 'node routes coordinator']],
  [{ type: 'coordinator', mode: 'overlay' }, [...BOTH('plugin', 'route', '?'), 'node routes coordinator']],
  [{ type: 'coordinator', mode: 'disable', logOptions: { logFile: '/x' } }, []],
  [{ type: 'coordinator', tunePodRoutes: false }, ['node routes coordinator']],
  [
    {
      type: 'coordinator',
      podDefaultRouteNic: 'eth0',
      hostRPFilter: 0,
      logOptions: { logFile: '/root/x' },
    },
    ['write /root/x', 'node routes coordinator', 'sysctl net.ipv4.conf.all.rp_filter'],
  ],
  [
    {
      type: 'egress-router',
      interfaceArgs: { master: 'eth1' },
      ip: { addresses: ['10.1.1.5/24'], gateway: '10.1.1.1' },
    },
    [
      'uplink native on eth1 (ride, untagged)',
      'route 0.0.0.0/0 (plugin)',
      'route 10.1.1.5/24 (connected)',
      'subnet 10.1.1.5/24 10.1.1.5..10.1.1.5 via 10.1.1.1',
    ],
  ],
  [
    { type: 'egress-router', interfaceArgs: { master: 'eth1', mode: 'passthru', mtu: '9000' } },
    ['uplink native on eth1 (move, untagged)', 'route 0.0.0.0/0 (plugin)', 'mtu 9000'],
  ],
  [
    { type: 'egress-router', interfaceArgs: { master: 'eth1', mtu: 9000 } },
    ['uplink native on eth1 (ride, untagged)', 'route 0.0.0.0/0 (plugin)', 'wrong-type at interfaceArgs.mtu'],
  ],
  [{ type: 'danm', kubeconfig: '/k' }, ['read /k', 'undecidable at ']],
  [{ type: 'debug', cniOutput: '/o', addHooks: [['sh', '-c', 'id']] }, ['write /o', 'execute sh -c id']],
  // What they read besides: where it is joined, given out, written or run, and what is wrong with it.
  [
    {
      type: 'accelerated-bridge',
      bridge: 'br1',
      trunk: [{ id: 7 }],
      mtu: 1400,
      capabilities: { ips: true },
      ipam: { type: 'static' },
    },
    [
      'uplink native,7 on br1 (bridge, trunk)',
      'device behind a port',
      'mtu 1400',
      'pod sets ips',
      'pod sets ips',
      'pod sets args ips',
    ],
  ],
  [
    { type: 'bond', miimon: '100', links: [{ name: 'eth1' }, {}], mtu: 1400, ipam: { type: 'static' } },
    [
      'uplink native on eth1 (enslave, untagged)',
      'mtu 1400',
      'pod sets ips',
      'pod sets args ips',
      'missing at links.1',
    ],
  ],
  [
    {
      type: 'bond',
      miimon: '100',
      linksInContainer: false,
      links: [{ name: 'eth1' }, { name: 'eth2' }],
      capabilities: { mac: true },
    },
    [
      'uplink native on eth1 (enslave, untagged)',
      'uplink native on eth2 (enslave, untagged)',
      'pod sets mac',
    ],
  ],
  [
    { type: 'bridge', bridge: 'br1', forceAddress: true },
    ['uplink native on br1 (move, default)', 'pod sets args mac'],
  ],
  [
    { type: 'bridge', bridge: 'br1', vlan: 0, vlanTrunk: [{ id: 7 }], preserveDefaultVlan: false },
    ['uplink 1,7 on br1 (bridge, trunk)', 'pod sets args mac'],
  ],
  [
    { type: 'bridge', bridge: 'br1', vlan: 100, vlanTrunk: [{ id: 7 }], preserveDefaultVlan: false },
    ['uplink 7,100 on br1 (bridge, trunk)', 'pod sets args mac'],
  ],
  [
    { type: 'bandwidth', ingressBurst: 'x', egressBurst: 'x' },
    ['wrong-type at ingressBurst', 'wrong-type at egressBurst'],
  ],
  [
    { type: 'firewall', backend: 7, ingressPolicy: 7 },
    ['node accepts firewall', 'wrong-type at backend', 'wrong-type at ingressPolicy'],
  ],
  [{ type: 'coordinator', podDefaultRouteNic: 'eth0' }, ['node routes coordinator']],
  [{ type: 'coordinator', tunePodRoutes: false }, ['node routes coordinator']],
  [
    { type: 'debug', addHooks: ['id', ['sh', 7]], checkHooks: [['x']] },
    ['execute "id"', 'execute ["sh",7]', 'execute x'],
  ],
  [{ type: 'danm', cniDir: '/c' }, ['write /c', 'undecidable at ']],
  [
    {
      type: 'egress-router',
      ip: { addresses: ['fd00::5/64', 'x'], gateway: 'fd00::1' },
      ipConfig: { name: 'x' },
      log_file: '/l',
    },
    [
      'uplink native on ?* (ride, untagged)',
      'route ::/0 (plugin)',
      'route fd00::5/64 (connected)',
      'subnet fd00::5/64 fd00::5..fd00::5 via fd00::1',
      'write /l',
      'malformed at ip.addresses.1',
      'undecidable at ipConfig',
    ],
  ],
  [
    { type: 'kube-ovn', ipam: { server_socket: '/run/y', routes: [{ dst: '10.9.0.0/16' }] } },
    ['route 10.9.0.0/16 (ipam-route)', 'connect /run/y', 'undecidable at '],
  ],
  [
    {
      type: 'userspace',
      host: { engine: 'vpp', netType: 'bridge', vhost: { socketfile: '/h' } },
      container: { memif: { socketfile: '/c' } },
      sharedDir: '/d',
      logFile: '/l',
      ipam: { type: 'static' },
    },
    [
      'uplink native,1-4094 on 0* (bridge, default)',
      'connect /h',
      'connect /c',
      'write /d',
      'write /l',
      'pod sets ips',
      'pod sets args ips',
    ],
  ],
  [
    {
      type: 'ovs',
      bridge: 'br1',
      vlan: 100,
      mtu: 1400,
      capabilities: { ips: true },
      ipam: { type: 'static' },
    },
    [
      'uplink 100 on br1 (bridge, key)',
      'device behind a port',
      'mtu 1400',
      'pod sets ips',
      'pod sets args mac ovnPort',
      'pod sets ips',
      'pod sets args ips',
    ],
  ],
  [
    { type: 'ptp', mtu: 1400, ipam: { type: 'static' } },
    ['node routes ptp', 'mtu 1400', 'pod sets ips', 'pod sets args ips'],
  ],
  [{ type: 'tap', bridge: 'br1', mtu: 1400 }, ['uplink native on br1 (bridge, untagged)', 'mtu 1400']],
  [
    { type: 'ipvlan', master: 'eth1', mtu: 1400, mode: 'l9' },
    ['uplink native on eth1 (ride, untagged)', 'mtu 1400', 'malformed at mode', 'missing at ipam'],
  ],
  [
    { type: 'vlan', master: 'eth0', vlan: 100, capabilities: { mac: true }, ipam: { type: 'static' } },
    [
      'uplink 100 on eth0 (ride, key)',
      'pod sets mac',
      'pod sets ips',
      'pod sets args ips',
      'ignored-vlan-key at vlan',
    ],
  ],
  [
    { type: 'vlan', master: 'eth0', ipam: { type: 'static' } },
    ['uplink native on eth0 (ride, default)', 'pod sets ips', 'pod sets args ips'],
  ],
  [
    {
      type: 'sriov',
      vlan: 100,
      vlanQoS: 8,
      vlanProto: '802.1AD',
      spoofchk: 'enable',
      trust: 'x',
      link_state: 'disable',
      ipam: { type: 'static' },
    },
    [
      'uplink 100 on ?* (device, key)',
      'pod sets ips',
      'pod sets args ips',
      'malformed at vlanQoS',
      'unread-key at spoofchk',
      'unread-key at trust',
    ],
  ],
  [
    { type: 'sriov', vlan: 100, vlanQoS: -1, vlanProto: '802.1x', link_state: 'enable' },
    ['uplink 100 on ?* (device, key)', 'malformed at vlanProto', 'malformed at vlanQoS'],
  ],
  [
    { type: 'socni', master: 'eth0', vlan: 100, mode: 'vepa', ipam: { type: 'static' } },
    ['uplink 100 on eth0 (ride, key)', 'pod sets ips', 'pod sets args ips'],
  ],
  [{ type: 'socni', delegate: {} }, ['malformed at delegate.type']],
  [
    {
      type: 'ovn-k8s-cni-overlay',
      topology: 'localnet',
      physicalNetworkName: 'phys',
      subnets: 'x',
      logFile: '/l',
    },
    [
      'uplink native on phys (bridge, default)',
      'device behind a port',
      'network ovn-k8s-cni-overlay nad',
      'write /l',
      'malformed at subnets',
    ],
  ],
  [
    { type: 'dummy', ipam: { type: 'spiderpool', ipam_unix_socket_path: '/s' } },
    [...BOTH('pool', 'route', '?'), 'connect /s'],
  ],
  [
    { type: 'dummy', ipam: { type: 'nv-ipam', poolName: 'p', confDir: '/x', daemonSocket: 'unix:///x' } },
    [
      ...BOTH('pool', 'route', '?'),
      'store nv-ipam p',
      'connect unix:///x',
      'read /x',
      'pod sets ips',
      'pod sets args ips poolNames poolType allocateDefaultGateway allocateIPWithIndex',
    ],
  ],
  [
    {
      type: 'dummy',
      ipam: { type: 'nv-ipam', poolName: 'p', daemonSocket: 'unix:///var/lib/cni/nv-ipam/daemon.sock' },
    },
    [
      ...BOTH('pool', 'route', '?'),
      'store nv-ipam p',
      'pod sets ips',
      'pod sets args ips poolNames poolType allocateDefaultGateway allocateIPWithIndex',
    ],
  ],
  [
    { type: 'dummy', ipam: { type: 'dhcp', daemonSocketPath: '/run/cni/dhcp.sock' } },
    ['route 0.0.0.0/0? (dhcp)'],
  ],
  [{ type: 'multus', confDir: '/x', logFile: '/l' }, ['read /x', 'write /l', 'undecidable at type']],
  [
    {
      type: 'bridge',
      bridge: 'br1',
      vlanTrunk: [{ minID: 5 }, { id: 4095 }, { minID: 9, maxID: 7 }, { id: 3, minID: 5, maxID: 6 }],
      preserveDefaultVlan: false,
      vlan: 100,
    },
    [
      'uplink 3,5-6,100 on br1 (bridge, trunk)',
      'pod sets args mac',
      'malformed at vlanTrunk.0',
      'vlan-out-of-range at vlanTrunk.1',
      'vlan-out-of-range at vlanTrunk.2',
    ],
  ],
  [
    { type: 'bridge', bridge: 'br1', vlan: 4095 },
    [
      'uplink none on br1 (bridge, key)',
      'pod sets args mac',
      'vlan-out-of-range at vlan',
      'default-vlan at vlan',
    ],
  ],
  [
    { type: 'dummy', ipam: { type: 'host-local', subnet: 'x' } },
    ['store host-local nad', 'pod sets args ips', 'malformed at ipam.subnet'],
  ],
  [
    { type: 'dummy', ipam: { type: 'host-local', ranges: [[{ rangeStart: '10.1.0.5' }]] } },
    ['store host-local nad', 'pod sets args ips', 'missing at ipam.ranges.0.0'],
  ],
  [
    {
      type: 'dummy',
      ipam: {
        type: 'host-local',
        ranges: [[{ subnet: '10.1.0.0/24', rangeStart: '10.1.0.9', rangeEnd: '10.2.0.1' }]],
      },
    },
    [
      'route 10.1.0.0/24 (connected)',
      'subnet 10.1.0.0/24 10.1.0.9..10.2.0.1 via 10.1.0.1',
      'range-start 10.1.0.9',
      'range-end 10.2.0.1',
      'store host-local nad',
      'pod sets args ips',
    ],
  ],
  [
    { type: 'dummy', ipam: { type: 'host-local', ranges: ['x'] } },
    ['store host-local nad', 'pod sets args ips', 'wrong-type at ipam.ranges.0'],
  ],
  [
    { type: 'dummy', ipam: { type: 'host-local', dataDir: '', subnet: '10.1.0.0/24' } },
    [
      'route 10.1.0.0/24 (connected)',
      'subnet 10.1.0.0/24 10.1.0.1..10.1.0.254 via 10.1.0.1',
      'store host-local nad',
      'pod sets args ips',
    ],
  ],
  [{ type: 'ib-sriov', pkey: '0x10' }, ['uplink native on ?* (device, untagged)', 'undecidable at pkey']],
  [
    { type: 'ifacer', interfaces: ['eth0', 'eth1'], bond: { name: 'b' } },
    [
      'uplink native on eth0 (enslave, default)',
      'uplink native on eth1 (enslave, default)',
      'uplink native on b (ride, default)',
    ],
  ],
  [{ type: 'host-device' }, ['uplink native on ?* (device, untagged)']],
  [
    { type: 'host-device', kernelpath: '/sys/x', ipam: { type: 'static' } },
    [
      'uplink native on /sys/x (device, untagged)',
      'read /sys/x',
      'pod sets ips',
      'pod sets args ips',
      'undecidable at kernelpath',
    ],
  ],
  [
    { type: 'host-device', hwaddr: '02:00:00:00:00:01' },
    ['uplink native on 02:00:00:00:00:01 (device, untagged)', 'undecidable at hwaddr'],
  ],
  [
    {
      plugins: [
        {
          type: 'dummy',
          ipam: {
            type: 'static',
            addresses: [{ address: '10.1.0.5/24' }],
            routes: [
              { dst: '10.9.0.0/16' },
              { dst: '10.8.0.0/16', table: 7 },
              { dst: '10.7.0.0/16', table: 254 },
            ],
          },
        },
        { type: 'vrf', vrfname: 'v' },
      ],
    },
    [
      'route 10.1.0.5/24 (connected, moved)',
      'route 10.9.0.0/16 (ipam-route, moved)',
      'route 10.8.0.0/16 (ipam-route, table 7)',
      'route 10.7.0.0/16 (ipam-route, table 254, moved)',
      'subnet 10.1.0.5/24 10.1.0.5..10.1.0.5',
      'pod sets ips',
      'pod sets args ips',
    ],
  ],
  [{ type: 'accelerated-bridge' }, ['uplink native on cni0* (bridge, default)', 'device behind a port']],
  [
    { type: 'ovs', bridge: 'br1', trunk: [{ id: 3, minID: 5 }, { id: 7 }] },
    [
      'uplink 7 on br1 (bridge, trunk)',
      'device behind a port',
      'pod sets args mac ovnPort',
      'malformed at trunk.0',
    ],
  ],
  // A routing table of its own takes what the interface's own routes are, and nothing else.
  [
    {
      plugins: [
        {
          type: 'bridge',
          bridge: 'br1',
          isDefaultGateway: true,
          ipam: { type: 'host-local', subnet: '10.1.0.0/24', routes: [{ dst: '10.9.0.0/16' }] },
        },
        { type: 'route-override', addroutes: [{ dst: '10.8.0.0/16' }], delroutes: [{ dst: '10.7.0.0/16' }] },
        { type: 'sbr' },
      ],
    },
    [
      'uplink native on br1 (bridge, default)',
      'route 0.0.0.0/0 (default-gateway, moved)',
      'route ::/0 (default-gateway, moved)',
      'route 10.1.0.0/24 (connected, moved)',
      'route 10.9.0.0/16 (ipam-route, moved)',
      'route 10.8.0.0/16 (override)',
      'subnet 10.1.0.0/24 10.1.0.1..10.1.0.254 via 10.1.0.1',
      'store host-local nad',
      'node routes bridge',
      'pod sets args mac',
      'pod sets args ips',
      'pod sets args flushroutes flushgateway delroutes addroutes delecmproutes addecmproutes skipcheck',
    ],
  ],
  // IPAM
  [
    { type: 'dummy', ipam: { type: 'host-local', subnet: '10.1.0.0/24' } },
    [
      'route 10.1.0.0/24 (connected)',
      'subnet 10.1.0.0/24 10.1.0.1..10.1.0.254 via 10.1.0.1',
      'store host-local nad',
      'pod sets args ips',
    ],
  ],
  [
    {
      type: 'dummy',
      name: 'cbr0',
      ipam: {
        type: 'host-local',
        dataDir: '/d',
        resolvConf: '/r',
        ranges: [
          [{ subnet: '10.1.0.0/24', rangeStart: '10.1.0.9', rangeEnd: '10.1.0.5', gateway: '10.2.0.1' }],
          [{ subnet: 'fd00::/64' }],
        ],
      },
    },
    [
      'route 10.1.0.0/24 (connected)',
      'route fd00::/64 (connected)',
      'subnet 10.1.0.0/24 10.1.0.9..10.1.0.5 via 10.2.0.1',
      'subnet fd00::/64 fd00::1..fd00::ffff:ffff:ffff:ffff via fd00::1',
      'range-start 10.1.0.9',
      'range-end 10.1.0.5',
      'gateway 10.2.0.1',
      'store host-local cbr0 in /d',
      'write /d',
      'read /r',
      'pod sets args ips',
      'malformed at ipam.ranges.0.0.rangeEnd',
    ],
  ],
  [
    {
      type: 'dummy',
      ipam: { type: 'host-local', subnet: '10.1.0.5/24', routes: [{ dst: '10.0.0.0/0' }, { dst: 'x' }] },
    },
    [
      'route 10.1.0.5/24 (connected)',
      'route 10.0.0.0/0 (ipam-route)',
      'subnet 10.1.0.5/24 10.1.0.1..10.1.0.254 via 10.1.0.1',
      'store host-local nad',
      'pod sets args ips',
      'malformed at ipam.subnet',
      'malformed at ipam.routes.0.dst',
      'malformed at ipam.routes.1.dst',
    ],
  ],
  // What it would take anyway is nobody's choice, and the store is the one of those that say nothing.
  [
    { type: 'dummy', ipam: { type: 'host-local', subnet: '10.1.0.0/30', dataDir: '/var/lib/cni/networks' } },
    [
      'route 10.1.0.0/30 (connected)',
      'subnet 10.1.0.0/30 10.1.0.1..10.1.0.2 via 10.1.0.1',
      'store host-local nad',
      'pod sets args ips',
    ],
  ],
  [
    {
      type: 'dummy',
      ipam: { type: 'spiderpool', clean_gateway: true, log_file_path: '/var/log/spidernet/spiderpool.log' },
    },
    [],
  ],
  // 0.0.0.0 is no gateway, so that the next one is on the link.
  [
    {
      type: 'dummy',
      ipam: {
        type: 'static',
        addresses: [{ address: '10.1.0.5/32' }],
        routes: [
          { dst: '10.1.0.1/32', gw: '0.0.0.0' },
          { dst: '10.2.0.0/16', gw: '10.1.0.1' },
        ],
      },
    },
    [
      'route 10.1.0.5/32 (connected)',
      'route 10.1.0.1/32 (ipam-route)',
      'route 10.2.0.0/16 (ipam-route)',
      'subnet 10.1.0.5/32 10.1.0.5..10.1.0.5',
      'pod sets ips',
      'pod sets args ips',
    ],
  ],
  [
    {
      type: 'dummy',
      ipam: { type: 'whereabouts', sleep_for_race: '0', enable_overlapping_ranges: 'false', log_level: 1 },
    },
    [
      'pod sets ips',
      'wrong-type at ipam.log_level',
      'wrong-type at ipam.sleep_for_race',
      'wrong-type at ipam.enable_overlapping_ranges',
    ],
  ],
  [
    { type: 'dummy', ipam: { type: 'host-local', subnet: '10.1.0.0/31' } },
    [
      'route 10.1.0.0/31 (connected)',
      'subnet 10.1.0.0/31 10.1.0.1..10.1.0.0 via 10.1.0.1',
      'store host-local nad',
      'pod sets args ips',
      'malformed at ipam.subnet',
    ],
  ],
  [
    { type: 'dummy', ipam: { type: 'host-local' } },
    ['store host-local nad', 'pod sets args ips', 'missing at ipam'],
  ],
  [
    {
      type: 'dummy',
      ipam: {
        type: 'static',
        addresses: [{ address: '10.43.0.10/32', gateway: '10.43.0.1' }, { address: '::/0' }],
        routes: [{ dst: '::ffff:0.0.0.0/64' }],
      },
    },
    [
      'route 10.43.0.10/32 (connected)',
      'route ::/0 (connected)',
      'route 0.0.0.0/0 (ipam-route)',
      'subnet 10.43.0.10/32 10.43.0.10..10.43.0.10 via 10.43.0.1',
      'subnet ::/0 ::..::',
      'gateway 10.43.0.1',
      'pod sets ips',
      'pod sets args ips',
    ],
  ],
  [
    { type: 'macvlan', ipam: { type: 'dhcp', daemonSocketPath: '/s', request: [{ skipDefault: true }] } },
    ['uplink native on ?* (ride, untagged)', 'route 0.0.0.0/0? (dhcp)', 'connect /s'],
  ],
  [
    { type: 'macvlan', ipam: { type: 'dhcp', request: [{ skipDefault: true, option: 'subnet-mask' }] } },
    ['uplink native on ?* (ride, untagged)', 'route 0.0.0.0/0? (unasked)'],
  ],
  [
    {
      type: 'macvlan',
      ipam: { type: 'dhcp', request: [{ skipDefault: true, option: '1' }, { option: 'routers' }] },
    },
    ['uplink native on ?* (ride, untagged)', 'route 0.0.0.0/0? (dhcp)'],
  ],
  [
    {
      type: 'dummy',
      ipam: {
        type: 'whereabouts',
        range: '10.1.0.20-10.1.0.99/24',
        exclude: ['10.1.0.32/28', 'x'],
        network_name: 'pool',
      },
    },
    [
      'route 10.1.0.0/24 (connected)',
      'subnet 10.1.0.0/24 10.1.0.20..10.1.0.99',
      'range-start 10.1.0.20',
      'range-end 10.1.0.99',
      'exclude 10.1.0.32',
      'store whereabouts pool',
      'pod sets ips',
      'malformed at ipam.exclude.1',
    ],
  ],
  [
    {
      type: 'dummy',
      ipam: {
        type: 'whereabouts',
        ipRanges: [{ range: '010.001.0.0/24' }],
        gateway: '10.1.0.1',
        configuration_path: '/c',
        kubernetes: { kubeconfig: '/k' },
      },
    },
    [
      'route 10.1.0.0/24 (connected)',
      'subnet 10.1.0.0/24 10.1.0.1..10.1.0.254',
      'gateway 10.1.0.1',
      'read /c',
      'read /k',
      'pod sets ips',
      'undecidable at ipam.configuration_path',
    ],
  ],
  [
    { type: 'macvlan', master: 'eth1', ipam: { type: 'spiderpool' } },
    ['uplink native on eth1 (ride, untagged)', ...BOTH('pool', 'route', '?')],
  ],
  [
    { type: 'macvlan', master: 'eth1', ipam: { type: 'spiderpool', clean_gateway: true } },
    ['uplink native on eth1 (ride, untagged)'],
  ],
  [
    { type: 'macvlan', master: 'eth1', ipam: { type: 'nv-ipam' } },
    [
      'uplink native on eth1 (ride, untagged)',
      ...BOTH('pool', 'route', '?'),
      'store nv-ipam nad',
      'pod sets ips',
      'pod sets args ips poolNames poolType allocateDefaultGateway allocateIPWithIndex',
    ],
  ],
  [
    {
      type: 'dummy',
      ipam: {
        type: 'nv-ipam',
        poolName: 'v4,v6',
        daemonSocket: 'dns:///daemon:99',
        confDir: '/etc/cni/net.d/nv-ipam.d',
        logFile: '/etc/passwd',
      },
    },
    [
      ...BOTH('pool', 'route', '?'),
      'store nv-ipam v4',
      'store nv-ipam v6',
      'connect dns:///daemon:99',
      'write /etc/passwd',
      'pod sets ips',
      'pod sets args ips poolNames poolType allocateDefaultGateway allocateIPWithIndex',
    ],
  ],
  [
    { type: 'macvlan', master: 'eth1', ipam: { type: 'kube-ovn', routes: [{ dst: '0.0.0.0/0' }] } },
    ['uplink native on eth1 (ride, untagged)', 'route 0.0.0.0/0 (ipam-route)', ...BOTH('pool', 'route', '?')],
  ],
  [
    { type: 'dummy', ipam: { type: 'whereabouts', range: '2001:db8::1-2001:db8::9/64', network_name: 'n' } },
    [
      'route 2001:db8::/64 (connected)',
      'subnet 2001:db8::/64 2001:db8::1..2001:db8::9',
      'range-start 2001:db8::1',
      'range-end 2001:db8::9',
      'store whereabouts n-2001-db8---64',
      'store whereabouts n',
      'pod sets ips',
    ],
  ],
  [
    { type: 'dummy', ipam: { type: 'kube-ovn', provider: 'a.b' } },
    [...BOTH('pool', 'route', '?'), 'store kube-ovn a.b'],
  ],
  [
    {
      type: 'dummy',
      ipam: {
        type: 'spiderpool',
        clean_gateway: true,
        default_ipv4_ippool: ['v4'],
        default_ipv6_ippool: ['v6'],
      },
    },
    ['store spiderpool v4', 'store spiderpool v6'],
  ],
  [
    {
      type: 'macvlan',
      master: 'eth1',
      ipam: { type: 'host-local', subnet: '10.1.0.0/24', routes: [{ dst: '10.9.0.0/16', table: 7 }] },
    },
    [
      'uplink native on eth1 (ride, untagged)',
      'route 10.1.0.0/24 (connected)',
      'route 10.9.0.0/16 (ipam-route, table 7)',
      'subnet 10.1.0.0/24 10.1.0.1..10.1.0.254 via 10.1.0.1',
      'store host-local nad',
      'pod sets args ips',
    ],
  ],
]

describe('the facts', () => {
  it.each(ROWS.map(([config, facts]) => [JSON.stringify(config), config, facts] as const))(
    'of %s',
    (_, config, facts) => {
      // Here each plugin stands alone, which a chained one may not.
      const isAlone = extractors.some(({ types, isChained }) => isChained && types.includes(`${config.type}`))
      const found = factsOf(config)
      const alone = found.indexOf('missing at ')
      expect(isAlone ? found.toSpliced(alone, 1) : found).toEqual(facts)
    },
  )

  it('of a VLAN key for another plugin have the right one, but for a list of VLANs', () => {
    const fixOf = (config: object) => {
      const { network } = readNetwork(JSON.stringify({ type: 'sriov', ...config }), 'nad')
      return network && extractFacts(network).problems.map(({ fix }) => fix?.text)
    }
    expect(fixOf({ vlan_id: 7 })).toEqual(['vlan'])
    expect(fixOf({ vlan_trunk: [{ id: 7 }] })).toEqual([undefined])
  })

  it.each([
    ['10.9.0.1/24', 'write "10.9.0.1", without the prefix length', '10.9.0.1'],
    ['fd00::1/64', 'write "fd00::1", without the prefix length', 'fd00::1'],
    ['10.9.0.256', 'write one like "10.100.0.1"', undefined],
  ])('of an address that is none, as %s, say what is accepted', (address, message, fix) => {
    const static_ = { type: 'static', addresses: [{ address: '10.9.0.7/24', gateway: address }] }
    const override = { type: 'route-override', addecmproutes: [{ dst: '10.1.0.0/16', gws: [address] }] }
    const plugins = [{ type: 'macvlan', master: 'eth0', ipam: static_ }, override]
    const { network } = readNetwork(JSON.stringify({ plugins }), 'nad')
    const said = `"${address}" is no IP address: ${message}`
    expect(network && extractFacts(network).problems.map(({ message, fix }) => [message, fix?.text])).toEqual(
      [
        [said, fix],
        [said, fix],
      ],
    )
  })

  it('of a chained plugin miss the one before it', () => {
    const chained = [
      'tuning',
      'cnv-tuning',
      'bandwidth',
      'firewall',
      'portmap',
      'rdma',
      'route-override',
      'sbr',
    ]
    for (const type of chained) {
      expect(factsOf({ type })).toContain('missing at ')
      expect(factsOf({ plugins: [{ type }, { type: 'passthru' }] })).toContain('missing at plugins.0')
      expect(factsOf({ plugins: [{ type: 'passthru' }, { type }] })).not.toContain('missing at plugins.1')
    }
  })

  it('are tested for every type that has an extractor', () => {
    const text = JSON.stringify(ROWS)
    const missing = extractors
      .flatMap(({ types }) => types)
      .filter(type => !text.includes(`"type":"${type}"`))
    expect(missing).toEqual([])
  })

  it.each<[what: string, config: object, fixes: string[]]>([
    ['a VLAN under a key of another plugin', { type: 'vlan', master: 'eth0', vlan: 5 }, ['vlanId']],
    ['one of two VLANs', { type: 'vlan', master: 'eth0', vlan: 5, vlanId: 6 }, []],
    ['a VLAN for who reads none', { type: 'macvlan', master: 'eth0', vlan: 5 }, []],
    ['a number in quotes', { type: 'macvlan', master: 'eth0', mtu: '1500' }, ['1500']],
    ['a word for a number', { type: 'macvlan', master: 'eth0', mtu: 'large' }, []],
    ['a number for a word', { type: 'macvlan', master: 'eth0', mode: 5 }, []],
    ['true in quotes', { type: 'bridge', bridge: 'br1', hairpinMode: 'true' }, ['true']],
    ['a word for true', { type: 'bridge', bridge: 'br1', hairpinMode: 'yes' }, []],
  ])('come with the one right answer, if there is one: %s', (_, config, fixes) => {
    const { network } = readNetwork(JSON.stringify(config), 'nad')
    const offered = (network ? extractFacts(network).problems : []).flatMap(({ fix }) => fix?.text ?? [])
    expect(offered).toEqual(fixes)
  })

  const bridged = (change: object) => ({
    type: 'bridge',
    bridge: 'br1',
    preserveDefaultVlan: false,
    ...change,
  })
  it.each<[what: string, config: object, vlans: string | undefined]>([
    ['the last VLAN', bridged({ vlan: 4094 }), '4094'],
    ['a number that is none', bridged({ vlan: 4095 }), undefined],
    ['the ends of a trunk', bridged({ vlan: 9, vlanTrunk: [{ minID: 1, maxID: 4094 }] }), '1-4094'],
    ['one VLAN as a range', bridged({ vlan: 9, vlanTrunk: [{ minID: 7, maxID: 7 }] }), '7,9'],
    ['no VLAN in a trunk', bridged({ vlan: 9, vlanTrunk: [{ id: 0 }] }), undefined],
    ['one in another trunk', { type: 'ovs', bridge: 'br1', trunk: [{ id: 0 }, { id: 5 }] }, 'native,5'],
    ['a trunk of nothing', { type: 'ovs', bridge: 'br1', vlan: 5, trunk: [] }, '5'],
    ['no VLAN of a port', { type: 'ovs', bridge: 'br1', vlan: 0 }, 'native,1-4094'],
    ['no VLAN of a device', { type: 'sriov', vlan: 0, vlanQoS: 0 }, 'native'],
    ['the last priority', { type: 'sriov', vlan: 5, vlanQoS: 7 }, '5'],
    ['a priority that is none', { type: 'sriov', vlan: 5, vlanQoS: 8 }, undefined],
  ])('at the edge: %s', (_, config, vlans) => {
    const { network } = readNetwork(JSON.stringify(config), 'nad')
    const facts = network && extractFacts(network)
    const isRead = facts?.problems.every(({ problem }) => problem === 'default-vlan')
    expect(isRead ? facts?.uplinks.map(uplink => printVlans(uplink.vlans)).join() : undefined).toBe(vlans)
  })

  it.each<[what: string, ipam: object, problems: number]>([
    ['a range without room for more', { type: 'host-local', subnet: '10.1.0.0/30' }, 0],
    ['a range without room', { type: 'host-local', subnet: '10.1.0.0/31' }, 1],
    [
      'one address',
      { type: 'host-local', subnet: '10.1.0.0/24', rangeStart: '10.1.0.9', rangeEnd: '10.1.0.9' },
      0,
    ],
    ['a range of nothing', { type: 'host-local', ranges: [[{ gateway: '10.1.0.1' }]] }, 1],
    ['no ranges', { type: 'host-local', ranges: [] }, 1],
    ['a list of no range', { type: 'host-local', subnet: '10.1.0.0/24', ranges: [[]] }, 1],
    [
      'ranges beside each other',
      {
        type: 'host-local',
        ranges: [
          [
            { subnet: '10.1.0.0/24', rangeEnd: '10.1.0.9' },
            { subnet: '10.1.0.0/24', rangeStart: '10.1.0.10' },
          ],
          [{ subnet: 'fd00::/64' }],
        ],
      },
      0,
    ],
    [
      'ranges that share an address',
      {
        type: 'host-local',
        ranges: [
          [
            { subnet: '10.1.0.0/24', rangeEnd: '10.1.0.10' },
            { subnet: '10.1.0.0/24', rangeStart: '10.1.0.10' },
          ],
        ],
      },
      1,
    ],
    [
      'lists that share an address',
      { type: 'host-local', subnet: '10.1.0.0/24', ranges: [[{ subnet: '10.1.0.0/16' }]] },
      1,
    ],
    [
      'a list of two families',
      { type: 'host-local', ranges: [[{ subnet: '10.1.0.0/24' }, { subnet: 'fd00::/64' }]] },
      1,
    ],
    ['an end before the first', { type: 'host-local', subnet: '10.1.0.0/24', rangeEnd: '10.1.0.0' }, 1],
    [
      'a beginning behind the last',
      { type: 'host-local', subnet: '10.1.0.0/24', rangeStart: '10.1.0.255' },
      1,
    ],
    [
      'an address that is not used',
      { type: 'host-local', gateway: 'x', ranges: [[{ subnet: '10.1.0.0/24' }]] },
      1,
    ],
    ['a prefix that is none', { type: 'whereabouts', range: '10.1.0.0/33' }, 1],
    ['no room for one address', { type: 'whereabouts', range: '10.1.0.0/31' }, 1],
    ['room for two', { type: 'whereabouts', range: '10.1.0.0/30' }, 0],
    ['one of many that is none', { type: 'whereabouts', ipRanges: [{}] }, 1],
    ["keys of another plugin's", { type: 'whereabouts', subnet: '10.1.0.0/24', rangeStart: '10.1.0.7' }, 2],
    ["keys of whereabouts'", { type: 'host-local', subnet: '10.1.0.0/24', range_end: '10.1.0.7' }, 1],
    [
      'an end before the start',
      { type: 'whereabouts', range: '10.1.0.0/24', range_start: '10.1.0.9', range_end: '10.1.0.8' },
      1,
    ],
    ['a start to the end of all', { type: 'whereabouts', range: '10.1.0.9-10.1.0.0/24' }, 0],
    [
      'a first address as old readers had it',
      { type: 'whereabouts', range: '10.1.0.0/24', range_start: '010.1.0.7' },
      0,
    ],
    [
      'but not in a list',
      { type: 'whereabouts', ipRanges: [{ range: '10.1.0.0/24', range_start: '010.1.0.7' }] },
      1,
    ],
    ['an end that is not used', { type: 'whereabouts', range: '10.1.0.5-10.1.0.9/24', range_end: 'x' }, 0],
    [
      'but decoded in a list',
      { type: 'whereabouts', ipRanges: [{ range: '10.1.0.5-10.1.0.9/24', range_end: 'x' }] },
      1,
    ],
    ['a dash between the wrong ends', { type: 'whereabouts', range: '10.1.0.9-10.1.0.5/24' }, 1],
    ['a list that is none', { type: 'host-local', ranges: [{ subnet: '10.1.0.0/24' }] }, 1],
    ['a list of nothing', { type: 'host-local', ranges: [] }, 1],
    ['a first address that is none', { type: 'whereabouts', range: 'x-10.1.0.0/24' }, 1],
    ['addresses that are none', { type: 'whereabouts', addresses: [{}, { address: '10.1.0.9' }] }, 2],
  ])('tell what is no range, and take what is one: %s', (_, ipam, problems) => {
    const { network } = readNetwork(JSON.stringify({ type: 'dummy', ipam }), 'nad')
    expect(network && extractFacts(network).problems).toHaveLength(problems)
  })

  it('of a list are those of its plugins, each with its path', () => {
    const { network } = readNetwork(
      '{"plugins":[{"type":"passthru"},{"type":"macvlan","master":"eth1","VLAN":3}]}',
      'nad',
    )
    expect(network).toBeUndefined()
    const { network: list } = readNetwork(
      '{"plugins":[{"type":"passthru"},{"type":"macvlan","master":"eth1"}]}',
      'nad',
    )
    expect(list && extractFacts(list).uplinks[0]?.at).toEqual(['plugins', 1, 'master'])
  })

  it('of delegates without end are cut off, and said to be', () => {
    const nest = (depth: number): object =>
      depth === 0 ? { type: 'loopback' } : { type: 'multus', delegates: [nest(depth - 1)] }
    const places = Array.from({ length: 8 }, (_, depth) => [...Array(depth).fill('delegates.0'), 'type'])
    expect(factsOf(nest(12))).toEqual(
      [...places, Array(8).fill('delegates.0')].map(place => `undecidable at ${place.join('.')}`),
    )
  })
})

describe('the plugins that the guard stands in for', () => {
  it('are those that reach a host network, but for what carries them, or is of an overlay', () => {
    const reaching = ROWS.filter(([, facts]) => facts.some(fact => /^uplink .* on (?!pod:)/.test(fact)))
    const types = new Set(reaching.flatMap(([{ type }]) => (typeof type === 'string' ? [type] : [])))
    expect([...types].filter(type => !GUARDED_PLUGINS.includes(type)).sort()).toEqual([
      'egress-router',
      'flannel',
      'ifacer',
      'multus',
      'ovn-k8s-cni-overlay',
      // It takes a device of the node for the pod, and comes behind what is stood in for.
      'rdma',
      'socni',
      'userspace',
    ])
    expect(GUARDED_PLUGINS.filter(type => !types.has(type))).toEqual([])
  })
})

describe('routes that route-override takes away', () => {
  const removed = (...before: string[]) => {
    const plugins = [...before.map(type => ({ type })), { type: 'route-override', flushroutes: true }]
    return factsOf({ plugins }).filter(fact => fact.startsWith('unroute')).length
  }

  it.each(['bridge', 'cnv-bridge', 'macvlan', 'ipvlan', 'vlan', 'ptp', 'dummy', 'tap', 'bond'])(
    'are those of the interface that %s makes, whatever is in between',
    maker => {
      expect(removed(maker)).toBe(0)
      for (const type of ['tuning', 'cnv-tuning', 'bandwidth', 'portmap', 'firewall', 'sbr', 'vrf'])
        expect([type, removed(maker, type)]).toEqual([type, 0])
      expect(removed(maker, 'route-override')).toBe(0)
    },
  )

  it.each(['sriov', 'host-device', 'ovs', 'passthru'])('may be those of eth0 behind %s', type => {
    expect(removed(type)).toBe(2)
    expect(removed('dummy', type)).toBe(2)
  })
})
