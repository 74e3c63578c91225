import { describe, expect, it } from 'vitest'
import type { Manifest } from '../../src/kube/manifest.ts'
import { tenant } from '../../src/policy/example.ts'
import { Inventory } from '../../src/policy/inventory.ts'
import { putManifest } from '../../src/policy/put-policy.ts'
import { mirrorOf } from '../../webhook/cluster/mirror.ts'
import { tenantMirror } from '../../webhook/cluster/tenant-mirror.ts'

const network = (name: string, resourceVersion?: string): Manifest => ({
  apiVersion: 'k8s.cni.cncf.io/v1',
  kind: 'NetworkAttachmentDefinition',
  metadata: { name, namespace: 'finance', ...(resourceVersion !== undefined && { resourceVersion }) },
})

describe('a mirror', () => {
  const follow = () => {
    const said: string[] = []
    const mirror = mirrorOf(
      ({ metadata }) => said.push(`put ${metadata.name} ${metadata.resourceVersion}`),
      (name, namespace) => said.push(`remove ${namespace}/${name}`),
      (_, error) => said.push(String(error)),
    )
    return { mirror, heard: () => said.splice(0) }
  }

  it('puts of a new list what is of another version, and removes what is not in it', async () => {
    const { mirror, heard } = follow()
    await mirror.replace([network('a', '1'), network('b', '2'), network('c', '3')])
    expect(heard()).toEqual(['put a 1', 'put b 2', 'put c 3'])
    await mirror.replace([network('a', '1'), network('b', '7')])
    expect(heard()).toEqual(['put b 7', 'remove finance/c'])
  })

  it('removes nothing for a list that breaks off, and takes what was new in it', async () => {
    const { mirror, heard } = follow()
    await mirror.replace([network('a', '1'), network('b', '2')])
    heard()
    const broken = async function* () {
      yield network('a', '5')
      throw new Error('410 Gone')
    }
    await expect(mirror.replace(broken())).rejects.toThrow('410 Gone')
    expect(heard()).toEqual(['put a 5'])
    await mirror.replace([network('a', '5')])
    expect(heard()).toEqual(['remove finance/b'])
  })

  it('takes what has no version each time', async () => {
    const { mirror, heard } = follow()
    await mirror.replace([network('a')])
    await mirror.replace([network('a')])
    expect(heard()).toEqual(['put a undefined', 'put a undefined'])
  })

  it('takes out what could not be put, goes on with the others, and tries it again with the next list', async () => {
    const said: string[] = []
    const broken = new Set(['a'])
    const mirror = mirrorOf(
      ({ metadata: { name = '' } }) => {
        if (broken.has(name)) throw new Error('a bug')
        said.push(`put ${name}`)
      },
      name => said.push(`remove ${name}`),
      ({ metadata: { name } }) => said.push(`failed ${name}`),
    )
    await mirror.replace([network('a', '1'), network('b', '1')])
    expect(said.splice(0)).toEqual(['remove a', 'failed a', 'put b'])
    broken.clear()
    await mirror.replace([network('a', '1'), network('b', '1')])
    expect(said.splice(0)).toEqual(['put a'])
    broken.add('b')
    mirror.put(network('b', '2'))
    expect(said).toEqual(['remove b', 'failed b'])
  })

  it('knows what a watch said when a list comes', async () => {
    const { mirror, heard } = follow()
    mirror.put(network('a', '1'))
    mirror.put(network('b', '2'))
    mirror.remove(network('b', '3'))
    expect(heard()).toEqual(['put a 1', 'put b 2', 'remove finance/b'])
    await mirror.replace([network('a', '1'), network('b', '4')])
    expect(heard()).toEqual(['put b 4'])
  })
})

