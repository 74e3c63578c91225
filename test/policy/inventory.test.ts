import { describe, expect, it } from 'vitest'
import type { Uplink } from '../../src/cni/facts/facts.ts'
import { type Cluster, defaultCluster, readCluster } from '../../src/config/cluster.ts'
import { type LabelSelector, readTenant, type Tenant } from '../../src/config/tenant.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { NATIVE, printVlans, type VlanSet, vlanSet } from '../../src/net/vlan-set.ts'
import { decide } from '../../src/policy/decision.ts'
import { attachment, exampleWorld, macvlanConfig, pod, tenant } from '../../src/policy/example.ts'
import type { Finding } from '../../src/policy/finding.ts'
import { limitSubnets, revocationsOf, ungranted } from '../../src/policy/grants.ts'
import { Inventory } from '../../src/policy/inventory.ts'
import { judge } from '../../src/policy/judge.ts'
import { putManifest, putPolicy } from '../../src/policy/put-policy.ts'
import { resolveReach } from '../../src/policy/reach.ts'
import { matchesSelector } from '../../src/policy/tenancy.ts'
import { Uses } from '../../src/policy/uses.ts'
import { exampleInventory } from '../example-inventory.ts'

const clusterWith = (spec: object): Cluster => {
  const reading = readCluster({ apiVersion: 'socni.dev/v1alpha1', kind: 'ClusterConfiguration', spec })
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  return reading.value
}
const tenantWith = (spec: object): Tenant => {
  const reading = readTenant(tenant('a', { namespaces: ['a'], ...spec }))
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  return reading.value
}
const cluster = clusterWith({
  interfaces: {
    'uplink-a': { parent: 'eth0', vlan: 300 },
    inner: { parent: 'uplink-a', vlan: 0 },
  },
})
const uplink = (
  name: string | undefined,
  vlans: VlanSet,
  change: Partial<Uplink['master']> = {},
): Uplink => ({
  plugin: 'x',
  at: [],
  vlans,
  source: 'key',
  master: { name, at: [], use: 'ride', byDefault: name === undefined, inContainer: false, ...change },
})

describe('the reach of an uplink', () => {
  it.each<[what: string, uplink: Uplink, reach: string[]]>([
    ['a plain interface', uplink('eth1', NATIVE), ['native on eth1']],
    ['no interface', uplink(undefined, NATIVE), ['native on eth0']],
    ['a VLAN in the name', uplink('eth0.200', NATIVE), ['200 on eth0']],
    ['a mapped name', uplink('uplink-a', NATIVE), ['300 on eth0']],
    ['tags on a VLAN', uplink('eth0.200', vlanSet(5)), ['5 on eth0.200']],
    [
      'tags and untagged traffic on a VLAN',
      uplink('eth0.200', vlanSet(0, 5)),
      ['200 on eth0', '5 on eth0.200'],
    ],
    ['a VLAN in a VLAN', uplink('eth0.200.30', NATIVE), ['30 on eth0.200']],
    ['an interface of the pod', uplink('net1', vlanSet(5), { inContainer: true }), []],
    [
      'a device that a device plugin chooses',
      uplink(undefined, vlanSet(5), { use: 'device' }),
      ['5 on intel.com/nic'],
    ],
    ['a device by its address', uplink('0000:3b:02.1', vlanSet(5), { use: 'device' }), ['5 on 0000:3b:02.1']],
  ])('on %s', (_, given, reach) => {
    expect(
      resolveReach([given], cluster, 'intel.com/nic').map(
        ({ vlans, master }) => `${printVlans(vlans)} on ${master}`,
      ),
    ).toEqual(reach)
  })

  it('ends where names are mapped in a circle, as a guard.json may have it that somebody wrote', () => {
    const interfaces = { one: { parent: 'two', vlan: 1 }, two: { parent: 'one', vlan: 2 } }
    expect(resolveReach([uplink('one', NATIVE)], { ...cluster, interfaces }, undefined)).toHaveLength(1)
  })
})

