import { describe, expect, it } from 'vitest'
import { RESOURCE_NAME_ANNOTATION } from '../../src/kube/annotations.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { attachment, macvlanConfig, pod, tenant } from '../../src/policy/example.ts'
import { judge } from '../../src/policy/judge.ts'
import { exampleInventory } from '../example-inventory.ts'

/** What the example of a rule does not show of it. */
const rulesFor = (manifest: Manifest, ...given: Manifest[]) =>
  judge(manifest, exampleInventory(...given)).map(({ rule }) => rule)
const messagesFor = (manifest: Manifest, ...given: Manifest[]) =>
  judge(manifest, exampleInventory(...given)).map(({ message }) => message)
const network = (config: Record<string, unknown>, name = 'ledger', namespace = 'finance') =>
  attachment({ ...macvlanConfig(), name, ...config }, { name, namespace })

describe("another tenant's network", () => {
  it.each<[what: string, config: Record<string, unknown>, isForeign: boolean]>([
    ['in a VLAN, with addresses of the pods', { master: 'eth0.300', ipam: { type: 'static' } }, true],
    ['in a VLAN, with addresses of a server', { master: 'eth0.300', ipam: { type: 'dhcp' } }, true],
    [
      'in no VLAN, with a route of the node',
      {
        type: 'ptp',
        master: undefined,
        mode: undefined,
        ipam: { type: 'static', addresses: [{ address: '10.130.0.9/24' }] },
      },
      true,
    ],
    [
      'in no VLAN, with its addresses',
      {
        type: 'dummy',
        master: undefined,
        mode: undefined,
        ipam: { type: 'host-local', subnet: '10.130.0.0/24' },
      },
      true,
    ],
    ['of nobody', { type: 'dummy', master: undefined, mode: undefined, ipam: { type: 'static' } }, false],
  ])('%s', (_, config, isForeign) => {
    const theirs = network(config, 'theirs', 'logistics')
    expect(rulesFor(pod('logistics/theirs'), theirs).includes('foreign-attachment')).toBe(isForeign)
  })

  it.each<[what: string, config: string, isForeign: boolean]>([
    ['with a route of the node', '{"cniVersion":"1.0.0","type":"ptp","ipam":{"type":"static"}}', true],
    ['with a device', '{"cniVersion":"1.0.0","type":"ovs","bridge":"br-any"}', true],
    ['that cannot be read', '{', true],
    ['that leads nowhere', '{"cniVersion":"1.0.0","type":"dummy","ipam":{"type":"static"}}', false],
  ])('of no tenant is open to all only where it leads nowhere: %s', (_, config, isForeign) => {
    const theirs = attachment(config, { name: 'theirs', namespace: 'nobody' })
    expect(rulesFor(pod('nobody/theirs'), theirs).includes('foreign-attachment')).toBe(isForeign)
  })
})

describe('a network that is not there', () => {
  it.each([
    ['ledgre', 'did you mean "ledger"?'],
    ['finance-batch/ledgre', 'did you mean "ledger"?'],
    ['logistics/feet', undefined],
    ['archive', undefined],
    ['le', undefined],
  ])('is, as %s, perhaps one of the pod’s own tenant, and no other', (name, hint) => {
    const networks = [network({}), network({}, 'ledger', 'finance-batch'), network({}, 'el')]
    const [message = ''] = messagesFor(pod(name), ...networks)
    expect(message).toContain('there is no NetworkAttachmentDefinition')
    expect(/did you mean "[^"]*"\?/.exec(message)?.[0]).toBe(hint)
  })
})

describe('an address that a pod asks for', () => {
  const asking = (ip: string, ipam: Record<string, unknown>) =>
    messagesFor(pod([{ name: 'ledger', ips: [ip] }]), network({ ipam })).filter(message =>
      message.startsWith(`"${ip}"`),
    )
  const pool = (range: string) => ({ type: 'whereabouts', range, network_name: 'p' })

  it.each([
    ['static', { type: 'static' }, 1],
    ['whereabouts', pool('10.100.1.0/24'), 1],
    ['host-local', { type: 'host-local', subnet: '10.100.1.0/24' }, 0],
  ])('has its prefix length where %s reads it with one alone', (_, ipam, count) => {
    expect(asking('10.100.1.7', ipam)).toHaveLength(count)
    expect(asking('10.100.1.7/24', ipam)).toEqual([])
  })

  it.each([
    ['the first one', '10.100.1.0/24', pool('10.100.1.0/24'), /is the network address/],
    ['the last one', '10.100.1.255/24', pool('10.100.1.0/24'), /is the broadcast address/],
    ['the first of four', '10.100.1.0/30', pool('10.100.1.0/30'), /is the network address/],
    [
      'the gateway',
      '10.100.1.1/24',
      { type: 'host-local', subnet: '10.100.1.0/24', gateway: '10.100.1.1' },
      /is the gateway/,
    ],
    ['the first one of IPv6', 'fd00:100::/64', pool('fd00:100::/64'), /is the network address/],
    [
      'one with more of the VLAN around it than the network has',
      '10.100.1.9/23',
      pool('10.100.1.0/24'),
      /has a shorter prefix than the network's 10\.100\.1\.0\/24: .* use \/24$/,
    ],
    [
      'one with the pods of the cluster around it',
      '10.100.1.9/9',
      pool('10.100.1.0/24'),
      /takes the cluster's own range 10\.42\.0\.0\/16 into the VLAN/,
    ],
  ])('is not %s', (_, ip, ipam, message) => {
    expect(asking(ip, ipam)).toEqual([expect.stringMatching(message)])
  })

  it.each([
    ['the second of two', '10.100.1.1/31', pool('10.100.1.0/31')],
    ['the first of two', '10.100.1.0/31', pool('10.100.1.0/31')],
    ['the last one of IPv6', 'fd00:100::ffff:ffff:ffff:ffff/64', pool('fd00:100::/64')],
    [
      'the first one that the NAD itself has',
      '10.100.1.0/24',
      { type: 'static', addresses: [{ address: '10.100.1.0/24' }] },
    ],
  ])('may be %s', (_, ip, ipam) => {
    expect(asking(ip, ipam)).toEqual([])
  })

  it('is asked for once, in whatever way it is written', () => {
    const asked = (...ips: string[]) => messagesFor(pod([{ name: 'storage', ips }]))
    expect(asked('10.100.1.7/24', '10.100.1.8/24')).toEqual([])
    expect(asked('fd00:100::7/64', 'fd00:100:0::7/64').filter(text => text.includes('twice'))).toEqual([
      '"fd00:100:0::7/64" is asked for twice: remove one',
    ])
  })
})

