import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { generateSigningKey, printKeySet, publicKeyOf } from '../../src/claims/keys.ts'
import { GUARDED_PLUGINS } from '../../src/cni/guarded.ts'
import { defaultCluster } from '../../src/config/cluster.ts'
import { examineNode, type NodeOptions } from '../../src/doctor/node.ts'
import { Tree } from '../../src/doctor/tree.ts'

const scratch = mkdtempSync(join(tmpdir(), 'socni-doctor-'))
afterAll(() => rmSync(scratch, { recursive: true }))
let count = 0

const BIN = '/var/lib/rancher/k3s/data/cni'
const CONF = '/var/lib/rancher/k3s/agent/etc/cni/net.d'
/** The guard in the place of a plugin that was a file, or is not there. */
const STAND_IN = `#!${BIN}/socni\n`
const key = generateSigningKey()

/** As the kernel prints them: a VLAN, the cluster's bridge, and the default route in between. */
const routes = (name: string): string =>
  [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT                                                       ',
    'eth0.100\t0000640A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0                                                                             ',
    `${name}\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0                                                                          `,
    'wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0                                                                             ',
    'cni0\t00002A0A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0                                                                             ',
    '',
  ].join('\n')

/** A plugin that carries the keys which it decodes, beyond what is read of a file at once. */
const NEW = `#!program${' '.repeat(1024 * 1024 - 15)}json:"linkInContainer"`

/** A node as a file system of its own; a change is a file's new content, a link (`-> target`), or undefined to remove it. */
function node(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const root = join(scratch, String(count++))
  const files: Record<string, string | undefined> = {
    // K3s links its plugins to one multi-call program, by absolute paths.
    [`${BIN}/cni`]: '#!program',
    ...Object.fromEntries(
      ['flannel', 'host-local', 'loopback', 'portmap'].map(name => [`${BIN}/${name}`, `-> ${BIN}/cni`]),
    ),
    ...Object.fromEntries(GUARDED_PLUGINS.map(name => [`${BIN}/${name}`, STAND_IN])),
    [`${BIN}/bridge`]: '-> socni',
    [`${BIN}/socni.d/bridge`]: `-> ${BIN}/cni`,
    [`${BIN}/socni.d/vlan`]: NEW,
    [`${BIN}/multus-shim`]: '#!program',
    [`${BIN}/socni`]: '#!program',
    [`${BIN}/socni.d/socni`]: '#!program',
    [`${CONF}/00-multus.conf`]:
      '{"cniVersion": "0.3.1", "name": "multus-cni-network", "type": "multus-shim"}',
    [`${CONF}/10-flannel.conflist`]:
      '{"cniVersion": "1.0.0", "name": "cbr0", "plugins": [{"type": "flannel"}]}',
    [`${CONF}/socni.d/guard.json`]: '{"mode": "enforce"}',
    [`${CONF}/socni.d/keys.json`]: printKeySet(new Map([[key.kid, publicKeyOf(key, 'current')]])),
    '/run/multus/multus.sock': '',
    '/run/flannel/subnet.env': 'FLANNEL_NETWORK=10.42.0.0/16\nFLANNEL_MTU=1450\n',
    '/sys/class/net/eth0/mtu': '1500\n',
    '/sys/class/net/flannel.1/mtu': '1450\n',
    '/proc/modules': '8021q 40960 0 - Live 0x0\n',
    '/proc/net/route': routes('eth0'),
    ...changes,
  }
  for (const [path, content] of Object.entries(files)) {
    if (content === undefined) continue
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), file)
    else writeFileSync(file, content, { mode: content.startsWith('#!') ? 0o755 : 0o644 })
  }
  return root
}

const statuses = (root: string, options: NodeOptions = {}) =>
  Object.fromEntries(
    examineNode(root, { masters: ['eth0'], ...options }).map(({ id, status }) => [id, status]),
  )

/** What differs from a node where all is well. */
function complaints(changes: Readonly<Record<string, string | undefined>>, options?: NodeOptions): string[] {
  return examineNode(node(changes), { masters: ['eth0'], ...options })
    .filter(({ status }) => status !== 'ok')
    .map(({ id, status, found }) => `${id} ${status}: ${found}`)
}