describe('a grant', () => {
  it.each<[grants: object[], master: string, vlans: VlanSet, ungranted: string, masterGranted: boolean]>([
    [[{ ids: '100-109', masters: ['eth0'] }], 'eth0', vlanSet(100, 110), '110', true],
    [[{ ids: '100-109', masters: ['eth0'] }], 'eth1', vlanSet(100), '100', false],
    [
      [
        { ids: 100, masters: ['eth0'] },
        { ids: 101, masters: ['eth0'] },
      ],
      'eth0',
      vlanSet(100, 101),
      'none',
      true,
    ],
    [[{ ids: 'native', masters: ['eth0.100'] }], 'eth0', vlanSet(100), 'none', true],
    [[{ ids: 300, masters: ['eth0'] }], 'uplink-a', vlanSet(7), 'none', true],
    [[{ ids: 7, masters: ['uplink-a'] }], 'uplink-a', vlanSet(7, 8), '8', true],
    [[], 'eth0', NATIVE, 'native', false],
  ])('of %j leaves on %s', (vlans, master, wanted, left, masterGranted) => {
    const answer = ungranted(tenantWith({ vlans }), { master, vlans: wanted }, cluster)
    expect([printVlans(answer.vlans), answer.masterGranted]).toEqual([left, masterGranted])
  })
})

describe('what a tenant has lost', () => {
  const { interfaces } = clusterWith({
    interfaces: {
      near: { parent: 'eth0', vlan: 300 },
      far: { parent: 'eth1', vlan: 300 },
      other: { parent: 'eth0', vlan: 301 },
    },
  })
  const lost = (...segments: { vlans: VlanSet; master?: string }[]) =>
    revocationsOf('finance', segments, { ...cluster, interfaces }).map(
      ({ tenant, vlans, master }) => `${tenant} ${printVlans(vlans)} on ${master ?? 'any'}`,
    )

  it('is also what is tagged inside of it, on an interface whose name hides that', () => {
    expect(lost({ vlans: vlanSet(300), master: 'eth0' })).toEqual([
      'finance 300 on eth0',
      'finance native,1-4094 on near',
    ])
    expect(lost({ vlans: vlanSet(300) })).toEqual([
      'finance 300 on any',
      'finance native,1-4094 on near',
      'finance native,1-4094 on far',
    ])
    expect(lost({ vlans: vlanSet(302), master: 'eth0' })).toEqual(['finance 302 on eth0'])
  })
})

describe('which pods use which networks', () => {
  const teller = (name: string, networks: string | undefined) =>
    pod(networks, { metadata: { name } }).metadata

  it('is known of each, until it ends or selects others', () => {
    const uses = new Uses()
    const of = (name: string) => [...uses.of('finance', name)]
    uses.put(teller('a', 'storage,ledger'))
    uses.put(teller('b', 'storage'))
    expect([of('storage'), of('ledger')]).toEqual([['finance/a', 'finance/b'], ['finance/a']])
    const { revision } = uses
    uses.put(teller('b', 'finance/storage'))
    expect(uses.revision).toBe(revision)
    uses.put(teller('b', 'ledger'))
    expect([of('storage'), of('ledger')]).toEqual([['finance/a'], ['finance/a', 'finance/b']])
    uses.remove('finance', 'a')
    expect([of('storage'), of('ledger')]).toEqual([[], ['finance/b']])
    uses.put(teller('b', undefined))
    expect([of('storage'), of('ledger')]).toEqual([[], []])
    expect(uses.revision).toBeGreaterThan(revision)
  })
})

describe('a policy that nobody admitted', () => {
  const aged = (manifest: Manifest, creationTimestamp: string) => ({
    ...manifest,
    metadata: { ...manifest.metadata, creationTimestamp },
  })
  const holding = (name: string, master: string) =>
    tenant(name, { namespaces: [name], vlans: [{ ids: 300, masters: [master] }] })
  const inForce = (...manifests: Manifest[]) => {
    const inventory = new Inventory()
    const problems = putPolicy(inventory, manifests)
    return [[...inventory.tenants()].map(({ name }) => name), problems.map(({ isInForce }) => isInForce)]
  }

  it('is read by the facts of the cluster, wherever they stand', () => {
    const facts: Manifest = {
      apiVersion: 'socni.dev/v1alpha1',
      kind: 'ClusterConfiguration',
      metadata: { name: 'cluster' },
      spec: { interfaces: { 'uplink-a': { parent: 'eth0', vlan: 300 } } },
    }
    const hidden = tenant('hidden', {
      namespaces: ['hidden'],
      vlans: [{ ids: 'native', masters: ['uplink-a'] }],
    })
    expect(inForce(holding('plain', 'eth0'), hidden)).toEqual([['plain', 'hidden'], []])
    expect(inForce(holding('plain', 'eth0'), hidden, facts)).toEqual([['plain'], [false]])
  })

  it('leaves to the older one what two hold, and in files to the first', () => {
    const [one, two] = [holding('one', 'eth0'), holding('two', 'eth0')]
    expect(inForce(one, two)).toEqual([['one'], [false]])
    expect(inForce(two, one)).toEqual([['two'], [false]])
    expect(inForce(aged(two, '2026-02-01T00:00:00Z'), aged(one, '2026-01-01T00:00:00Z'))[0]).toEqual(['one'])
    expect(inForce(aged(one, '2026-01-01T00:00:00Z'), aged(two, '2026-02-01T00:00:00Z'))[0]).toEqual(['one'])
  })
})