describe('a MAC that a pod asks for', () => {
  it.each<[mac: string, says: RegExp | undefined]>([
    ['02:00:0a:64:01:07', undefined],
    ['00:00:00:00:00:00', /is all zeros/],
    ['03:00:0a:64:01:07', /is a multicast address/],
    ['02:00:0a:64:01:07:00:01', /has 8 bytes/],
  ])('%s', (mac, says) => {
    const found = messagesFor(pod([{ name: 'storage', mac }]))
    expect(found).toEqual(says === undefined ? [] : [expect.stringMatching(says)])
  })
})

describe('the name of an interface', () => {
  const asked = (...interfaces: string[]) =>
    messagesFor(pod(interfaces.map(name => ({ name: 'storage', interface: name }))))

  it('ends with no dot, which sysctl reads as a slash', () => {
    expect(asked('eth0.')).toEqual([expect.stringMatching(/^"eth0\." ends with a dot/)])
    expect(asked('net.1')).toEqual([])
  })

  it.each(['eth0', 'lo'])('is not %s, which every pod has', name => {
    expect(asked(name)).toContainEqual(expect.stringMatching(`^"${name}" is already taken by`))
  })
})

describe('arguments of a pod', () => {
  it('are those that a cluster admin allows', () => {
    const allowing = {
      apiVersion: 'socni.dev/v1alpha1',
      kind: 'ClusterConfiguration',
      metadata: { name: 'cluster' },
      spec: { allowedCniArgs: ['colour'] },
    }
    const asked = pod([{ name: 'storage', 'cni-args': { colour: 'red' } }])
    expect(rulesFor(asked)).toEqual(['cni-args-not-allowed'])
    expect(rulesFor(asked, allowing)).toEqual([])
  })
})

describe('a default route', () => {
  const routes = (...dsts: string[]) => ({ ipam: { type: 'static', routes: dsts.map(dst => ({ dst })) } })
  const trusting = tenant('finance', {
    namespaces: ['finance'],
    vlans: [{ ids: '100', masters: ['eth0'] }],
    allowDefaultRoute: true,
  })

  it.each([['0.0.0.0/0'], ['0.0.0.0/1'], ['::/0']])(
    'is for a tenant that may have its own: %s',
    destination => {
      expect(rulesFor(network(routes(destination)))).toContain('default-route')
      expect(rulesFor(network(routes(destination)), trusting)).not.toContain('default-route')
    },
  )

  it('is told of by what makes it, and of several networks only where none makes it alone', () => {
    const whole = network(routes('0.0.0.0/0'), 'whole')
    const [low, high] = [network(routes('0.0.0.0/2'), 'low'), network(routes('64.0.0.0/2'), 'high')]
    expect(rulesFor(pod('low,high'), low, high)).toContain('combined-default-route')
    expect(rulesFor(pod('low,whole'), low, whole)).not.toContain('combined-default-route')
    expect(rulesFor(pod('low,high'), low, high, trusting)).not.toContain('combined-default-route')
  })
})

describe('a gateway', () => {
  it('of whereabouts may be in any of its ranges', () => {
    const ipam = (gateway: string) => ({
      type: 'whereabouts',
      network_name: 'p',
      ipRanges: [{ range: '10.100.1.0/24' }, { range: '10.100.2.0/24' }],
      gateway,
    })
    expect(rulesFor(network({ ipam: ipam('10.100.2.1') }))).not.toContain('address-outside-subnet')
    expect(rulesFor(network({ ipam: ipam('10.100.3.1') }))).toContain('address-outside-subnet')
  })

  it.each<[what: string, routes: object[], outside: string[]]>([
    ['in the subnet', [{ dst: '10.90.0.0/16', gw: '10.100.1.1' }], []],
    ['elsewhere', [{ dst: '10.90.0.0/16', gw: '10.100.9.1' }], ['0']],
    [
      'elsewhere, behind a route of link scope',
      [
        { dst: '10.100.9.1/32', scope: 253 },
        { dst: '10.90.0.0/16', gw: '10.100.9.1' },
      ],
      [],
    ],
    ['on every link', [{ dst: 'fd00:90::/64', gw: 'fe80::1' }], []],
    [
      'of IPv6, without a subnet of it',
      [{ dst: '10.90.0.0/16' }, { dst: 'fd00:90::/64', gw: 'fd00::1' }],
      ['1'],
    ],
  ])('of a route may be %s, or is told', (_, routes, outside) => {
    const ipam = { type: 'host-local', subnet: '10.100.1.0/24', routes }
    const found = judge(network({ ipam }), exampleInventory())
      .filter(({ rule }) => rule === 'address-outside-subnet')
      .map(({ inside, severity }) => [...(inside ?? []), severity].join('.'))
    expect(found).toEqual(outside.map(index => `ipam.routes.${index}.gw.warning`))
  })
})

