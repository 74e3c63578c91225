import { describe, expect, it } from 'vitest'
import type { Manifest } from '../../src/kube/manifest.ts'
import { attachment, exampleWorld, macvlanConfig, tenant } from '../../src/policy/example.ts'
import { statusOf } from '../../webhook/audit/status.ts'
import { exampleInventory } from '../example-inventory.ts'

const noon = new Date('2026-01-05T12:00:00.500Z')
const later = new Date('2026-01-05T13:00:00.000Z')
const inventory = exampleInventory(
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'finance' } },
  attachment({ ...macvlanConfig(), name: 'second', master: 'eth0.200' }, { name: 'second' }),
)
const [finance = tenant('finance', {})] = exampleWorld
const rival = (ids: string, status?: object): Manifest => ({
  ...tenant('rival', { namespaces: ['rival'], vlans: [{ ids, masters: ['eth0'] }] }),
  ...(status && { status }),
})

describe('the status of a Tenant', () => {
  it('says in short what it holds and uses, and that it is in force', () => {
    const generation = 3
    const manifest = { ...finance, metadata: { ...finance.metadata, generation } }
    const { conditions, ...rest } = statusOf(manifest, inventory, noon)
    expect(rest).toEqual({
      observedGeneration: generation,
      namespaces: ['finance'],
      granted: 'br-finance,eth0,eth0.100: 100,200-209',
      vlansInUse: 'eth0: 100,200',
      networks: 2,
      pods: 0,
      conflicts: [],
    })
    expect(conditions).toEqual([
      {
        type: 'Ready',
        status: 'True',
        reason: 'InForce',
        message: '',
        observedGeneration: generation,
        lastTransitionTime: '2026-01-05T12:00:00Z',
      },
    ])
  })

  it('says of one that is not in force why, and since when', () => {
    const first = statusOf(rival('299-300'), inventory, noon)
    expect(first.conditions).toMatchObject([
      {
        status: 'False',
        reason: 'Conflict',
        message: expect.stringContaining('is held by tenant "logistics" as well'),
        lastTransitionTime: '2026-01-05T12:00:00Z',
      },
    ])
    const second = statusOf(rival('298-300', first), inventory, later)
    expect(second.conditions).toMatchObject([{ status: 'False', lastTransitionTime: '2026-01-05T12:00:00Z' }])
    const third = statusOf(rival('298-299', second), inventory, later)
    expect(third.conditions).toMatchObject([{ status: 'True', lastTransitionTime: '2026-01-05T13:00:00Z' }])
    expect(statusOf(rival('0'), inventory, noon).conditions).toMatchObject([
      { status: 'False', reason: 'Unreadable' },
    ])
  })

  it('calls no conflict what somebody turned off', () => {
    const lenient = exampleInventory()
    lenient.setCluster({ ...lenient.cluster, rules: { 'vlan-granted-twice': 'off' } })
    expect(statusOf(rival('300'), lenient, noon)).toMatchObject({
      conflicts: [],
      conditions: [{ status: 'True' }],
    })
  })
})