describe('the inventory', () => {
  const labelled = tenant('retail', {
    namespaceSelector: {
      matchLabels: { team: 'retail' },
      matchExpressions: [{ key: 'stage', operator: 'NotIn', values: ['old'] }],
    },
  })
  const names = (tenants: Iterable<Tenant>) => [...tenants].map(({ name }) => name)

  it('knows tenants by the names and the labels of their namespaces', () => {
    const inventory = exampleInventory(labelled)
    inventory.putNamespace('shop', { team: 'retail' })
    inventory.putNamespace('attic', { team: 'retail', stage: 'old' })
    inventory.putNamespace('finance', { team: 'retail' })
    expect(
      ['shop', 'attic', 'finance', 'finance-batch', 'nowhere'].map(namespace =>
        names(inventory.claimants(namespace)),
      ),
    ).toEqual([['retail'], [], ['finance', 'retail'], ['finance'], []])
    expect(inventory.tenantOf('finance')).toBeUndefined()
    const retail = inventory.tenant('retail')
    expect(
      retail && inventory.contestedBy(retail).map(({ namespace, tenant: other }) => [namespace, other.name]),
    ).toEqual([['finance', 'finance']])
  })

  it.each<[what: string, selector: LabelSelector, labels: Record<string, string>, takes: boolean]>([
    ['all labels', { matchLabels: { a: 'x', b: 'y' } }, { a: 'x', b: 'y' }, true],
    ['one label of two', { matchLabels: { a: 'x', b: 'y' } }, { a: 'x' }, false],
    [
      'one value of several',
      { matchExpressions: [{ key: 'a', operator: 'In', values: ['x', 'y'] }] },
      { a: 'y' },
      true,
    ],
    [
      'a label that is not there',
      { matchExpressions: [{ key: 'a', operator: 'In', values: ['x'] }] },
      {},
      false,
    ],
    [
      'a label that need not be there',
      { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['x'] }] },
      {},
      true,
    ],
    [
      'a value that may not be',
      { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['x'] }] },
      { a: 'x' },
      false,
    ],
    ['any value', { matchExpressions: [{ key: 'a', operator: 'Exists' }] }, { a: '' }, true],
    ['what every object has', { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }, {}, false],
    ['no value', { matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] }, { a: '' }, false],
    [
      'one condition of two',
      { matchLabels: { a: 'x' }, matchExpressions: [{ key: 'b', operator: 'Exists' }] },
      { a: 'x' },
      false,
    ],
  ])('selects namespaces as Kubernetes does: %s', (_, selector, labels, takes) => {
    expect(matchesSelector(labels, selector)).toBe(takes)
  })

  it('takes the name label from the name, whatever a file says', () => {
    const inventory = exampleInventory(
      tenant('by-name', { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'alone' } } }),
    )
    inventory.putNamespace('thief', { 'kubernetes.io/metadata.name': 'alone' })
    expect([names(inventory.claimants('alone')), names(inventory.claimants('thief'))]).toEqual([
      ['by-name'],
      [],
    ])
  })

  it('forgets what is removed, without a trace', () => {
    const inventory = exampleInventory(labelled)
    inventory.removeTenant('logistics')
    inventory.removeTenant('retail')
    inventory.removeAttachment('logistics', 'fleet')
    inventory.putNamespace('shop', { team: 'retail' })
    expect(names(inventory.claimants('shop'))).toEqual([])
    expect(inventory.attachment('logistics', 'fleet')).toBeUndefined()
    const finance = inventory.tenant('finance')
    const given = tenantWith({ vlans: [{ ids: 300, masters: ['eth0'], subnets: ['10.130.0.0/16'] }] })
    expect(inventory.rivalsOf(given)).toEqual([])
    inventory.putAttachment(
      attachment({ ...macvlanConfig(), ipam: { type: 'whereabouts', range: '10.130.0.0/24' } }),
    )
    const ledger = inventory.attachment('finance', 'ledger')
    expect(ledger && inventory.overlapsOf(ledger, finance)).toEqual([])
  })

  it('finds rivals for a VLAN by any spelling of its interface, but not among those who share it', () => {
    const inventory = exampleInventory(
      tenant('sharer', { namespaces: ['s'], vlans: [{ ids: 700, masters: ['eth0'], shared: true }] }),
    )
    const rivals = (grant: object) =>
      inventory.rivalsOf(tenantWith({ vlans: [grant] })).map(({ tenant: rival }) => rival.name)
    expect(rivals({ ids: '299-301', masters: ['eth0'] })).toEqual(['logistics'])
    expect(rivals({ ids: 'native', masters: ['eth0.300'] })).toEqual(['logistics'])
    expect(rivals({ ids: 300, masters: ['eth1'] })).toEqual([])
    expect(rivals({ ids: 700, masters: ['eth0'], shared: true })).toEqual([])
    expect(rivals({ ids: 700, masters: ['eth0'] })).toEqual(['sharer'])
  })

  it('finds who holds VLAN 1 beside untagged traffic, either way round, by any spelling', () => {
    const inventory = exampleInventory(
      tenant('sharer', { namespaces: ['s'], vlans: [{ ids: 'native', masters: ['eth1'], shared: true }] }),
      tenant('first', { namespaces: ['f'], vlans: [{ ids: '1', masters: ['eth2'] }] }),
    )
    const rivals = (grant: object) =>
      inventory
        .nativeRivalsOf(tenantWith({ vlans: [grant] }))
        .map(({ tenant: rival, master, holdsNative }) => [rival.name, master, holdsNative])
    expect(rivals({ ids: '1-5', masters: ['eth1', 'eth2'] })).toEqual([['sharer', 'eth1', true]])
    expect(rivals({ ids: 'native', masters: ['eth2.0'] })).toEqual([['first', 'eth2', false]])
    expect(rivals({ ids: 'native,1', masters: ['eth2'] })).toEqual([['first', 'eth2', false]])
    expect(rivals({ ids: 1, masters: ['eth1'], shared: true })).toEqual([])
    expect(rivals({ ids: 'native,2-4094', masters: ['eth1'] })).toEqual([])
  })

  it('takes what is untagged on an interface for that interface, tags and all', () => {
    const bridged = exampleInventory({
      apiVersion: 'socni.dev/v1alpha1',
      kind: 'ClusterConfiguration',
      metadata: { name: 'cluster' },
      spec: { interfaces: { br0: { parent: 'eth0', vlan: 0 } } },
    })
    const grant = { ids: 300, masters: ['br0'] }
    expect(bridged.rivalsOf(tenantWith({ vlans: [grant] })).map(({ tenant: rival }) => rival.name)).toEqual([
      'logistics',
    ])
    expect(exampleInventory().rivalsOf(tenantWith({ vlans: [grant] }))).toEqual([])
    // Who holds the untagged network holds no VLAN by a name for it.
    const holder = tenant('native', { namespaces: ['n'], vlans: [{ ids: 'native', masters: ['eth0'] }] })
    for (const [inventory, master] of [
      [exampleInventory(holder), 'eth0.0'],
      [bridged, 'br0'],
    ] as const) {
      putManifest(inventory, holder)
      const config = { cniVersion: '1.0.0', type: 'vlan', master, vlanId: 300, ipam: { type: 'static' } }
      const found = judge(attachment(config, { namespace: 'n' }), inventory)
      expect(found.find(({ rule }) => rule === 'vlan-not-granted')?.message).toContain('VLAN 300 on "eth0"')
    }
  })

  it('sees the same addresses of two tenants on a VLAN that they share, and not on separate ones', () => {
    const shared = { ids: 700, masters: ['eth0'], shared: true }
    const use = (namespace: string, master: string, range = '10.77.0.0/24') =>
      attachment(
        { ...macvlanConfig(), name: namespace, master, ipam: { type: 'whereabouts', range } },
        { namespace, name: 'n' },
      )
    const inventory = exampleInventory(
      tenant('one', { namespaces: ['one'], vlans: [shared] }),
      tenant('two', { namespaces: ['two'], vlans: [shared, { ids: 701, masters: ['eth0'] }] }),
      use('one', 'eth0.700'),
    )
    const overlaps = (master: string, range?: string) => {
      inventory.putAttachment(use('two', master, range))
      const found = inventory.attachment('two', 'n')
      return found && inventory.overlapsOf(found, inventory.tenant('two')).map(({ owner }) => owner)
    }
    expect(overlaps('eth0.700')).toEqual(['attachment "one/n" of tenant "one"'])
    expect(overlaps('eth0.701')).toEqual([])
    expect(overlaps('eth0.700', '10.78.0.0/24')).toEqual([])
  })

  it('keeps nobody from addresses that were granted, because somebody to whom they were not has taken them', () => {
    const of = (name: string, subnets: readonly string[]) =>
      tenant(name, { namespaces: [name], vlans: [{ ids: 700, masters: ['eth0'], subnets, shared: true }] })
    const use = (namespace: string, master: string) =>
      attachment(
        { ...macvlanConfig(), name: namespace, master, ipam: { type: 'whereabouts', range: '10.77.0.0/24' } },
        { namespace, name: 'n' },
      )
    const found = (granted: readonly string[], squatted: readonly string[], master: string) =>
      judge(
        use('two', 'eth0.700'),
        exampleInventory(of('one', squatted), of('two', granted), use('one', master)),
      ).map(({ rule }) => rule)
    for (const master of ['eth0.700', 'eth0.701']) {
      expect(found(['10.77.0.0/16'], [], master)).toEqual([])
      expect(found(['10.77.0.0/16'], ['10.77.0.0/16'], master)).toHaveLength(1)
    }
    expect(found([], [], 'eth0.700')).toEqual(['overlapping-subnet'])
    expect(found([], [], 'eth0.701')).toEqual(['foreign-ipam-store'])
  })

  it('sees one address that two ranges share, on one of several interfaces', () => {
    const both = [700, 701].map(ids => ({ ids, masters: ['eth0'], shared: true }))
    const range = (from: number, to: number) => `10.77.0.0/24-${from}-${to}`
    const use = (namespace: string, masters: readonly string[], ranges: string) => {
      const [subnet, from, to] = ranges.split('-')
      const [rangeStart, rangeEnd] = [from, to].map(last => `10.77.0.${last}`)
      const ipam = { type: 'host-local', ranges: [[{ subnet, rangeStart, rangeEnd }]] }
      const plugins = masters.map(master => ({ type: 'macvlan', master, ipam }))
      return attachment({ cniVersion: '1.0.0', name: namespace, plugins }, { namespace, name: 'n' })
    }
    const overlaps = (masters: readonly string[], from: number, to: number) => {
      const inventory = exampleInventory(
        tenant('one', { namespaces: ['one'], vlans: both }),
        tenant('two', { namespaces: ['two'], vlans: both }),
        use('one', ['eth0.700', 'eth0.701'], range(10, 20)),
        use('two', masters, range(from, to)),
      )
      const found = inventory.attachment('two', 'n')
      return (found && inventory.overlapsOf(found, inventory.tenant('two')))?.length
    }
    expect(overlaps(['eth0.700'], 20, 30)).toBe(2)
    expect(overlaps(['eth0.701'], 5, 10)).toBe(2)
    expect(overlaps(['eth0.701'], 21, 30)).toBe(0)
    expect(overlaps(['eth0.702'], 10, 20)).toBe(0)
  })

  it('leaves a subnet to both when it was granted to both', () => {
    const of = (name: string, subnets: readonly string[]) =>
      tenant(name, { namespaces: [name], vlans: [{ ids: 700, masters: ['eth0'], subnets, shared: true }] })
    const network = attachment(
      { ...macvlanConfig(), master: 'eth0.700', ipam: { type: 'whereabouts', range: '10.77.0.0/24' } },
      { namespace: 'two', name: 'n' },
    )
    const owners = (...tenants: Manifest[]) => {
      const inventory = exampleInventory(...tenants, network)
      const found = inventory.attachment('two', 'n')
      return found && inventory.overlapsOf(found, inventory.tenant('two')).map(({ owner }) => owner)
    }
    expect(owners(of('one', ['10.77.0.0/16']), of('two', ['10.77.0.0/24']))).toEqual([])
    expect(owners(of('one', ['10.77.0.0/16']), of('two', ['10.78.0.0/16']))).toEqual(['tenant "one"'])
  })

  it('leaves the choice of addresses to a tenant that has it by one of its grants', () => {
    const of = (...subnets: (readonly string[])[]) =>
      tenantWith({ vlans: subnets.map(each => ({ ids: 700, masters: ['eth0'], subnets: each })) }).vlans
    expect(limitSubnets(of(['10.77.0.0/16'], ['10.78.0.0/16']))).toBe(true)
    expect(limitSubnets(of(['10.77.0.0/16'], []))).toBe(false)
    expect(limitSubnets([])).toBe(false)
  })

  it('reads everything again when a name hides another VLAN', () => {
    const inventory = exampleInventory(attachment({ ...macvlanConfig(), master: 'uplink-a' }))
    const reach = () =>
      inventory
        .attachment('finance', 'ledger')
        ?.reach.map(({ vlans, master }) => `${printVlans(vlans)} on ${master}`)
    expect(reach()).toEqual(['native on uplink-a'])
    inventory.setCluster(cluster)
    expect(reach()).toEqual(['300 on eth0'])
    expect(names(inventory.claimants('finance'))).toEqual(['finance'])
  })
})

