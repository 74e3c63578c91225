import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_VLANS, parseVlanSet } from '../../src/net/vlan-set.ts'
import {
  lossOf,
  NOTHING,
  parseHoldings,
  printHoldings,
  type TenantHolding,
  withLoss,
} from '../../webhook/cluster/holdings.ts'

const holding = (namespaces: string[], vlans: Record<string, string>): TenantHolding => ({
  namespaces: new Set(namespaces),
  vlans: new Map(Object.entries(vlans).map(([master, text]) => [master, parseVlanSet(text) ?? NO_VLANS])),
})
const printed = (held: TenantHolding) => JSON.parse(printHoldings(new Map([['a', held]]))).a

describe('what a tenant has lost', () => {
  const before = holding(['finance', 'gone'], { eth0: '100-110', eth1: 'native' })
  const isThere = (namespace: string) => namespace !== 'gone'

  it.each<[what: string, after: TenantHolding, namespaces: string[], vlans: Record<string, string>]>([
    ['nothing', before, [], {}],
    [
      'nothing, where it has more',
      holding(['finance', 'gone', 'more'], { eth0: '1-200', eth1: 'native', eth2: '5' }),
      [],
      {},
    ],
    ['VLANs of an interface', holding(['finance'], { eth0: '100', eth1: 'native' }), [], { eth0: '101-110' }],
    ['an interface', holding(['finance'], { eth0: '100-110' }), [], { eth1: 'native' }],
    [
      'a VLAN that it has elsewhere',
      holding(['finance'], { eth0: '100-110', eth2: 'native' }),
      [],
      { eth1: 'native' },
    ],
    ['a namespace', holding(['gone'], { eth0: '100-110', eth1: 'native' }), ['finance'], {}],
    ['everything', NOTHING, ['finance'], { eth0: '100-110', eth1: 'native' }],
  ])('is %s', (_, after, namespaces, vlans) => {
    const loss = lossOf(before, after, isThere)
    expect(printed(withLoss(NOTHING, loss))).toEqual({ namespaces, vlans })
    // What is not settled yet is held still, and then nothing is lost.
    expect(lossOf(before, withLoss(after, loss), isThere)).toEqual({ namespaces: [], segments: [] })
  })
})

describe('the text of what tenants have', () => {
  it('is printed in order, and read again', () => {
    const held = new Map([
      ['b', holding(['y', 'x'], { eth1: '5', eth0: 'native,7' })],
      ['a', NOTHING],
    ])
    const text = printHoldings(held)
    expect(text).toBe(
      '{"a":{"namespaces":[],"vlans":{}},"b":{"namespaces":["x","y"],"vlans":{"eth0":"native,7","eth1":"5"}}}\n',
    )
    expect(printHoldings(parseHoldings(text) ?? new Map())).toBe(text)
  })

  it.each([
    '',
    '[]',
    '{"a": 1}',
    '{"a": {"namespaces": []}}',
    '{"a": {"namespaces": [1], "vlans": {}}}',
    '{"a": {"namespaces": [], "vlans": {"eth0": "x"}}}',
  ])('is not read from %j, so that nothing counts as lost', text =>
    expect(parseHoldings(text)).toBeUndefined(),
  )

  it('has an answer for any text', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), text => void parseHoldings(text)))
  })
})
