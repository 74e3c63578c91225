import { describe, expect, it } from 'vitest'
import { defaultCluster, readCluster } from '../../src/config/cluster.ts'
import { readTenant } from '../../src/config/tenant.ts'
import { printPath } from '../../src/json/value.ts'
import { printPrefix } from '../../src/net/prefix.ts'
import { printVlans } from '../../src/net/vlan-set.ts'
import { tenant } from '../../src/policy/example.ts'

const problems = (reading: ReturnType<typeof readTenant> | ReturnType<typeof readCluster>) =>
  reading.ok ? [] : reading.problems.map(({ at, message }) => `${printPath(at)}: ${message}`)
const grant = (change: object) =>
  tenant('a', { namespaces: ['a'], vlans: [{ ids: 1, masters: ['eth0'], ...change }] })
const cluster = (spec: object) => ({
  apiVersion: 'socni.dev/v1alpha1',
  kind: 'ClusterConfiguration',
  metadata: {},
  spec,
})

describe('a Tenant', () => {
  it('is read with its defaults', () => {
    const reading = readTenant(grant({ ids: '200-209,native', subnets: ['10.1.0.0/16'] }))
    expect(reading.ok && { ...reading.value, vlans: [] }).toEqual({
      name: 'a',
      namespaces: ['a'],
      vlans: [],
      allowDefaultRoute: false,
      rules: {},
    })
    const [first] = reading.ok ? reading.value.vlans : []
    expect(
      first && [printVlans(first.ids), first.masters, first.subnets.map(printPrefix), first.shared],
    ).toEqual(['native,200-209', ['eth0'], ['10.1.0.0/16'], false])
  })

  it.each<[what: string, document: unknown, problem: RegExp]>([
    ['nothing', null, /^: null is not a map$/],
    [
      'another version',
      { ...tenant('a', { namespaces: ['a'] }), apiVersion: 'socni.dev/v1' },
      /^apiVersion: .*socni.dev\/v1alpha1/,
    ],
    [
      'no namespaces',
      tenant('a', {}),
      /^spec\.namespaces: a tenant needs "namespaces" or a "namespaceSelector"$/,
    ],
    [
      'a namespace that is no name',
      tenant('a', { namespaces: ['A/b'] }),
      /^spec\.namespaces\[0\]: "A\/b" is no name: use up to 63 lower case letters/,
    ],
    [
      'an unknown field',
      tenant('a', { namespaces: ['a'], vlan: [] }),
      /^spec\.vlan: "vlan" is no field here: did you mean "vlans"\? Write that, or remove it$/,
    ],
    [
      'an unknown field of a grant',
      grant({ master: 'eth0' }),
      /^spec\.vlans\[0\]\.master: "master" is no field here: did you mean "masters"\? Write that, or remove it$/,
    ],
    [
      'VLAN 4095',
      grant({ ids: '4095' }),
      /^spec\.vlans\[0\]\.ids: "4095" is no list of VLANs: write ids from 1 to 4094/,
    ],
    ['VLAN 0', grant({ ids: 0 }), /^spec\.vlans\[0\]\.ids: /],
    ['no interface', grant({ masters: [] }), /^spec\.vlans\[0\]\.masters: /],
    [
      'an interface that is none',
      grant({ masters: ['eth 0'] }),
      /^spec\.vlans\[0\]\.masters\[0\]: "eth 0" is no host interface/,
    ],
    [
      'a pattern of interfaces',
      grant({ masters: ['eth*'] }),
      /^spec\.vlans\[0\]\.masters\[0\]: "eth\*" is a pattern: name each host interface$/,
    ],
    [
      'a subnet with host bits',
      grant({ subnets: ['10.1.0.1/16'] }),
      /^spec\.vlans\[0\]\.subnets\[0\]: "10\.1\.0\.1\/16" has host bits/,
    ],
    [
      'a subnet that is none',
      grant({ subnets: ['10.1'] }),
      /^spec\.vlans\[0\]\.subnets\[0\]: "10\.1" is no subnet/,
    ],
    [
      'a truth that is text',
      tenant('a', { namespaces: ['a'], allowDefaultRoute: 'no' }),
      /^spec\.allowDefaultRoute: /,
    ],
    [
      'an empty selector',
      tenant('a', { namespaceSelector: {} }),
      /^spec\.namespaceSelector: an empty selector would claim every namespace/,
    ],
    [
      'an unknown setting',
      tenant('a', { namespaces: ['a'], rules: { 'default-route': 'maybe' } }),
      /^spec\.rules\["default-route"\]|^spec\.rules\.default-route: /,
    ],
  ])('with %s is refused at that field', (_, document, problem) => {
    expect(problems(readTenant(document))).toEqual([expect.stringMatching(problem)])
  })

  it.each(['eth0', 'br-finance', '0000:3b:02.1', 'intel.com/sriov_net', 'eth0.300', 'localnet-192.168.0'])(
    'may be granted %s',
    master => {
      expect(problems(readTenant(grant({ masters: [master] })))).toEqual([])
    },
  )
})

describe('a ClusterConfiguration', () => {
  it('is that of K3s where it says nothing', () => {
    expect(readCluster(cluster({}))).toEqual({ ok: true, value: defaultCluster })
    expect([defaultCluster.podCIDRs, defaultCluster.serviceCIDRs].map(list => list.map(printPrefix))).toEqual(
      [['10.42.0.0/16'], ['10.43.0.0/16']],
    )
  })

  it.each<[what: string, spec: object, problem: RegExp]>([
    ['a range that is none', { podCIDRs: ['10.42/16'] }, /^spec\.podCIDRs\[0\]: "10\.42\/16" is no subnet/],
    [
      'a hidden VLAN out of range',
      { interfaces: { 'uplink-a': { parent: 'eth0', vlan: 5000 } } },
      /^spec\.interfaces\.uplink-a\.vlan: /,
    ],
    [
      'a name that is none',
      { interfaces: { 'a name too long for it': { parent: 'eth0', vlan: 5 } } },
      /^spec\.interfaces/,
    ],
    [
      'names that lead in a circle',
      {
        interfaces: { a: { parent: 'b', vlan: 1 }, b: { parent: 'c', vlan: 2 }, c: { parent: 'b', vlan: 3 } },
      },
      /^spec\.interfaces\.[bc]: "[bc]" leads back to itself/,
    ],
    [
      'an unknown field',
      { podCidrs: [] },
      /^spec\.podCidrs: "podCidrs" is no field here: did you mean "podCIDRs"\? Write that, or remove it$/,
    ],
    ['an unknown enforcement', { enforcement: 'block' }, /^spec\.enforcement: /],
  ])('with %s is refused at that field', (_, spec, problem) => {
    const found = problems(readCluster(cluster(spec)))
    expect(found.length).toBeGreaterThan(0)
    expect(found).toEqual(found.map(() => expect.stringMatching(problem)))
  })
})