describe('socni-ctl doctor on a node', () => {
  it('finds nothing wrong where nothing is', () => {
    expect(statuses(node())).toEqual({
      distribution: 'ok',
      'multus-configuration': 'ok',
      'multus-mode': 'ok',
      'multus-directories': 'ok',
      plugins: 'ok',
      'plugin-version': 'ok',
      'host-local': 'ok',
      'vlan-module': 'ok',
      interfaces: 'ok',
      'flannel-mtu': 'ok',
      'primary-interface': 'ok',
      'pod-range': 'ok',
      forwarding: 'ok',
      guard: 'ok',
      keys: 'ok',
    })
  })

  it.each<[what: string, changes: Record<string, string | undefined>, complaint: string]>([
    [
      'no Multus',
      { [`${CONF}/00-multus.conf`]: undefined },
      `multus-configuration error: "${CONF}" holds 10-flannel.conflist`,
    ],
    [
      'Multus behind Flannel',
      { [`${CONF}/00-multus.conf`]: undefined, [`${CONF}/70-multus.conf`]: '{"type": "multus-shim"}' },
      `multus-configuration error: "10-flannel.conflist" sorts before "70-multus.conf" in ${CONF}`,
    ],
    [
      'a broken Multus',
      { [`${CONF}/00-multus.conf`]: '{"type": ' },
      `multus-mode error: "${CONF}/00-multus.conf" is no JSON object: the JSON ends here, but a value must follow`,
    ],
    [
      'a Multus of no type',
      { [`${CONF}/00-multus.conf`]: '{}' },
      `multus-mode error: "${CONF}/00-multus.conf" is of type null`,
    ],
    [
      'no shim',
      { [`${BIN}/multus-shim`]: undefined },
      `multus-mode error: thick Multus, but "${BIN}/multus-shim" is missing`,
    ],
    [
      'no daemon',
      { '/run/multus/multus.sock': undefined },
      'multus-mode warning: thick Multus, but no socket of its daemon in "/run/multus"',
    ],
    [
      'a thin Multus without its kubeconfig',
      {
        [`${BIN}/multus`]: '#!program',
        [`${CONF}/00-multus.conf`]: '{"type": "multus", "kubeconfig": "/etc/multus.kubeconfig"}',
      },
      'multus-mode error: thin Multus, but its kubeconfig "/etc/multus.kubeconfig" is missing',
    ],
    [
      'another directory of plugins',
      { [`${CONF}/00-multus.conf`]: '{"type": "multus-shim", "binDir": "/opt/cni/bin"}' },
      `multus-directories error: "binDir": "/opt/cni/bin" in ${CONF}/00-multus.conf`,
    ],
    [
      'plugins of Debian 12',
      { [`${BIN}/socni.d/vlan`]: '#!program', [`${BIN}/socni.d/macvlan`]: '#!program' },
      `plugin-version warning: ${BIN}/socni.d/vlan, ${BIN}/socni.d/macvlan: from before 1.3.0`,
    ],
    [
      'a guard with no vlan plugin behind it',
      { [`${BIN}/socni.d/vlan`]: undefined },
      `plugins error: vlan missing in "${BIN}"`,
    ],
    [
      'a vlan plugin that cannot run',
      { [`${BIN}/vlan`]: 'text' },
      `plugins error: vlan missing in "${BIN}" (vlan there, but a broken link or not executable)`,
    ],
    [
      'plugins whose program is gone',
      { [`${BIN}/cni`]: undefined },
      `plugins error: bridge, flannel, host-local, loopback, portmap missing in "${BIN}" (flannel, host-local, loopback, portmap there, but a broken link or not executable)`,
    ],
    [
      'no 802.1Q',
      { '/proc/modules': 'dummy 16384 0 - Live 0x0\n' },
      'vlan-module error: 8021q is neither loaded nor built in',
    ],
    [
      'no interface',
      { '/sys/class/net/eth0/mtu': undefined, '/sys/class/net/enp1s0/mtu': '1500' },
      'interfaces error: eth0 missing; there are enp1s0, flannel.1',
    ],
    [
      'an MTU without room for VXLAN',
      { '/run/flannel/subnet.env': 'FLANNEL_NETWORK=10.42.0.0/16\nFLANNEL_MTU=1500\n' },
      'flannel-mtu error: FLANNEL_MTU=1500, but the largest interface has 1500',
    ],
    [
      'a Flannel that has not said what it gives out',
      { '/run/flannel/subnet.env': 'FLANNEL_MTU=1450\n' },
      'pod-range unknown: "/run/flannel/subnet.env" is missing or has no FLANNEL_NETWORK',
    ],
    [
      'no default route',
      { '/proc/net/route': undefined },
      'primary-interface unknown: no default route in "/proc/net/route"',
    ],
    [
      'a default route on another interface than the policy has',
      { '/proc/net/route': routes('eno1') },
      'primary-interface warning: the default route is on "eno1", and primaryInterface is "eth0"',
    ],
    [
      'pods with other addresses than the policy has',
      {
        '/run/flannel/subnet.env':
          'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_MTU=1450\nFLANNEL_IPV6_NETWORK=fd00::/56\n',
      },
      'pod-range error: Flannel gives pods 10.244.0.0/16, fd00::/56, and podCIDRs has 10.42.0.0/16',
    ],
    [
      'a plugin that an upgrade put back',
      { [`${BIN}/vlan`]: NEW },
      `guard error: ${BIN}/vlan can be run past the guard`,
    ],
    [
      'a name that an upgrade took from the guard',
      { [`${BIN}/tap`]: undefined },
      `guard warning: the guard is not at ${BIN}/tap: a runtime with a further directory runs what is there`,
    ],
    [
      'real plugins where Multus looks first',
      {
        '/opt/cni/bin/vlan': '#!program',
        '/opt/cni/bin/macvlan': '#!program',
        '/opt/cni/bin/host-local': '#!program',
      },
      'guard error: /opt/cni/bin/vlan, /opt/cni/bin/macvlan can be run past the guard',
    ],
    [
      'a guard that only writes down',
      { [`${CONF}/socni.d/guard.json`]: '{"mode": "audit"}' },
      `guard warning: "${CONF}/socni.d/guard.json" has "mode": "audit"`,
    ],
    [
      'a guard without its settings',
      { [`${CONF}/socni.d/guard.json`]: undefined },
      `guard error: "${CONF}/socni.d/guard.json" is missing; the guard refuses every attachment`,
    ],
    [
      'a guard without its settings, before all of its names',
      { [`${CONF}/socni.d/guard.json`]: undefined, [`${BIN}/tap`]: undefined },
      `guard error: "${CONF}/socni.d/guard.json" is missing`,
    ],
    [
      'a guard whose settings were cut off',
      { [`${CONF}/socni.d/guard.json`]: '{"mode"' },
      `guard error: "${CONF}/socni.d/guard.json" is no JSON object: the JSON ends here, but`,
    ],
    [
      'no guard',
      { [`${BIN}/socni`]: undefined, [`${BIN}/bridge`]: `-> ${BIN}/cni`, [`${BIN}/vlan`]: NEW },
      `guard warning: "${BIN}/socni" is missing`,
    ],
    [
      'nothing behind what is called by its name',
      { [`${BIN}/socni.d/socni`]: undefined },
      `guard warning: "${BIN}/socni.d/socni" is missing`,
    ],
    [
      'no keys',
      { [`${CONF}/socni.d/keys.json`]: undefined },
      `keys error: "${CONF}/socni.d/keys.json" is missing`,
    ],
    [
      'keys that are none',
      { [`${CONF}/socni.d/keys.json`]: '{"keys": 1}' },
      `keys error: "${CONF}/socni.d/keys.json": `,
    ],
    [
      'no key that signs',
      { [`${CONF}/socni.d/keys.json`]: printKeySet(new Map([[key.kid, publicKeyOf(key, 'retired')]])) },
      `keys error: "${CONF}/socni.d/keys.json" holds no key that signs now`,
    ],
  ])('complains of %s, and of nothing else', (_, changes, complaint) => {
    const found = complaints(changes)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(complaint)
  })

  it('complains of no vlan plugin, and that nothing is in its place', () => {
    expect(complaints({ [`${BIN}/vlan`]: undefined })).toEqual([
      `plugins error: vlan missing in "${BIN}"`,
      expect.stringMatching(`^guard warning: the guard is not at ${BIN}/vlan: `),
    ])
  })

  it('finds the plugin behind the guard in the other directory too, and says nothing of one that is nowhere', () => {
    const elsewhere = {
      [`${BIN}/socni.d/vlan`]: undefined,
      '/opt/cni/bin/vlan': '#!/opt/cni/bin/socni\n',
      '/opt/cni/bin/socni.d/vlan': NEW,
    }
    expect(complaints(elsewhere)).toEqual([])
    const plugins = examineNode(node(), {}).find(({ id }) => id === 'plugins')
    expect(plugins?.found).toBe(`bridge, flannel, host-local, loopback, portmap, vlan in "${BIN}"`)
  })

  it('sees keys that others may write', () => {
    const root = node()
    chmodSync(join(root, CONF, 'socni.d/keys.json'), 0o666)
    expect(statuses(root).keys).toBe('error')
  })

  it.each<[nodes: number | undefined, status: string]>([
    [1, 'ok'],
    [3, 'warning'],
    [undefined, 'unknown'],
  ])('judges host-local in a cluster of %s nodes: %s', (nodes, status) => {
    const text =
      '{"cniVersion": "1.0.0", "name": "v", "type": "vlan", "ipam": {"type": "host-local", "subnet": "10.0.0.0/24"}}'
    expect(statuses(node({ [`${CONF}/20-vlan.conf`]: text }), { nodes })['host-local']).toBe(status)
  })

  const IPAM = '/etc/cni/net.d/whereabouts.d'
  const named = (kubeconfig: string) => JSON.stringify({ kubernetes: { kubeconfig } })
  it.each<[what: string, changes: Readonly<Record<string, string>>, said: string[]]>([
    ['is not there', {}, [`whereabouts error: "${IPAM}/whereabouts.conf" is missing`]],
    [
      'is where it looks',
      {
        [`${IPAM}/whereabouts.conf`]: named(`${IPAM}/whereabouts.kubeconfig`),
        [`${IPAM}/whereabouts.kubeconfig`]: '',
      },
      [],
    ],
    [
      'is where K3s has its own',
      { [`${CONF}/whereabouts.d/whereabouts.conf`]: named(`${CONF}/whereabouts.d/whereabouts.kubeconfig`) },
      [`whereabouts warning: "${CONF}/whereabouts.d/whereabouts.conf" is where it does not look by itself`],
    ],
    [
      'is linked from there, as is told',
      {
        [IPAM]: `-> ${CONF}/whereabouts.d`,
        [`${CONF}/whereabouts.d/whereabouts.conf`]: named(`${IPAM}/whereabouts.kubeconfig`),
        [`${CONF}/whereabouts.d/whereabouts.kubeconfig`]: '',
      },
      [],
    ],
    [
      'names a path of its own container',
      { [`${IPAM}/whereabouts.conf`]: named('/host/kubeconfig') },
      [`whereabouts error: "${IPAM}/whereabouts.conf" names "/host/kubeconfig", which is missing`],
    ],
    [
      'names nothing',
      { [`${IPAM}/whereabouts.conf`]: '{}' },
      [`whereabouts error: "${IPAM}/whereabouts.conf" names no kubeconfig`],
    ],
    [
      'cannot be read',
      { [`${IPAM}/whereabouts.conf`]: '{' },
      [
        `whereabouts error: "${IPAM}/whereabouts.conf" is no JSON object: the JSON ends here, but a key in double quotes must follow`,
      ],
    ],
  ])('sees whether whereabouts, where it is installed, has its configuration: it %s', (_, changes, said) => {
    expect(complaints({ [`${BIN}/whereabouts`]: '#!program', ...changes })).toEqual(said)
  })

  it('complains of addresses in VLANs on a node that forwards, of either family', () => {
    const forward = '/proc/sys/net/ipv4/ip_forward'
    const said = (what: string, how: string) =>
      `forwarding warning: ${what} with addresses of the node, which forwards (${how})`
    expect(complaints({ [forward]: '0\n' })).toEqual([])
    expect(complaints({ [forward]: '1\n' })).toEqual([said('eth0.100', 'ipv4/ip_forward')])
    const none = { '/proc/net/route': routes('eth0').replace('eth0.100', 'eth0') }
    expect(complaints({ ...none, [forward]: '1\n' })).toEqual([])
    const row = (scope: string, name: string) =>
      `fd000000000000000000000000000005 04 40 ${scope} 80 ${name.padStart(8)}`
    const ipv6 = {
      ...none,
      '/proc/net/if_inet6': `${row('20', 'eth0.7')}\n${row('00', 'eth0')}\n${row('00', 'eth0.9')}\n`,
      '/proc/sys/net/ipv6/conf/all/forwarding': '1\n',
    }
    expect(complaints(ipv6)).toEqual([said('eth0.9', 'ipv6/conf/all/forwarding')])
  })

  it('complains of VLANs that reach the node, which has no address of its own there', () => {
    const ipv6 = (name: string, settings: Record<string, number>) =>
      Object.entries(settings).map(([key, value]) => [`/proc/sys/net/ipv6/conf/${name}/${key}`, `${value}\n`])
    const open = { disable_ipv6: 0, accept_ra: 1, accept_ra_defrtr: 1, forwarding: 0 }
    const said = (settings: Record<string, number>, ...more: string[][]) =>
      complaints({
        '/proc/net/vlan/config': 'VLAN Dev name\nName-Type\neth0.7 | 7 | eth0\neth0.100 | 100 | eth0\n',
        ...Object.fromEntries([...ipv6('eth0.7', settings), ...ipv6('eth0.100', open), ...more]),
      })
    const routers = 'open-vlans warning: takes default routes of IPv6 from routers in eth0.7'
    expect(said(open)).toEqual([routers])
    for (const closed of [{ disable_ipv6: 1 }, { accept_ra: 0 }, { accept_ra_defrtr: 0 }, { forwarding: 1 }])
      expect(said({ ...open, ...closed })).toEqual([])
    expect(said({ ...open, accept_ra: 2, forwarding: 1 })).toEqual([routers])
    // An address from a router is what this is about; one of the node's own says that it belongs there.
    const address = (flags: string) => [
      '/proc/net/if_inet6',
      `fd000000000000000000000000000005 04 40 00 ${flags}   eth0.7\n`,
    ]
    expect(said(open, address('00'))).toEqual([routers])
    expect(said(open, address('80'))).toEqual([])
    const ipv4 = (all: number, own: number) => [
      ['/proc/sys/net/ipv4/conf/all/rp_filter', `${all}\n`],
      ['/proc/sys/net/ipv4/conf/eth0.7/rp_filter', `${own}\n`],
      ['/proc/sys/net/ipv4/conf/eth0.7/forwarding', '1\n'],
    ]
    expect(said({}, ...ipv4(0, 0))).toEqual(['open-vlans warning: forwards IPv4 from eth0.7'])
    expect(said(open, ...ipv4(0, 0))).toEqual([`${routers}; forwards IPv4 from eth0.7`])
    for (const filtered of [ipv4(0, 1), ipv4(2, 0)]) expect(said({}, ...filtered)).toEqual([])
  })

  it('complains of interfaces that are other VLANs than their names say', () => {
    const config = (...rows: string[]) => ({
      '/proc/net/vlan/config': [
        'VLAN Dev name\t | VLAN ID',
        'Name-Type: VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD',
        ...rows,
        '',
      ].join('\n'),
    })
    const right = ['eth0.100       | 100  | eth0', 'storage        | 300  | eth0']
    expect(complaints(config(...right))).toEqual([])
    const masters = ['eth0', 'storage']
    const present = { '/sys/class/net/storage/mtu': '1500\n' }
    expect(complaints({ ...config(...right), ...present }, { masters })).toEqual([
      'vlan-names error: storage is VLAN 300 on eth0',
    ])
    const cluster = { ...defaultCluster, interfaces: { storage: { parent: 'eth0', vlan: 300 } } }
    expect(complaints({ ...config(...right), ...present }, { masters, cluster })).toEqual([])
    const bridge = { '/sys/class/net/br0/mtu': '1500\n', '/sys/class/net/br0/brif/eth0/priority': '32\n' }
    const both = ['eth0', 'br0']
    expect(complaints(bridge, { masters: both })).toEqual(['vlan-names error: br0 has the VLANs of eth0'])
    expect(complaints(bridge, { masters: ['br0'] })).toEqual([])
    const over = { ...defaultCluster, interfaces: { br0: { parent: 'eth0', vlan: 0 } } }
    expect(complaints(bridge, { masters: both, cluster: over })).toEqual([])
    expect(complaints(config('eth0.300       | 30  | eth0', 'eth1.5         | 5  | bond0'))).toEqual([
      'vlan-names error: eth0.300 is VLAN 30 on eth0, eth1.5 is VLAN 5 on bond0',
    ])
  })

  it('complains of a bridge of a grant that filters no VLANs', () => {
    const bridge = (name: string, filtering: number) => ({
      [`/sys/class/net/${name}/mtu`]: '1500\n',
      [`/sys/class/net/${name}/bridge/vlan_filtering`]: `${filtering}\n`,
    })
    const masters = ['eth0', 'br0', 'br1']
    expect(complaints({ ...bridge('br0', 0), ...bridge('br1', 1) }, { masters })).toEqual([
      'bridge-filtering warning: br0 without vlan_filtering',
    ])
    expect(statuses(node({ ...bridge('br0', 1), ...bridge('br1', 1) }), { masters })).toMatchObject({
      'bridge-filtering': 'ok',
    })
  })

  it('takes the directory of old K3s through its link, and says that upgrades move it', () => {
    const hash = 'a'.repeat(64)
    const old = `/var/lib/rancher/k3s/data/${hash}/bin`
    const plugins = ['bridge', 'flannel', 'host-local', 'loopback', 'portmap', 'vlan', 'multus-shim', 'socni']
    const root = node(
      Object.fromEntries([
        ...['cni', ...GUARDED_PLUGINS, 'socni.d/bridge', 'socni.d/vlan', 'socni.d/socni', ...plugins].map(
          name => [`${BIN}/${name}`, undefined],
        ),
        ...plugins.map(name => [`${old}/${name}`, '#!program']),
        ...GUARDED_PLUGINS.map(name => [`${old}/${name}`, '-> socni']),
        ...['bridge', 'vlan', 'socni'].map(name => [`${old}/socni.d/${name}`, NEW]),
        ['/var/lib/rancher/k3s/data/current', `-> /var/lib/rancher/k3s/data/${hash}`],
        [
          '/var/lib/rancher/k3s/agent/etc/containerd/config.toml',
          `[cni]\n  bin_dir = "${old}"\n  conf_dir = "${CONF}"\n`,
        ],
      ]),
    )
    const checks = examineNode(root, { masters: ['eth0'] })
    expect(checks[0]?.found).toBe(
      `k3s: configurations in "${CONF}", plugins in "/var/lib/rancher/k3s/data/current/bin"`,
    )
    expect(checks.filter(({ status }) => status !== 'ok').map(({ id, status }) => [id, status])).toEqual([
      ['plugins', 'warning'],
    ])
  })

  it('believes what containerd was told', () => {
    const root = node({
      '/var/lib/rancher/k3s/agent/etc/containerd/config.toml':
        '  bin_dirs = ["/opt/cni/bin"]\n  conf_dir = "/etc/cni/net.d"\n',
    })
    expect(examineNode(root)[0]?.found).toBe(
      'k3s: configurations in "/etc/cni/net.d", plugins in "/opt/cni/bin"',
    )
  })

  it.each([
    ['rke2', '/var/lib/rancher/rke2/agent/x', '/opt/cni/bin'],
    ['kubeadm', '/etc/kubernetes/kubelet.conf', '/opt/cni/bin'],
    ['openshift', '/run/multus/cni/net.d/10-ovn.conf', '/var/lib/cni/bin'],
  ])('knows %s by its files', (name, mark, binDir) => {
    const root = join(scratch, String(count++))
    mkdirSync(dirname(join(root, mark)), { recursive: true })
    writeFileSync(join(root, mark), '')
    expect(examineNode(root)[0]).toMatchObject({ status: 'ok', found: expect.stringContaining(`${name}: `) })
    expect(examineNode(root)[0]?.found).toContain(`plugins in "${binDir}"`)
  })

  it('says so on a machine that is no node', () => {
    const root = join(scratch, String(count++))
    mkdirSync(root)
    expect(statuses(root)).toEqual({
      distribution: 'error',
      'vlan-module': 'unknown',
      interfaces: 'unknown',
      'flannel-mtu': 'unknown',
      'primary-interface': 'unknown',
      'pod-range': 'unknown',
    })
  })

  it('blames no mounted disk for what only a running kernel has', () => {
    const live = [
      '/run/multus/multus.sock',
      '/run/flannel/subnet.env',
      '/sys/class/net/eth0/mtu',
      '/sys/class/net/flannel.1/mtu',
      '/proc/modules',
      '/proc/net/route',
    ]
    const root = node(Object.fromEntries(live.map(path => [path, undefined])))
    for (const directory of ['proc', 'sys', 'run']) mkdirSync(join(root, directory), { recursive: true })
    const checks = examineNode(root, { masters: ['eth0'] }).filter(({ status }) => status !== 'ok')
    expect(checks.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'multus-mode unknown',
      'vlan-module unknown',
      'interfaces unknown',
      'flannel-mtu unknown',
      'primary-interface unknown',
      'pod-range unknown',
    ])
  })

  it('gives a reason and a way to mend with all that is not well', () => {
    const root = join(scratch, String(count++))
    mkdirSync(join(root, CONF), { recursive: true })
    for (const { status, why, mend } of examineNode(root)) {
      expect(why.length).toBeGreaterThan(20)
      if (status !== 'ok') expect(mend).toBeTruthy()
    }
  })
})