describe('the decision', () => {
  const finding = (rule: string, severity: Finding['severity']): Finding => ({
    rule,
    severity,
    title: '',
    message: '',
    at: [],
  })
  const findings = [finding('a', 'error'), finding('b', 'warning')]
  const ids = (list: readonly Finding[]) => list.map(({ rule }) => rule).join('')
  const outcome = (spec: object, own: object = {}) => {
    const { denied, warned, audited, isClean } = decide(findings, {
      cluster: clusterWith(spec),
      tenant: tenantWith(own),
      namespace: 'n',
    })
    return [ids(denied), ids(warned), ids(audited), isClean]
  }

  it.each<[cluster: object, tenant: object, outcome: unknown[]]>([
    [{}, {}, ['a', 'b', '', false]],
    [{ enforcement: 'warn' }, {}, ['', 'ab', '', false]],
    [{ enforcement: 'audit' }, {}, ['', '', 'ab', false]],
    [{ enforcement: 'audit' }, { enforcement: 'deny' }, ['a', 'b', '', false]],
    [{ namespaces: { n: { enforcement: 'warn' } } }, { enforcement: 'deny' }, ['', 'ab', '', false]],
    [{ rules: { a: 'off' } }, {}, ['', 'b', '', true]],
    [{ rules: { a: 'warn' } }, {}, ['', 'ab', '', true]],
    [{ rules: { a: 'off', b: 'deny' } }, { rules: { a: 'deny' } }, ['ab', '', '', false]],
    [{ namespaces: { n: { rules: { a: 'off' } } } }, { rules: { a: 'deny' } }, ['', 'b', '', true]],
    [{ namespaces: { other: { rules: { a: 'off' } } } }, {}, ['a', 'b', '', false]],
  ])('under %j and %j', (spec, own, expected) => {
    expect(outcome(spec, own)).toEqual(expected)
  })

  it('tells one cause once, as long as what tells it refuses', () => {
    const at = (rule: string, inside: (string | number)[], severity: Finding['severity'] = 'error') => ({
      ...finding(rule, severity),
      inside,
    })
    const denied = (spec: object, ...found: Finding[]) =>
      decide(found, { cluster: clusterWith(spec), tenant: undefined, namespace: 'n' }).denied.map(
        ({ rule }) => rule,
      )
    const both = [at('interface-not-granted', ['bridge']), at('protected-interface', ['bridge'])]
    expect(denied({}, ...both)).toEqual(['protected-interface'])
    expect(denied({ rules: { 'protected-interface': 'warn' } }, ...both)).toEqual(['interface-not-granted'])
    expect(denied({ rules: { 'protected-interface': 'off' } }, ...both)).toEqual(['interface-not-granted'])
    const apart = [at('interface-not-granted', ['master']), at('protected-interface', ['bridge'])]
    expect(denied({}, ...apart)).toEqual(['interface-not-granted', 'protected-interface'])
    const ofOnePlace = [at('interface-not-granted', ['bridge']), at('unreadable-config', ['bridge'])]
    expect(denied({}, ...ofOnePlace)).toEqual(['unreadable-config'])
    expect(denied({ rules: { 'unreadable-config': 'off' } }, ...ofOnePlace)).toEqual([
      'interface-not-granted',
    ])
    const ofThePlugin = [at('interface-not-granted', ['bridge']), at('unreadable-config', [])]
    expect(denied({}, ...ofThePlugin)).toEqual(['interface-not-granted', 'unreadable-config'])
    const inList = [at('unreadable-selection', [0]), at('unknown-attachment', [0, 'name'])]
    expect(denied({}, ...inList)).toEqual(['unreadable-selection'])
  })

  it('is not led astray by a namespace that is named like a method', () => {
    const where = { cluster: defaultCluster, tenant: undefined, namespace: 'constructor' }
    expect(ids(decide([finding('toString', 'error')], where).denied)).toBe('toString')
  })
})

