import { describe, expect, it } from 'vitest'
import { RESOURCE_NAME_ANNOTATION } from '../../src/kube/annotations.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { attachment, exampleWorld, macvlanConfig, pod, tenant } from '../../src/policy/example.ts'
import { judge } from '../../src/policy/judge.ts'
import type { Example } from '../../src/policy/rule.ts'
import { allRules } from '../../src/policy/rules/index.ts'
import { exampleInventory } from '../example-inventory.ts'

const judgeExample = ({ given = [], manifest, request }: Example) =>
  judge(manifest, exampleInventory(...given), request)

describe.each(allRules.map(rule => [rule.id, rule] as const))('%s', (id, rule) => {
  it('finds nothing in its good example, and neither does any other rule', () => {
    expect(judgeExample(rule.good)).toEqual([])
  })

  it('is the only rule that its bad example breaks', () => {
    const findings = judgeExample(rule.bad)
    expect(findings.length).toBeGreaterThan(0)
    expect(new Set(findings.map(finding => finding.rule)), JSON.stringify(findings, null, 1)).toEqual(
      new Set([id]),
    )
  })

  it('says the same title, and a detail that is not the title', () => {
    const findings = judgeExample(rule.bad)
    expect(findings.map(finding => finding.title)).toEqual(findings.map(() => rule.title))
    expect(findings.map(finding => finding.message)).not.toContain(rule.title)
  })

  it('points at something that its bad example has', () => {
    for (const { at } of judgeExample(rule.bad)) {
      const found = at.reduce<unknown>((value, step) => Object(value)[step], rule.bad.manifest)
      expect([at, at.length > 0, found !== undefined]).toEqual([at, true, true])
    }
  })
})

describe('the rules', () => {
  it('have ids of their own', () => {
    expect(new Set(allRules.map(rule => rule.id)).size).toBe(allRules.length)
  })
})

describe('a violation that weighs less than its rule', () => {
  it.each([
    [
      'an unknown network in a template, which may come later',
      'unknown-attachment',
      template('missing'),
      'warning',
    ],
    [
      'a claim in a template, whose pods get their own',
      'foreign-claim',
      template('[{"name":"storage","cni-args":{"socni.dev/claim":"x"}}]'),
      'warning',
    ],
    [
      'a network status in a template, whose pods lose it',
      'forged-network-status',
      template('storage', { 'k8s.v1.cni.cncf.io/network-status': '[]' }),
      'warning',
    ],
    ['an unknown network of a pod', 'unknown-attachment', pod('missing'), 'error'],
    [
      'a name that only the dynamic networks controller refuses',
      'unreadable-selection',
      pod('storage@my_net'),
      'warning',
    ],
  ])('warns: %s', (_, rule, manifest, severity) => {
    expect(judge(manifest, exampleInventory()).map(finding => [finding.rule, finding.severity])).toEqual([
      [rule, severity],
    ])
  })
})

