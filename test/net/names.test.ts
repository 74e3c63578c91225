import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isInterfaceName, readVlanName } from '../../src/net/interface-name.ts'
import { isMulticastMac, isZeroMac, parseMac, printMac } from '../../src/net/mac.ts'
import {
  ALL_VLANS,
  containsVlans,
  countVlans,
  intersectVlans,
  isEmptyVlans,
  NATIVE,
  parseVlanSet,
  printVlans,
  subtractVlans,
  uniteVlans,
  type VlanSet,
  vlanSet,
} from '../../src/net/vlan-set.ts'

describe('a MAC address', () => {
  // Go net/mac_test.go
  it.each([
    ['00:00:5e:00:53:01', '00:00:5e:00:53:01'],
    ['02-00-5E-10-00-00', '02:00:5e:10:00:00'],
    ['0000.5e00.5301', '00:00:5e:00:53:01'],
    ['02:00:5e:10:00:00:00:01', '02:00:5e:10:00:00:00:01'],
    ['0200.5e10.0000.0001', '02:00:5e:10:00:00:00:01'],
    [
      '00:00:00:00:fe:80:00:00:00:00:00:00:02:00:5e:10:00:00:00:01',
      '00:00:00:00:fe:80:00:00:00:00:00:00:02:00:5e:10:00:00:00:01',
    ],
    ['01.02.03.04.05.06', undefined],
    ['01:02:03:04:05:06:', undefined],
    ['x1:02:03:04:05:06', undefined],
    ['01-02:03:04:05:06', undefined],
    ['01:02:03:04:05', undefined],
    ['', undefined],
  ])('%j is %j', (text, printed) => {
    const mac = parseMac(text)
    expect(mac && printMac(mac)).toBe(printed)
  })

  it('is that of a group when its lowest bit is set', () => {
    expect(
      [parseMac('01:00:5e:00:00:01'), parseMac('02:00:00:00:00:01')].map(mac => mac && isMulticastMac(mac)),
    ).toEqual([true, false])
    expect(
      [parseMac('00:00:00:00:00:00'), parseMac('00:00:00:00:00:01')].map(mac => mac && isZeroMac(mac)),
    ).toEqual([true, false])
  })
})

describe('an interface name', () => {
  it.each([
    ['eth0', true],
    ['a', true],
    ['fifteen-bytes-x', true],
    ['sixteen-bytes-xx', false],
    ['ééééééé', true],
    ['éééééééé', false],
    ['', false],
    ['.', false],
    ['..', false],
    ['...', true],
    ['a/b', false],
    ['a:b', false],
    ['a b', false],
    ['a\tb', false],
    ['a\u00a0b', false],
    // Their last byte is a space to the kernel (seen with ip link add).
    ['à', false],
    ['ü', true],
    ['a\0b', false],
  ])('%j: %s', (name, isName) => {
    expect(isInterfaceName(name)).toBe(isName)
  })

  it.each([
    ['eth0.200', { parent: 'eth0', vlan: 200 }],
    ['eth0.100.200', { parent: 'eth0.100', vlan: 200 }],
    ['bond0.4094', { parent: 'bond0', vlan: 4094 }],
    ['flannel.1', { parent: 'flannel', vlan: 1 }],
    ['eth0', undefined],
    ['.5', undefined],
    ['eth0.', undefined],
    ['eth0.5000', undefined],
    ['vlan100', undefined],
  ])('%s stands for %j', (name, vlan) => {
    expect(readVlanName(name)).toEqual(vlan)
  })
})

describe('a set of VLANs', () => {
  it.each([
    ['100', '100'],
    ['100,200-209', '100,200-209'],
    [' 5 , 1 - 3,4', '1-5'],
    ['native', 'native'],
    ['native,1', 'native,1'],
    ['1-4094', '1-4094'],
    ['0', undefined],
    ['4095', undefined],
    ['9-5', undefined],
    ['', undefined],
    ['1,', undefined],
    ['01', undefined],
    ['1-2-3', undefined],
    ['-1', undefined],
    ['all', undefined],
    ['1;2', undefined],
  ])('%j is %j', (text, printed) => {
    const set = parseVlanSet(text)
    expect(set && printVlans(set)).toBe(printed)
  })

  it('knows the native VLAN and all of them', () => {
    expect([printVlans(NATIVE), countVlans(ALL_VLANS), printVlans(ALL_VLANS), printVlans(vlanSet())]).toEqual(
      ['native', 4095, 'native,1-4094', 'none'],
    )
  })

  it('is read back as it was printed', () => {
    fc.assert(
      fc.property(anySet(), set => {
        fc.pre(!isEmptyVlans(set))
        expect(parseVlanSet(printVlans(set))).toEqual(set)
      }),
    )
  })

  it('unites, intersects and subtracts as sets of numbers do', () => {
    fc.assert(
      fc.property(anySet(), anySet(), (a, b) => {
        const [one, other] = [new Set(idsOf(a)), new Set(idsOf(b))]
        expect(idsOf(uniteVlans(a, b))).toEqual([...one.union(other)].sort((x, y) => x - y))
        expect(idsOf(intersectVlans(a, b))).toEqual([...one.intersection(other)])
        expect(idsOf(subtractVlans(a, b))).toEqual([...one.difference(other)])
        expect(containsVlans(a, b)).toBe(other.isSubsetOf(one))
        expect(countVlans(a)).toBe(one.size)
      }),
    )
  })
})

function idsOf({ ranges }: VlanSet): number[] {
  return ranges.flatMap(({ first, last }) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  )
}

function anySet() {
  const range = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 6 }))
  return fc
    .array(range, { maxLength: 6 })
    .map(list => vlanSet(...list.map(([first, length]) => ({ first, last: first + length }))))
}