describe('a GUID', () => {
  it('that says nothing is none', () => {
    const fabric = attachment(
      { cniVersion: '1.0.0', name: 'fabric', type: 'ib-sriov', capabilities: { infinibandGUID: true } },
      { name: 'fabric' },
    )
    const asked = (guid: string | null) =>
      rulesFor(pod([{ name: 'fabric', 'infiniband-guid': guid }]), fabric)
    expect(asked('')).not.toContain('device-request')
    expect(asked(null)).not.toContain('device-request')
    expect(rulesFor(pod('fabric'), fabric)).not.toContain('device-request')
    expect(asked('00:11:22:33:44:55:66:77')).toContain('device-request')
  })
})

describe('the status of networks', () => {
  const STATUS = 'k8s.v1.cni.cncf.io/network-status'
  const having = (status?: string) =>
    pod('storage', { metadata: { annotations: status === undefined ? {} : { [STATUS]: status } } })
  const change = (before: Manifest | undefined, to: Manifest, user: string | undefined) =>
    judge(to, exampleInventory(), { ...(before && { before }), user }).map(
      ({ rule, severity, at, message }) => [rule, severity, at.at(-1), message.replace(/^\S+ is /, '')],
    )
  const told = (severity: string, message: string) => [['forged-network-status', severity, STATUS, message]]

  it('is written by Multus, changed by nobody, and removed by nobody', () => {
    expect(change(having('[]'), having('[]'), 'alice')).toEqual([])
    expect(change(having(), having('[]'), 'alice')).toEqual(
      told('error', 'written by "alice", but belongs to Multus: leave it out'),
    )
    expect(change(having('[]'), having('[{}]'), 'alice')).toEqual(
      told('error', 'written by "alice", but belongs to Multus: leave it as it was'),
    )
    expect(change(having('[]'), having(), 'alice')).toEqual(
      told('error', 'removed by "alice", but belongs to Multus: leave it as it was'),
    )
  })

  it('is left out of a new pod, which a file is told', () => {
    expect(change(undefined, having('[]'), undefined)).toEqual(
      told('warning', 'left out of a new pod, as Multus writes it anew: remove it'),
    )
  })
})

describe('a Binding', () => {
  const DEFAULT = 'v1.multus-cni.io/default-network'
  const NETWORKS = 'k8s.v1.cni.cncf.io/networks'
  const given = pod('storage', { metadata: { annotations: { [DEFAULT]: 'kube-system/cbr1' } } })
  const bind = (annotations: Record<string, string>, ...there: Manifest[]) =>
    rulesFor(
      {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: 'teller', namespace: 'finance', annotations },
      } as Manifest,
      ...there,
    )

  it('may say what the pod says, and no more', () => {
    expect(bind({ [DEFAULT]: 'kube-system/cbr1', [NETWORKS]: 'storage' }, given)).toEqual([])
    expect(bind({ [DEFAULT]: 'kube-system/cbr2' }, given)).toEqual(['forged-binding'])
    expect(bind({ [DEFAULT]: 'kube-system/cbr1' }, pod('storage'))).toEqual(['forged-binding'])
    expect(bind({ 'k8s.v1.cni.cncf.io/network-status': '[]' }, given)).toEqual(['forged-binding'])
  })

  it('may write the networks in another way, as long as they are read', () => {
    expect(bind({ [NETWORKS]: ' finance/storage ' }, pod('finance/storage'))).toEqual([])
    expect(bind({ [NETWORKS]: '[ {"name":"storage"} ]' }, pod([{ name: 'storage' }]))).toEqual([])
    const known = '[{"name":"storage","later":1}]'
    expect(bind({ [NETWORKS]: known }, pod([{ name: 'storage', later: 1 }]))).toEqual([])
    expect(bind({ [NETWORKS]: '[{"name": "storage"}, {"name": "storage"}]' }, given)).toEqual([
      'forged-binding',
    ])
    expect(bind({ [NETWORKS]: 'storage,A' }, given)).toEqual(['forged-binding'])
    expect(bind({ [NETWORKS]: 'storage' })).toEqual(['forged-binding'])
  })
})