describe('an interface of the node whose name hides a VLAN', () => {
  const spec = {
    primaryInterface: 'eth0.10',
    protectedInterfaces: ['eth0.100', 'uplink-a'],
    mtus: { eth0: 9000, 'eth0.200': 1400 },
  }
  const interfaces = { 'uplink-a': { parent: 'bond1', vlan: 7 } }
  const facts = {
    apiVersion: 'socni.dev/v1alpha1',
    kind: 'ClusterConfiguration',
    metadata: { name: 'cluster' },
  }
  const lab = tenant('lab', {
    namespaces: ['lab'],
    vlans: [{ ids: 'native,1-4094', masters: ['eth0', 'eth1', 'bond1'] }],
  })
  const found = (config: object) => {
    const inventory = exampleInventory({ ...facts, spec: { ...spec, interfaces } }, lab)
    const network = attachment(
      { cniVersion: '1.0.0', name: 'lab', ...config },
      { namespace: 'lab', name: 'lab' },
    )
    return judge(network, inventory)
      .filter(({ severity, rule }) => severity === 'error' || rule === 'mtu-too-large')
      .map(({ rule, message }) => `${rule}: ${message}`)
  }
  const says = (what: string) => [`protected-interface: ${what}`]
  const TAKEN =
    "is protected: it is the node's own NIC; use vlan, macvlan or ipvlan on it, which leave it to the node"
  const PROTECTED = 'which is protected: name an interface that the tenant was granted'

  it.each<[what: string, config: object, found: string[]]>([
    [
      'its sub-interface',
      { type: 'macvlan', master: 'eth0.100' },
      says(`VLAN 100 on "eth0" is "eth0.100", ${PROTECTED}`),
    ],
    [
      'its VLAN',
      { type: 'vlan', master: 'eth0', vlanId: 100, ipam: { type: 'dhcp' } },
      says(`VLAN 100 on "eth0" is "eth0.100", ${PROTECTED}`),
    ],
    [
      'another name of it',
      { type: 'macvlan', master: 'bond1.7' },
      says(`VLAN 7 on "bond1" is "uplink-a", ${PROTECTED}`),
    ],
    [
      'a trunk over it',
      { type: 'bridge', bridge: 'bond1', vlanTrunk: [{ minID: 5, maxID: 9 }] },
      says(`VLAN 7 on "bond1" is "uplink-a", ${PROTECTED}`),
    ],
    ['the NIC on a VLAN', { type: 'host-device', device: 'eth0.10' }, says(`"eth0.10" ${TAKEN}`)],
    ['what the NIC is on', { type: 'host-device', device: 'eth0' }, says(`"eth0" ${TAKEN}`)],
    [
      'the NIC for a bond',
      { type: 'bond', miimon: '100', links: [{ name: 'eth0.10' }, { name: 'eth1' }] },
      says(`"eth0.10" ${TAKEN}`),
    ],
    ['a sub-interface of the tenant', { type: 'host-device', device: 'eth0.200' }, []],
    ['a ride on the NIC', { type: 'macvlan', master: 'eth0.10' }, []],
    [
      'a large MTU in its VLAN',
      { type: 'macvlan', master: 'eth0.200', mtu: 1500 },
      ['mtu-too-large: 1500 is more than the 1400 bytes of "eth0": use at most 1400'],
    ],
    ['a large MTU in another', { type: 'macvlan', master: 'eth0.300', mtu: 9000 }, []],
  ])('counts like any other: %s', (_, config, expected) => {
    expect(found(config)).toEqual(expected)
  })
})

describe('a whole trunk', () => {
  const trunks = [
    { type: 'ovs', bridge: 'br-tel' },
    { type: 'sriov', deviceID: '0000:3b:02.1', trust: 'on' },
  ]
  const found = (ids: string, config: object) => {
    const vlans = [{ ids, masters: ['br-tel', '0000:3b:02.1'] }]
    const inventory = exampleInventory(tenant('tel', { namespaces: ['tel'], vlans }))
    const nad = attachment({ cniVersion: '1.0.0', name: 'trunk', ...config }, { namespace: 'tel' })
    return judge(nad, inventory).map(({ rule }) => rule)
  }

  it.each(trunks)('is for who holds every VLAN that a frame may have, and for nobody else: %j', config => {
    expect(found('native,1-4094', config)).toEqual([])
    expect(found('1-4094', config)).toEqual(['vlan-not-granted'])
    expect(found('native,1-4093', config)).toEqual(['vlan-not-granted'])
  })
})

describe('a device by its PCI address, or of a resource', () => {
  it.each(['0000:3b:02.1', '0000:3b:02.0', 'intel.com/nic.2'])('has no VLAN in its name: %s', master => {
    const given = tenant('tel', { namespaces: ['tel'], vlans: [{ ids: 'native', masters: [master] }] })
    const annotations = master.includes('/') ? { [RESOURCE_NAME_ANNOTATION]: master } : {}
    const device = master.includes('/') ? {} : { deviceID: master }
    const found = (config: object) => {
      const nad = { cniVersion: '1.0.0', name: 'nic', type: 'sriov', ...device, ...config }
      return judge(attachment(nad, { namespace: 'tel', annotations }), exampleInventory(given))
    }
    expect(found({})).toEqual([])
    const [tagged] = found({ vlan: 300 })
    expect(tagged).toMatchObject({
      rule: 'vlan-not-granted',
      message: `VLAN 300 on "${master}" is not granted to tenant "tel", which holds native there: use one of these, or have a cluster admin grant it`,
    })
    expect(found({ trust: 'on' }).map(({ rule }) => rule)).toEqual(['vlan-not-granted'])
  })

  it('is not both: Multus writes the device of the resource over the one that is named', () => {
    const own = '0000:3b:02.1'
    const given = tenant('tel', { namespaces: ['tel'], vlans: [{ ids: 'native', masters: [own] }] })
    const annotations = { [RESOURCE_NAME_ANNOTATION]: 'intel.com/foreign' }
    for (const device of [
      { type: 'sriov', deviceID: own },
      { type: 'host-device', pciBusID: own },
    ]) {
      const nad = attachment(
        { cniVersion: '1.0.0', name: 'nic', ...device },
        { namespace: 'tel', annotations },
      )
      const [finding] = judge(nad, exampleInventory(given))
      expect(finding).toMatchObject({
        rule: 'ambiguous-config',
        message: `"${own}" is replaced by a device of "intel.com/foreign" where the pod has one: remove this key, or the annotation "k8s.v1.cni.cncf.io/resourceName"`,
      })
    }
  })
})

