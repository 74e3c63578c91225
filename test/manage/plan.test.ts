import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Manifest } from '../../src/kube/manifest.ts'
import { judgePlan } from '../../src/manage/carry-out.ts'
import { type Plan, planCreate, planGrant, planRevoke } from '../../src/manage/plan.ts'
import { buildWorld, type World } from '../../src/manage/world.ts'
import { parseVlanSet, printVlans } from '../../src/net/vlan-set.ts'
import { tenant } from '../../src/policy/example.ts'
import { StoreError } from '../../src/store/store.ts'

/** `finance eth0 100`: who holds which VLAN where. */
type Holdings = ReadonlySet<string>

interface Step {
  readonly action: 'create' | 'grant' | 'revoke' | 'revoke on one'
  readonly ids: string
  readonly name: string
  readonly other: string
  readonly masters: readonly string[]
}

const step: fc.Arbitrary<Step> = fc.record({
  action: fc.constantFrom('create', 'create', 'grant', 'revoke', 'revoke on one'),
  ids: fc.constantFrom('100', '101', '100-103', '102,104', '103-105', 'native', '1', '100,102', '104-106'),
  name: fc.constantFrom('a', 'b', 'c'),
  other: fc.constantFrom('a', 'b', 'c'),
  masters: fc.subarray(['eth0', 'eth1', 'eth2'], { minLength: 1 }),
})

function idsOf(text: string): number[] {
  const { ranges } = parseVlanSet(text) ?? { ranges: [] }
  return ranges.flatMap(({ first, last }) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  )
}

/** Every one that is held, as often as it is written. */
function written({ tenants }: World): string[] {
  return [...tenants.values()].flatMap(({ tenant: { name, vlans } }) =>
    vlans.flatMap(({ ids, masters }) =>
      masters.flatMap(master =>
        ids.ranges.flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, index) => `${name} ${master} ${first + index}`),
        ),
      ),
    ),
  )
}

function planOf(world: World, { action, ids, name, other, masters }: Step): Plan {
  const vlans = parseVlanSet(ids) ?? { ranges: [] }
  if (action === 'create') return planCreate(world, name, { ids, masters }, [name])
  if (action === 'grant') return planGrant(world, name, other, vlans)
  return planRevoke(world, name, vlans, action === 'revoke' ? undefined : masters[0])
}

/** What people expect of a step, said without grants and their texts. */
function expected(held: Holdings, { action, ids, name, other, masters }: Step): Holdings {
  const meant = idsOf(ids)
  if (action === 'create')
    return new Set([...held, ...masters.flatMap(master => meant.map(id => `${name} ${master} ${id}`))])
  const touched = [...held].filter(each => {
    const [holder, master = '', id] = each.split(' ')
    return (
      holder === name && meant.includes(Number(id)) && (action !== 'revoke on one' || master === masters[0])
    )
  })
  if (action === 'grant') return new Set([...held, ...touched.map(each => each.replace(/^\w+/, other))])
  return new Set([...held].filter(each => !touched.includes(each)))
}

describe('plans', () => {
  it('give and take exactly what was named, whatever was done before', () => {
    let carriedOut = 0
    fc.assert(
      fc.property(fc.array(step, { minLength: 15, maxLength: 25 }), steps => {
        let manifests: readonly Manifest[] = []
        for (const each of steps) {
          const world = buildWorld(manifests)
          const before = new Set(written(world))
          let plan: Plan
          try {
            plan = planOf(world, each)
          } catch (error) {
            expect(error).toBeInstanceOf(StoreError)
            continue
          }
          if (judgePlan(plan, world).some(({ severity }) => severity === 'error')) continue
          const changed = new Map(plan.changes.map(({ after }) => [after.metadata.name, after]))
          manifests = [
            ...manifests.filter(({ metadata }) => !changed.has(metadata.name)),
            ...changed.values(),
          ]
          const after = written(buildWorld(manifests))
          // No one is written twice.
          expect(after.toSorted()).toEqual([...expected(before, each)].toSorted())
          carriedOut++
        }
      }),
      { numRuns: 400 },
    )
    expect(carriedOut).toBeGreaterThan(1_000)
  })

  it('are judged by what they add: an older conflict is a warning, so that it can be taken away', () => {
    const world = buildWorld([
      tenant('finance', { namespaces: ['finance'], vlans: [{ ids: '100-110', masters: ['eth0'] }] }),
      tenant('late', {
        namespaces: ['late', 'finance'],
        vlans: [{ ids: '100-102,200', masters: ['eth0'] }],
      }),
    ])
    const told = (plan: Plan) => judgePlan(plan, world).map(({ rule, severity }) => `${severity} ${rule}`)
    const older = ['warning vlan-granted-twice', 'warning namespace-claimed-twice']
    const vlans = (text: string) => parseVlanSet(text) ?? { ranges: [] }
    expect(told(planRevoke(world, 'late', vlans('200'), undefined))).toEqual(older)
    expect(told(planRevoke(world, 'late', vlans('100-101'), undefined))).toEqual(older)
    expect(told(planRevoke(world, 'late', vlans('100-102'), undefined))).toEqual(older.slice(1))
    expect(told(planCreate(world, 'late', { ids: '300', masters: ['eth0'] }, []))).toEqual(older)
    const [, contested] = older
    const more = planCreate(world, 'late', { ids: '103', masters: ['eth0'] }, [])
    expect(told(more)).toEqual(['error vlan-granted-twice', contested])
  })

  it('grant nothing that the owner holds on another interface only', () => {
    const world = buildWorld([
      tenant('finance', {
        namespaces: ['finance'],
        vlans: [
          { ids: '100-200', masters: ['eth0'] },
          { ids: 150, masters: ['eth1'], subnets: ['10.150.0.0/16'] },
        ],
      }),
    ])
    const { changes } = planGrant(world, 'finance', 'retail', parseVlanSet('100,150') ?? { ranges: [] })
    expect(changes.at(-1)?.after.spec).toEqual({
      namespaces: ['retail'],
      vlans: [
        { ids: '100,150', masters: ['eth0'], shared: true },
        { ids: '150', masters: ['eth1'], subnets: ['10.150.0.0/16'], shared: true },
      ],
    })
  })

  it('grant VLANs of several grants at once, and say which of them is not there', () => {
    const world = buildWorld([
      tenant('finance', {
        namespaces: ['finance'],
        vlans: [100, 101].map(ids => ({ ids, masters: ['eth0'] })),
      }),
    ])
    const grant = (ids: string) => planGrant(world, 'finance', 'retail', parseVlanSet(ids) ?? { ranges: [] })
    expect(grant('100,101').changes).toHaveLength(2)
    expect(() => grant('100-103')).toThrow(
      'tenant "finance" holds no VLAN 102-103, but 100 on eth0, 101 on eth0: no tenant does',
    )
  })
})