describe('addresses that the node routes', () => {
  const routed = (ipam: Record<string, unknown>, more: Record<string, unknown> = {}) =>
    network({ type: 'ptp', master: undefined, mode: undefined, ipam, ...more }, 'wire')

  it('are those that a pod may ask for', () => {
    expect(rulesFor(routed({ type: 'static' }, { capabilities: { ips: true } }))).toContain('host-route')
    expect(rulesFor(routed({ type: 'dhcp' }))).toContain('host-route')
  })

  it('are those of a gateway outside of the subnets, one of several', () => {
    const addresses = [
      { address: '10.100.1.9/24', gateway: '10.100.1.1' },
      { address: '10.100.2.9/24', gateway: '172.31.0.1' },
    ]
    expect(messagesFor(routed({ type: 'static', addresses }))).toContainEqual(
      expect.stringMatching(/^172\.31\.0\.1\/32 would be the node’s own/),
    )
  })

  it('may be any that the tenant was granted, in whatever VLAN', () => {
    const ipam = { type: 'static', addresses: [{ address: '10.130.0.9/24' }] }
    const other = tenant('finance', {
      namespaces: ['finance'],
      vlans: [{ ids: 7, masters: ['eth9'], subnets: ['10.130.0.0/16'] }],
    })
    expect(rulesFor(routed(ipam))).toContain('host-route')
    expect(rulesFor(routed(ipam), other)).not.toContain('host-route')
  })
})

describe('a namespace that somebody labels', () => {
  const space = (labels: Record<string, string>, name = 'shop'): Manifest => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels },
  })
  const bySelector = (name: string) =>
    tenant(name, {
      namespaceSelector: { matchLabels: { team: name } },
      vlans: [{ ids: 9, masters: ['eth9'] }],
    })
  const given = [bySelector('retail'), bySelector('toys')]
  const change = (from: string, to: string, may: readonly string[], user: string | undefined = 'alice') =>
    judge(space({ team: to }), exampleInventory(...given), {
      before: space({ team: from }),
      user,
      mayAssign: name => may.includes(name),
    }).map(({ rule }) => rule)

  it('goes from one tenant to another by who may assign both', () => {
    expect(change('retail', 'toys', ['retail', 'toys'])).toEqual([])
    expect(change('retail', 'toys', ['toys'])).toEqual(['tenancy-changed'])
    expect(change('retail', 'toys', ['retail'])).toEqual(['tenancy-changed'])
    expect(change('nobody', 'toys', ['toys'])).toEqual([])
    expect(change('retail', 'retail', [])).toEqual([])
  })

  it('stays with a tenant that nobody needs to be given', () => {
    const named = tenant('depot', { namespaces: ['shop'], vlans: [{ ids: 8, masters: ['eth9'] }] })
    const move = (may: readonly string[]) =>
      judge(space({ team: 'toys' }), exampleInventory(...given, named), {
        before: space({ team: 'nobody' }),
        user: 'alice',
        mayAssign: name => may.includes(name),
      }).map(({ rule }) => rule)
    expect(move(['toys'])).toEqual([])
    expect(move(['depot'])).toEqual(['tenancy-changed'])
  })

  it('is made by anybody, but where other rules hold for it', () => {
    const configuration = {
      apiVersion: 'socni.dev/v1alpha1',
      kind: 'ClusterConfiguration',
      metadata: { name: 'cluster' },
      spec: {
        exemptNamespaces: ['storage-system'],
        namespaces: { quiet: { enforcement: 'audit' } },
        tenancyAdmins: ['root'],
      },
    }
    const make = (name: string, user: string | undefined) =>
      judge(space({}, name), exampleInventory(configuration), { user }).map(({ rule }) => rule)
    expect(make('shop', 'alice')).toEqual([])
    expect(make('storage-system', 'alice')).toEqual(['tenancy-changed'])
    expect(make('quiet', 'alice')).toEqual(['tenancy-changed'])
    expect(make('quiet', 'root')).toEqual([])
    // A file does not say who will apply it.
    expect(make('quiet', undefined)).toEqual([])
    const labelled = judge(space({ a: 'b' }, 'quiet'), exampleInventory(configuration), {
      before: space({}, 'quiet'),
      user: 'alice',
    })
    expect(labelled).toEqual([])
  })
})

describe('a grant of what the cluster itself needs', () => {
  const found = (grant: object, spec: object = {}) =>
    judge(
      tenant('retail', { namespaces: ['retail'], vlans: [grant], ...spec }),
      exampleInventory({
        apiVersion: 'socni.dev/v1alpha1',
        kind: 'ClusterConfiguration',
        metadata: { name: 'cluster' },
        spec: {
          primaryInterface: 'eth0',
          protectedInterfaces: ['cni0', 'eth0.10', 'storage'],
          interfaces: { storage: { parent: 'eth1', vlan: 20 } },
        },
      }),
    ).map(({ rule, at }) => [rule, at.slice(3).join('.')])

  it('is one that only grants that', () => {
    const grants = [
      { ids: 'native', masters: ['eth0', 'cni0'] },
      { ids: 30, masters: ['cni0'] },
      { ids: 10, masters: ['eth1', 'eth0'] },
      { ids: 20, masters: ['eth1'] },
      { ids: 'native', masters: ['storage'] },
      { ids: '10-19', masters: ['eth0'] },
      { ids: 500, masters: ['eth0'], subnets: ['10.50.0.0/16', '10.42.8.0/24', '10.0.0.0/8'] },
    ]
    expect(grants.map(grant => found(grant))).toEqual([
      [['unusable-grant', 'masters.1']],
      [['unusable-grant', 'masters.0']],
      [['unusable-grant', 'masters.1']],
      [['unusable-grant', 'masters.0']],
      [['unusable-grant', 'masters.0']],
      [],
      [['unusable-grant', 'subnets.1']],
    ])
  })

  it('is none where the rule is no refusal for the tenant', () => {
    const grant = { ids: 'native', masters: ['cni0'], subnets: ['10.42.8.0/24'] }
    expect(found(grant, { rules: { 'protected-interface': 'warn' } })).toEqual([
      ['unusable-grant', 'subnets.0'],
    ])
    expect(found(grant, { rules: { 'cluster-route': 'off' } })).toEqual([['unusable-grant', 'masters.0']])
  })
})