describe('a tree', () => {
  it('reads to its end what the kernel gives in pages', () => {
    const { pid } = process
    const ends = [new Tree('/').read(`/proc/${pid}/maps`), readFileSync(`/proc/${pid}/maps`, 'utf8')].map(
      text => text?.trimEnd().split('\n').at(-1),
    )
    expect(ends[0]).toBe(ends[1])
  })
})

describe('a hostile tree', () => {
  it('never leads out of itself', () => {
    const outside = join(scratch, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'keys.json'), printKeySet(new Map([[key.kid, publicKeyOf(key, 'current')]])))
    const up = '../'.repeat(30)
    const changes = { [`${CONF}/socni.d/keys.json`]: `-> ${up}${outside.slice(1)}/keys.json` }
    expect(complaints(changes)).toEqual([`keys error: "${CONF}/socni.d/keys.json" is missing`])
    expect(complaints({ [`${CONF}/socni.d/keys.json`]: `-> ${outside}/keys.json` })).toHaveLength(1)
  })

  it.each<[what: string, changes: Record<string, string | undefined>]>([
    [
      'links in a circle',
      { [`${CONF}/00-multus.conf`]: '-> 01-multus.conf', [`${CONF}/01-multus.conf`]: '-> 00-multus.conf' },
    ],
    ['a link to its own directory', { [`${CONF}/00-multus.conf`]: '-> .' }],
    ['bytes that are no text', { [`${CONF}/00-multus.conf`]: '\u0000\ufffd{' }],
    ['a file of megabytes', { [`${CONF}/00-multus.conf`]: ' '.repeat(5_000_000) }],
    ['JSON of great depth', { [`${CONF}/00-multus.conf`]: '['.repeat(100_000) }],
    [
      'numbers that are none',
      { '/run/flannel/subnet.env': 'FLANNEL_MTU=99999999999999999999\n', '/sys/class/net/eth0/mtu': 'x' },
    ],
  ])('with %s is a complaint and no exception', (_, changes) => {
    expect(complaints(changes).length).toBeGreaterThan(0)
  })

  it('where directories are files is one too', () => {
    const root = node()
    rmSync(join(root, CONF), { recursive: true })
    writeFileSync(join(root, CONF), '')
    rmSync(join(root, BIN), { recursive: true })
    writeFileSync(join(root, BIN), '')
    expect(statuses(root)).toMatchObject({ 'multus-configuration': 'error', plugins: 'error' })
  })
})