describe('the mirror of the Tenants', () => {
  const named = (name: string, ids: unknown, metadata: object): Manifest => {
    const manifest = tenant(name, { namespaces: [name], vlans: [{ ids, masters: ['eth0'] }] })
    return { ...manifest, metadata: { ...manifest.metadata, ...metadata } }
  }
  const finance = (ids: unknown, generation: number, uid = 'one') =>
    named('finance', ids, { uid, generation, creationTimestamp: '2026-01-01T00:00:00Z' })
  const follow = () => {
    const inventory = new Inventory()
    let problems: string[] = []
    const mirror = tenantMirror(inventory, found => {
      problems = found
    })
    const vlansOf = (name: string) => inventory.tenant(name)?.vlans.map(({ ids }) => ids.ranges[0]?.first)
    return { inventory, mirror, vlansOf, problems: () => problems }
  }

  it('reads a Tenant anew when its spec is another, and not for its status', async () => {
    const { inventory, mirror, vlansOf } = follow()
    await mirror.replace([finance('100', 1)])
    const { revision } = inventory
    mirror.put({ ...finance('100', 1), status: { pods: 7 } })
    expect(inventory.revision).toBe(revision)
    mirror.put(finance('200', 2))
    expect(vlansOf('finance')).toEqual([200])
  })

  it('reads one anew that was deleted and made again', async () => {
    const { mirror, vlansOf } = follow()
    await mirror.replace([finance('100', 1)])
    mirror.put(finance('200', 1, 'two'))
    expect(vlansOf('finance')).toEqual([200])
  })

  it('leaves one as it was that cannot be read, until it can', async () => {
    const { mirror, vlansOf, problems } = follow()
    await mirror.replace([finance('100', 1)])
    mirror.put(finance('nonsense', 2))
    expect([vlansOf('finance'), problems().length]).toEqual([[100], 1])
    mirror.put(finance('300', 3))
    expect([vlansOf('finance'), problems()]).toEqual([[300], []])
  })

  it('keeps one in force whose rules are those of another version', async () => {
    const { mirror, vlansOf, problems } = follow()
    const { spec, ...rest } = finance('100', 1) as Manifest & { spec: object }
    await mirror.replace([{ ...rest, spec: { ...spec, rules: { 'rule-of-next-year': 'deny' } } } as Manifest])
    expect([vlansOf('finance'), problems()]).toEqual([[100], []])
  })

  it('gives a VLAN to the older of two that take it, and to the other when that is gone', async () => {
    const { mirror, vlansOf, problems } = follow()
    const younger = named('another', '100', {
      uid: 'x',
      generation: 1,
      creationTimestamp: '2026-02-01T00:00:00Z',
    })
    await mirror.replace([younger, finance('100', 1)])
    expect([vlansOf('finance'), vlansOf('another'), problems().length]).toEqual([[100], undefined, 1])
    mirror.remove(finance('100', 1))
    expect([vlansOf('finance'), vlansOf('another'), problems()]).toEqual([undefined, [100], []])
  })

  it('judges them again by what the cluster is, and by how its rules are set', async () => {
    const { inventory, mirror, vlansOf, problems } = follow()
    const onStorage = tenant('another', {
      namespaces: ['another'],
      vlans: [{ ids: 'native', masters: ['storage'] }],
    })
    const configure = (spec: object) => {
      putManifest(inventory, {
        apiVersion: 'socni.dev/v1alpha1',
        kind: 'ClusterConfiguration',
        metadata: { name: 'cluster' },
        spec,
      } as Manifest)
      mirror.judgeAgain()
      return [vlansOf('finance') !== undefined, vlansOf('another') !== undefined, problems().length]
    }
    await mirror.replace([onStorage, finance('100', 1)])
    expect(configure({})).toEqual([true, true, 0])
    const interfaces = { storage: { parent: 'eth0', vlan: 100 } }
    expect(configure({ interfaces })).toEqual([false, true, 1])
    expect(configure({ interfaces, rules: { 'vlan-granted-twice': 'off' } })).toEqual([true, true, 0])
    expect(configure({ interfaces, rules: { 'vlan-granted-twice': 'warn' } })).toEqual([true, true, 0])
    // What is a warning by itself takes nothing from those that are there.
    const protectedInterfaces = ['storage', 'eth0.100']
    expect(configure({ protectedInterfaces, rules: { 'unusable-grant': 'deny' } })).toEqual([true, true, 0])
  })
})