describe('what a container may do on a trunk', () => {
  const trunk = network(
    {
      type: 'bridge',
      master: undefined,
      mode: undefined,
      bridge: 'br-finance',
      vlan: 100,
      preserveDefaultVlan: false,
      vlanTrunk: [{ minID: 200, maxID: 209 }],
    },
    'trunk',
  )
  const found = (capabilities: { add?: string[]; drop?: string[] } | undefined) =>
    messagesFor(
      pod('trunk', {
        spec: {
          containers: [{ name: 'c', image: 'i', ...(capabilities && { securityContext: { capabilities } }) }],
        },
      }),
      trunk,
    ).filter(message => message.startsWith('container'))

  it.each<[capabilities: { add?: string[]; drop?: string[] } | undefined, says: string | undefined]>([
    [{ drop: ['ALL'] }, undefined],
    [{ drop: ['NET_RAW'] }, undefined],
    [{ drop: ['cap_net_raw'] }, undefined],
    [{ drop: ['CHOWN'] }, 'has NET_RAW'],
    [undefined, 'has NET_RAW'],
    [{ drop: ['ALL'], add: ['NET_RAW'] }, 'has NET_RAW'],
    [{ drop: ['ALL'], add: ['CAP_NET_ADMIN'] }, 'has NET_ADMIN'],
    [{ drop: ['ALL'], add: ['ALL'] }, 'has NET_ADMIN'],
  ])('with %j', (capabilities, says) => {
    const messages = found(capabilities)
    expect(messages.length).toBe(says === undefined ? 0 : 1)
    expect(messages.join()).toContain(says ?? '')
  })
})

describe('a grant on an interface whose name says a VLAN', () => {
  it('is of tags inside of it, which who meant the VLAN itself is told', () => {
    const lab = tenant('lab', { namespaces: ['lab'], vlans: [{ ids: '700', masters: ['eth0.700'] }] })
    const meant = attachment(
      { ...macvlanConfig(), master: 'eth0.700', ipam: undefined },
      { namespace: 'lab' },
    )
    expect(judge(meant, exampleInventory(lab)).map(({ message }) => message)).toEqual([
      '"eth0" is no host interface of tenant "lab": its grants are on "eth0.700"; a grant on "eth0.700" is for tags inside of VLAN 700, and one for that VLAN itself has ids 700 on "eth0"',
    ])
  })
})

describe('a device that the runtime gives', () => {
  const lab = tenant('lab', {
    namespaces: ['lab'],
    vlans: [{ ids: '700', masters: ['eth0', '0000:3b:02.1', 'intel.com/nic'] }],
  })
  const found = (resourceName: string) => {
    const config = { cniVersion: '1.0.0', name: 'fast', type: 'sriov', vlan: 700 }
    const annotations = { 'k8s.v1.cni.cncf.io/resourceName': resourceName }
    const asked = attachment(config, { namespace: 'lab', annotations })
    return judge(asked, exampleInventory(lab)).map(({ rule }) => rule)
  }

  it('is of a granted resource, and never what a ResourceClaim by the name of a grant asks for', () => {
    expect(found('intel.com/nic')).toEqual([])
    expect(found('intel.com/other')).toEqual(['interface-not-granted'])
    for (const name of ['eth0', '0000:3b:02.1', 'claim'])
      expect(found(name)).toEqual(['undecidable-config', 'interface-not-granted'])
  })

  it('is none where no plugin takes one', () => {
    const annotations = { [RESOURCE_NAME_ANNOTATION]: 'claim' }
    expect(rulesFor(attachment(macvlanConfig(), { annotations }))).toEqual([])
  })
})

describe('a virtual machine', () => {
  it('has findings at the network that they are about, also behind one that is no name', () => {
    const networks = ['no name', 'logistics/fleet'].map(networkName => ({ multus: { networkName } }))
    const machine: Manifest = {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstance',
      metadata: { name: 'x', namespace: 'finance' },
      spec: { networks },
    }
    const found = judge(machine, exampleInventory()).find(({ rule }) => rule === 'foreign-attachment')
    expect(found?.at.join('.')).toBe('spec.networks.1.multus.networkName')
  })

  const machine = (names: readonly string[]): Manifest => ({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name: 'x', namespace: 'finance' },
    spec: { template: { spec: { networks: names.map(networkName => ({ multus: { networkName } })) } } },
  })
  const trunk = network(
    { type: 'bridge', bridge: 'br-finance', vlan: 100, vlanTrunk: [{ id: 200 }] },
    'trunk',
  )
  const launcher = (networks: string) =>
    pod(networks, { metadata: { labels: { 'kubevirt.io': 'virt-launcher' } } })

  it('has a guest that tags frames as it likes, in its launcher too', () => {
    const hopping = (manifest: Manifest) =>
      judge(manifest, exampleInventory(trunk)).filter(({ rule }) => rule === 'vlan-hopping-capability')
    const [found, ...others] = hopping(machine(['storage', 'trunk']))
    expect(found?.message).toContain('network "trunk" carries VLAN 100,200')
    expect(found?.at.join('.')).toBe('spec.template.spec.networks.1.multus.networkName')
    expect(others).toEqual([])
    expect(hopping(launcher('storage,trunk')).map(({ at }) => at)).toEqual([
      ['metadata', 'annotations', 'k8s.v1.cni.cncf.io/networks'],
    ])
    for (const closed of [machine(['storage']), launcher('storage'), pod('trunk')])
      expect(hopping(closed)).toEqual([])
  })

  it('has the first network too many pointed at', () => {
    const names = Array.from({ length: 5 }, () => 'storage')
    const found = judge(machine(names), exampleInventory()).find(({ rule }) => rule === 'too-many-networks')
    expect(found?.at.join('.')).toBe('spec.template.spec.networks.4.multus.networkName')
  })
})