describe('a setting for a rule that does not exist', () => {
  it('is found wherever rules are set, and takes nothing out of force', () => {
    const rules = { 'default-routes': 'off' }
    const cluster = {
      apiVersion: 'socni.dev/v1alpha1',
      kind: 'ClusterConfiguration',
      metadata: { name: 'cluster' },
      spec: { rules, namespaces: { finance: { rules } } },
    }
    const retail = tenant('retail', { namespaces: ['retail'], rules })
    const found = [cluster, retail].flatMap(manifest => judge(manifest, exampleInventory()))
    expect(found.map(({ severity, at }) => [severity, at.join('.')])).toEqual([
      ['warning', 'spec.rules.default-routes'],
      ['warning', 'spec.namespaces.finance.rules.default-routes'],
      ['warning', 'spec.rules.default-routes'],
    ])
    expect(exampleInventory(cluster, retail).tenantOf('retail')?.name).toBe('retail')
  })
})

describe('a path that the project of the plugin writes there itself', () => {
  it.each([
    [
      'kube-ovn',
      { type: 'kube-ovn', server_socket: '/run/openvswitch/kube-ovn-daemon.sock', provider: 'a.b' },
    ],
    [
      'whereabouts',
      {
        type: 'whereabouts',
        range: '10.100.1.0/24',
        kubernetes: { kubeconfig: '/etc/cni/net.d/whereabouts.d/whereabouts.kubeconfig' },
        log_file: '/var/log/whereabouts.log',
      },
    ],
  ])('is no choice: %s', (_, ipam) => {
    const found = (config: object) =>
      judge(attachment({ ...macvlanConfig(), ipam: config }), exampleInventory())
    expect(found(ipam).filter(({ severity }) => severity === 'error')).toEqual([])
    // For another use, or another path, it is.
    const first = found({
      ...ipam,
      type: 'whereabouts',
      range: '10.100.1.0/24',
      log_file: '/etc/cni/net.d/whereabouts.d/whereabouts.kubeconfig',
    }).find(({ rule }) => rule === 'host-path')
    expect(first?.message).toContain('write "/var/log/whereabouts.log"')
  })
})

describe('a Tenant that changes', () => {
  const finance = exampleWorld.find(({ kind }) => kind === 'Tenant') ?? pod(undefined)
  const stray = attachment({ ...macvlanConfig(), master: 'eth0.300' }, { name: 'stray' })

  it('orphans nothing that it did not hold', () => {
    expect(judge(finance, exampleInventory(stray), { before: finance })).toEqual([])
  })

  it('orphans all that it held when it is deleted, or gives up the namespace', () => {
    const said = 'network "finance/storage" loses VLAN 100 on "eth0"'
    expect(judge(finance, exampleInventory(stray), { isRemoval: true })).toMatchObject([{ message: said }])
    const { spec } = finance as { spec: object }
    const moved = { ...finance, spec: { ...spec, namespaces: ['finance-batch'] } }
    expect(judge(moved, exampleInventory(stray), { before: finance })).toMatchObject([{ message: said }])
  })
})

describe('a network in use', () => {
  it('is not held by pods of other tenants, which could keep its owner from it', () => {
    // It reaches no VLAN, so anybody may select it.
    const inner = attachment({ cniVersion: '1.0.0', name: 'inner', type: 'ptp' }, { name: 'inner' })
    const foreign = pod('finance/inner', { metadata: { namespace: 'logistics' } })
    const batch = pod('finance/inner', { metadata: { namespace: 'finance-batch' } })
    const removal = { isRemoval: true }
    expect(judge(inner, exampleInventory(inner, foreign), removal)).toEqual([])
    expect(judge(inner, exampleInventory(inner, foreign, batch), removal)).toMatchObject([
      {
        rule: 'attachment-in-use',
        message: expect.stringContaining('pod "finance-batch/teller" uses this network'),
      },
    ])
  })
})

function template(networks: string, more: Record<string, string> = {}): Manifest {
  const { metadata, spec } = pod(networks)
  const annotations = { ...metadata.annotations, ...more }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'tellers', namespace: 'finance' },
    spec: { template: { metadata: { annotations }, spec } },
  }
}