describe('what stands against a network that a pod selects', () => {
  const storage = attachment(
    { ...macvlanConfig(), cniVersion: '0.2.0', name: 'storage' },
    { name: 'storage' },
  )
  const [finance] = exampleWorld
  const refusalsIn = (inventory: Inventory): string[] =>
    judge(pod('storage'), inventory).map(({ rule, message }) => `${rule}: ${message}`)

  const put = (inventory: Inventory, manifest: Manifest) =>
    expect(putManifest(inventory, manifest)).toEqual([])
  const withMaster = (master: string) =>
    attachment({ ...macvlanConfig(), name: 'storage', master }, { name: 'storage' })
  const thief = (spec: Record<string, unknown>) => tenant('thief', { vlans: [], ...spec })
  const holding = (ids: string) => {
    const { spec } = finance as { spec: { vlans: [object] } }
    return { ...finance, spec: { ...spec, vlans: [{ ...spec.vlans[0], ids }] } } as Manifest
  }

  // A pod that is judged once must not keep the answer when anything changes that it depends on.
  it.each<[change: string, apply: (inventory: Inventory) => void]>([
    ['the network is edited', inventory => put(inventory, withMaster('eth0.300'))],
    ['the network is gone', inventory => inventory.removeAttachment('finance', 'storage')],
    [
      'the network is gone, and comes again as another one',
      inventory => {
        inventory.removeAttachment('finance', 'storage')
        put(inventory, withMaster('eth0.300'))
      },
    ],
    ['the tenant is gone', inventory => inventory.removeTenant('finance')],
    ['the tenant loses the VLAN', inventory => put(inventory, holding('200'))],
    ['another tenant claims the namespace', inventory => put(inventory, thief({ namespaces: ['finance'] }))],
    [
      'a label gives the namespace to another tenant as well',
      inventory => {
        put(inventory, thief({ namespaceSelector: { matchLabels: { team: 'a' } } }))
        inventory.putNamespace('finance', { team: 'a' })
      },
    ],
    [
      'the name of its interface means another VLAN',
      inventory =>
        inventory.setCluster(clusterWith({ interfaces: { 'eth0.100': { parent: 'eth0', vlan: 300 } } })),
    ],
    [
      'a rule is made stricter',
      inventory =>
        inventory.setCluster(
          clusterWith({ rules: { 'one-pod-per-vlan': 'deny', 'old-cni-version': 'deny' } }),
        ),
    ],
  ])('is found anew when %s', (_, change) => {
    const warm = exampleInventory(storage)
    expect(refusalsIn(warm)).toEqual([])
    change(warm)
    const cold = exampleInventory(storage)
    change(cold)
    expect(refusalsIn(warm)).toEqual(refusalsIn(cold))
    expect(refusalsIn(cold)).not.toEqual([])
  })

  it('is found anew when a label is taken from the namespace again', () => {
    const inventory = exampleInventory(storage)
    put(inventory, thief({ namespaceSelector: { matchLabels: { team: 'a' } } }))
    inventory.putNamespace('finance', { team: 'a' })
    expect(refusalsIn(inventory)).not.toEqual([])
    inventory.removeNamespace('finance')
    expect(refusalsIn(inventory)).toEqual([])
  })
})