describe('a network that each node has in a file', () => {
  const cluster = (spec: object): Manifest => ({
    apiVersion: 'socni.dev/v1alpha1',
    kind: 'ClusterConfiguration',
    metadata: { name: 'cluster' },
    spec,
  })
  const left = cluster({ nodeNetworks: ['istio-cni'] })
  // As Istio's chart has it for Multus: no spec at all, and every pod with a sidecar selects it from its namespace.
  const mesh: Manifest = {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name: 'istio-cni', namespace: 'default' },
  }
  const annotated = {
    ...mesh,
    metadata: { ...mesh.metadata, annotations: { [RESOURCE_NAME_ANNOTATION]: 'intel.com/nic' } },
  }
  const routed = { name: 'istio-cni', namespace: 'default', 'default-route': ['10.100.1.1'] }
  const inVlan = network({ master: 'eth0.300', ipam: { type: 'static' } }, 'istio-cni', 'logistics')

  it.each<[what: string, manifest: Manifest]>([
    ['without a specification', mesh],
    ['without a configuration', { ...mesh, spec: {} }],
    ['with an empty one', { ...mesh, spec: { config: '' } }],
  ])('may be empty, and be selected by anybody: %s', (_, manifest) => {
    expect(rulesFor(manifest, left)).toEqual([])
    expect(rulesFor(pod('storage,default/istio-cni'), left, manifest)).toEqual([])
    expect(rulesFor(pod('default/istio-cni', { metadata: { namespace: 'nobody' } }), left, manifest)).toEqual(
      [],
    )
  })

  it.each<[what: string, manifest: Manifest, given: Manifest[], refused: string]>([
    ['a name that no administrator wrote', mesh, [], 'ambiguous-config'],
    ['a device beside it, whatever takes it on the node', annotated, [left], 'ambiguous-config'],
    ['a configuration that is no text', { ...mesh, spec: { config: {} } }, [left], 'ambiguous-config'],
    ['a VLAN under its name', pod('logistics/istio-cni'), [left, inVlan], 'foreign-attachment'],
    ['a default route', pod([routed]), [left, mesh], 'default-route-request'],
  ])('does not open %s', (_, manifest, given, refused) => {
    expect(rulesFor(manifest, ...given)).toContain(refused)
  })

  it.each<[what: string, spec: object, first: Manifest]>([
    [
      'a file of the node',
      { nodeNetworks: ['first'] },
      { ...mesh, metadata: { name: 'first', namespace: 'finance' } },
    ],
    [
      'a plugin that is only vouched for',
      { vouchedTypes: ['teleport'] },
      network({ type: 'teleport' }, 'first'),
    ],
  ])('is nothing to tag frames on, nor is %s', (_, spec, first) => {
    const tagged = (master: string) =>
      network({ type: 'vlan', vlanId: 300, linkInContainer: true, mode: undefined, master }, 'tagged')
    const selecting = pod('first,storage,tagged')
    expect(rulesFor(selecting, cluster(spec), first, tagged('net1'))).toEqual(['pod-vlan-not-granted'])
    expect(rulesFor(selecting, cluster(spec), first, tagged('net2'))).toEqual([])
    // Also where another network of the pod is in between, which lets tags through.
    const between = network({ master: 'net1', linkInContainer: true, ipam: undefined }, 'between')
    const riding = pod('first,storage,between,tagged')
    expect(rulesFor(riding, cluster(spec), first, between, tagged('net3'))).toEqual(['pod-vlan-not-granted'])
  })

  it('is something to tag frames on where what makes the interface can be read', () => {
    const tagged = network({
      type: 'vlan',
      vlanId: 300,
      linkInContainer: true,
      mode: undefined,
      master: 'net1',
    })
    const vouching = cluster({ vouchedTypes: ['teleport'] })
    const found = (first: Record<string, unknown>) =>
      rulesFor(pod('first,ledger'), vouching, network(first, 'first'), tagged)
    const bare = { master: undefined, mode: undefined, ipam: undefined }
    expect(found({})).toEqual([])
    expect(found({ ...bare, type: undefined, plugins: [macvlanConfig(), { type: 'teleport' }] })).toEqual([])
    expect(found({ ...bare, type: 'flannel', delegate: { type: 'teleport' } })).toContain(
      'pod-vlan-not-granted',
    )
  })
})

describe('a namespace that nobody judges', () => {
  it('may have any network, and no other one may', () => {
    const exempting: Manifest = {
      apiVersion: 'socni.dev/v1alpha1',
      kind: 'ClusterConfiguration',
      metadata: { name: 'cluster' },
      spec: { exemptNamespaces: ['storage-system'] },
    }
    const anywhere = (namespace: string) => network({ master: 'eth0' }, 'any', namespace)
    expect(rulesFor(anywhere('storage-system'), exempting)).toEqual([])
    expect(rulesFor(anywhere('storage'), exempting)).not.toEqual([])
  })
})