describe('a revocation of what was shared', () => {
  it('says what is still marked as shared, although nobody else holds it', () => {
    const shared = (name: string, ids: string, masters: string[]) =>
      tenant(name, { namespaces: [name], vlans: [{ ids, masters, shared: true }] })
    const world = buildWorld([
      shared('admin', '300-302', ['eth0', 'eth1']),
      shared('finance', '300,301', ['eth0']),
      shared('retail', '301', ['eth0']),
    ])
    const notes = (name: string, master?: string) =>
      planRevoke(world, name, parseVlanSet('300-305') ?? { ranges: [] }, master).notes
    expect(notes('finance')).toEqual(['still marked as shared: VLAN 300 on eth0 of tenant admin'])
    expect(notes('retail')).toEqual([])
    expect(notes('admin')).toEqual(['still marked as shared: VLAN 300 on eth0 of tenant finance'])
    expect(notes('admin', 'eth1')).toEqual([])
  })
})

describe('a Tenant that slipped in', () => {
  const good = (name: string, ids: string) =>
    tenant(name, { namespaces: [name], vlans: [{ ids, masters: ['eth0'] }] })
  const bad = tenant('bad', {
    namespaces: ['bad'],
    vlans: [{ ids: 900, masters: ['eth0'], subnets: ['10.0.0.1/8'] }],
  })
  const [vlan100 = { ranges: [] }, vlan101 = { ranges: [] }] = ['100', '101'].map(ids => parseVlanSet(ids))

  it('keeps nobody from changing others when it cannot be read, and itself from being changed', () => {
    const world = buildWorld([bad, good('finance', '100')])
    expect(judgePlan(planRevoke(world, 'finance', vlan100, undefined), world)).toEqual([])
    for (const change of [
      () => planCreate(world, 'bad', { ids: '901', masters: ['eth0'] }, ['bad']),
      () => planGrant(world, 'finance', 'bad', vlan100),
      () => planRevoke(world, 'bad', vlan100, undefined),
    ])
      expect(change).toThrow('Tenant "bad" spec.vlans[0].subnets[0]: "10.0.0.1/8" has host bits')
  })

  it('keeps nobody from taking away when it takes what another one holds, unless a setting does', () => {
    const late = good('late', '100,101')
    const world = buildWorld([good('finance', '100,101'), late])
    const severities = (plan: Plan, among = world) => judgePlan(plan, among).map(({ severity }) => severity)
    expect(severities(planRevoke(world, 'finance', vlan101, undefined))).toEqual([])
    expect(severities(planRevoke(world, 'late', vlan101, undefined))).toEqual(['warning'])
    expect(severities(planCreate(world, 'late', { ids: '7', masters: ['eth0'] }, []))).toEqual(['warning'])
    const taking = planCreate(world, 'third', { ids: '100', masters: ['eth0'] }, ['third'])
    expect(severities(taking)).toEqual(['error'])
    const strict = buildWorld([
      ...world.manifests,
      {
        apiVersion: 'socni.dev/v1alpha1',
        kind: 'ClusterConfiguration',
        metadata: { name: 'cluster' },
        spec: { rules: { 'vlan-granted-twice': 'deny' } },
      },
    ])
    expect(severities(planRevoke(strict, 'late', vlan101, undefined), strict)).toEqual(['error'])
  })
})

describe('a revocation without an interface', () => {
  it('also names what an interface stands for, as claims do', () => {
    const lab = tenant('lab', {
      namespaces: ['lab'],
      vlans: [{ ids: 'native,5', masters: ['eth0.710', 'eth1'] }],
    })
    const vlans = parseVlanSet('native') ?? { ranges: [] }
    const { revocations = [] } = planRevoke(buildWorld([lab]), 'lab', vlans, undefined)
    expect(revocations.map(({ vlans, master }) => `${printVlans(vlans)} on ${master ?? 'any'}`)).toEqual([
      'native on any',
      '710 on eth0',
    ])
  })
})