describe("an address store that is no tenant's", () => {
  const store = (namespace: string) =>
    attachment(
      {
        cniVersion: '1.0.0',
        name: 'n',
        type: 'dummy',
        ipam: { type: 'whereabouts', range: '10.9.0.0/24', network_name: 'p' },
      },
      { name: 'n', namespace },
    )

  it('is that of one namespace', () => {
    expect(rulesFor(store('somewhere'), store('elsewhere'))).toContain('foreign-ipam-store')
    expect(rulesFor(store('somewhere'), store('somewhere'))).not.toContain('foreign-ipam-store')
  })
})

describe('an old CNI version', () => {
  const told = (config: Record<string, unknown>) =>
    judge(network(config), exampleInventory())
      .filter(({ rule }) => rule === 'old-cni-version')
      .map(({ message, fix }) => [message.replace(/.*: use "([0-9.]+)".*/, '$1'), fix?.text])
  const ipam = { type: 'host-local', subnet: '10.100.1.0/24' }

  it('is worth a word only where a result cannot name the interface', () => {
    for (const cniVersion of ['0.3.0', '0.3.1', '0.4.0', '1.0.0']) expect(told({ cniVersion })).toEqual([])
    expect(told({ cniVersion: undefined })).toHaveLength(1)
  })

  it.each<[what: string, config: Record<string, unknown>, answer: string, fix: string | undefined]>([
    ['reference plugins', { ipam }, '1.0.0', '1.0.0'],
    ['reference plugins without addresses', { ipam: {} }, '1.0.0', '1.0.0'],
    ['a plugin of somebody else', { type: 'netop-cni', ipam }, '0.3.1', undefined],
    ['an IPAM plugin of somebody else', { ipam: { type: 'whereabouts' } }, '0.3.1', undefined],
    [
      'one of somebody else in the chain',
      { type: undefined, plugins: [{ type: 'macvlan' }, { type: 'own' }] },
      '0.3.1',
      undefined,
    ],
  ])('is fixed where that is safe: %s', (_, config, answer, fix) => {
    expect(told({ cniVersion: '0.2.0', ...config })).toEqual([[answer, fix]])
  })
})

describe('an MTU that nobody wrote', () => {
  const cluster = (spec: object): Manifest => ({
    apiVersion: 'socni.dev/v1alpha1',
    kind: 'ClusterConfiguration',
    metadata: { name: 'cluster' },
    spec,
  })
  const ofBridge = { type: 'bridge', bridge: 'br-finance', vlan: 100, preserveDefaultVlan: false }

  it('is said to be assumed', () => {
    const jumbo = network({ mtu: 9000 })
    expect(messagesFor(jumbo)).toEqual([
      '9000 is more than the 1500 bytes that "eth0" is assumed to have, as nobody wrote its MTU: use at most 1500, or have a cluster admin write it under mtus of the ClusterConfiguration or as mtu of the grant',
    ])
    expect(messagesFor(jumbo, cluster({ mtus: { eth0: 2000 } }))).toEqual([
      '9000 is more than the 2000 bytes of "eth0": use at most 2000',
    ])
  })

  it('is written of a device resource where it is granted alone', () => {
    const device = attachment(
      {
        cniVersion: '1.0.0',
        name: 'fast',
        plugins: [
          { type: 'sriov', vlan: 100 },
          { type: 'tuning', mtu: 9000 },
        ],
      },
      { name: 'fast', annotations: { [RESOURCE_NAME_ANNOTATION]: 'intel.com/nic' } },
    )
    expect(messagesFor(device)).toContainEqual(
      expect.stringMatching(
        /^9000 is more .* "intel.com\/nic" is assumed .* cluster admin write it as mtu of the grant$/,
      ),
    )
  })

  it('is said to be assumed of the bridge that the node is on', () => {
    const small = network({ ...ofBridge, master: undefined, mode: undefined, mtu: 1400 })
    const ofNode = { primaryInterface: 'br-finance' }
    expect(messagesFor(small, cluster(ofNode))).toEqual([
      expect.stringMatching(
        /drops to 1400 bytes: use at least 1500, which is assumed, as nobody wrote its MTU/,
      ),
    ])
    expect(messagesFor(small, cluster({ ...ofNode, mtus: { 'br-finance': 1450 } }))).toEqual([
      expect.stringMatching(/drops to 1400 bytes: use at least 1450$/),
    ])
  })
})

describe('a network that gives out no address', () => {
  const asking = (selection: Record<string, unknown>, ipam: Record<string, unknown>) =>
    rulesFor(pod([{ name: 'ledger', ...selection }]), network({ ipam })).filter(
      rule => rule === 'missing-address',
    ).length

  it('is told to pods that ask for none, in any of the ways to ask', () => {
    expect(asking({}, { type: 'static' })).toBe(1)
    expect(asking({ ips: ['10.100.1.7/24'] }, { type: 'static' })).toBe(0)
    expect(asking({ 'cni-args': { ips: ['10.100.1.7/24'] } }, { type: 'static' })).toBe(0)
    expect(asking({}, { type: 'static', addresses: [{ address: '10.100.1.7/24' }] })).toBe(0)
    expect(asking({}, { type: 'dhcp' })).toBe(0)
  })
})

describe('an interface of the pod that a node has as well', () => {
  const granted = tenant('edge', { namespaces: ['edge'], vlans: [{ ids: 7, masters: ['eth0', 'net1'] }] })
  const riding = (master: string) =>
    messagesFor(
      attachment(
        { cniVersion: '1.0.0', type: 'ipvlan', master, linkInContainer: true, ipam: { type: 'static' } },
        { namespace: 'edge' },
      ),
      granted,
    )

  it('is not what the finding says to name instead', () => {
    expect(riding('eth0')).toEqual([
      'plugins before 1.3.0 do not read "linkInContainer", and take "eth0" of the node: name an interface that only the pod has, such as "net1"',
    ])
    expect(riding('cni0')).toContainEqual(expect.stringContaining('take "cni0" of the node'))
    expect(riding('net1')).toEqual([
      'plugins before 1.3.0 do not read "linkInContainer", and take "net1" of the node: name an interface that only the pod has',
    ])
  })
})

describe('a finding', () => {
  it('names of many granted interfaces those that are nearest', () => {
    const masters = Array.from({ length: 46 }, (_, index) => `ens${index + 1}`)
    const many = tenant('many', { namespaces: ['many'], vlans: [{ ids: 7, masters }] })
    const riding = attachment({ ...macvlanConfig(), master: 'ens50', ipam: undefined }, { namespace: 'many' })
    expect(messagesFor(riding, many)).toEqual([
      '"ens50" is no host interface of tenant "many": its grants are on "ens5", "ens10", "ens20", "ens30", "ens40", … and 41 more',
    ])
  })

  it.each([
    [
      'net.ipv4.conf.all.arp_ignore',
      'of other interfaces than this one: write "net.ipv4.conf.IFNAME.arp_ignore"',
    ],
    [
      'net/ipv6/neigh/eth0.5/gc_stale_time',
      'of other interfaces than this one: write "net.ipv6.neigh.IFNAME.gc_stale_time"',
    ],
    ['net.core.somaxconn', 'of the whole pod, eth0 and all: remove it, or have the pod ask for it'],
    ['net.ipv4.tcp_keepalive_time', undefined],
    ['net/ipv4/ip_local_port_range', undefined],
    ['net.ipv4.tcp_rmem_max', 'of the whole pod'],
  ])('of sysctl %s says what to write instead', (name, says) => {
    const { cniVersion, ...macvlan } = macvlanConfig()
    const plugins = [macvlan, { type: 'tuning', sysctl: { [name]: '1' } }]
    const messages = messagesFor(attachment({ cniVersion, name: 'ledger', plugins }, { name: 'ledger' }))
    expect(messages).toEqual(says === undefined ? [] : [expect.stringContaining(`"${name}" is ${says}`)])
  })

  it.each([
    ['finance/ledger', []],
    [
      'default/ledger',
      ['"default/ledger" is not this network, and OVN-Kubernetes leaves it out: write "finance/ledger"'],
    ],
  ])('says which network OVN-Kubernetes would look for by %s', (netAttachDefName, messages) => {
    const overlay = { cniVersion: '1.0.0', name: 'ledger', type: 'ovn-k8s-cni-overlay', topology: 'layer2' }
    const copied = attachment({ ...overlay, netAttachDefName }, { name: 'ledger' })
    expect(messagesFor(copied)).toEqual(messages)
  })

  it('says the type that was probably meant', () => {
    const mistyped = (type: string) => messagesFor(network({ type }))[0]
    expect(mistyped('Macvlan')).toMatch(/^"Macvlan" is no CNI type that SOCNI can read: write "macvlan", or /)
    expect(mistyped('teleport')).toMatch(
      /^"teleport" is no CNI type that SOCNI can read: use one that it can, /,
    )
    expect(messagesFor(network({ ipam: { type: 'where-abouts' } }))).toEqual([
      expect.stringContaining('write "whereabouts", or'),
    ])
  })

  it.each([
    ['finance/other', '"finance/other"'],
    ['[{"name": "other", "namespace": "finance"}]', '"finance/other"'],
    ['{"name": "other"}', 'the network that the annotation names'],
  ])('names the network that is to replace Flannel, not JSON: %s', (annotation, name) => {
    const annotations = { 'v1.multus-cni.io/default-network': annotation }
    expect(messagesFor(pod(undefined, { metadata: { annotations } }))).toContain(
      `${name} would take the place of Flannel on eth0: select it as a further network instead`,
    )
  })

  it('of a type that always takes the default route names another type as the way out', () => {
    const router = attachment(
      { cniVersion: '1.0.0', name: 'out', type: 'egress-router', interfaceArgs: { master: 'eth0.100' } },
      { name: 'out' },
    )
    expect(messagesFor(router)).toContain(
      'type "egress-router" always takes the pod\'s default route: use another type, or ask for allowDefaultRoute',
    )
  })

  it('names a container without a name by its number', () => {
    const trunk = { type: 'bridge', bridge: 'br-finance', vlan: 100, vlanTrunk: [{ minID: 200, maxID: 209 }] }
    const carrying = network({ ...trunk, master: undefined, mode: undefined, ipam: undefined }, 'trunk')
    const spec = { containers: [{ name: 'a', securityContext: { capabilities: { drop: ['ALL'] } } }, {}] }
    expect(messagesFor(pod('trunk', { spec }), carrying)).toEqual([
      expect.stringMatching(/^container 2 has NET_RAW, and network "trunk" carries VLAN 100,200-209: /),
    ])
  })
})
