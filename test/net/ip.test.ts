import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultRouteOf } from '../../src/net/default-route.ts'
import { parseIp, parseIpSloppy, printIp } from '../../src/net/ip.ts'
import {
  contains,
  covers,
  firstAddress,
  hasHostBits,
  isWholeFamily,
  lastAddress,
  network,
  overlaps,
  type Prefix,
  parsePrefix,
  parsePrefixSloppy,
  printPrefix,
} from '../../src/net/prefix.ts'
import { PrefixTable } from '../../src/net/prefix-table.ts'

const print = (text: string) => {
  const ip = parseIp(text)
  return ip && printIp(ip)
}

describe('an address', () => {
  // Go net/ip_test.go TestParseIP
  it.each([
    ['127.0.1.2', '127.0.1.2'],
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:127.1.2.3', '127.1.2.3'],
    ['::ffff:7f01:0203', '127.1.2.3'],
    ['0:0:0:0:0000:ffff:127.1.2.3', '127.1.2.3'],
    ['0:0:0:0::ffff:127.1.2.3', '127.1.2.3'],
    ['2001:4860:0:2001::68', '2001:4860:0:2001::68'],
    ['::', '::'],
    ['::127.1.2.3', '::7f01:203'],
    ['-0.0.0.0', undefined],
    ['127.001.002.003', undefined],
    ['127.0.0.256', undefined],
    ['127.0.0', undefined],
    ['127.0.0.1.', undefined],
    ['abc', undefined],
    ['123:', undefined],
    ['fe80::1%lo0', undefined],
    ['fe80::1%911', undefined],
    ['', undefined],
    ['a1:a2:a3:a4::b1:b2:b3:b4', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['1::2::3', undefined],
    ['12345::', undefined],
    ['::1.2.3.4:5', undefined],
    ['１.2.3.4', undefined],
  ])('%j is %j', (text, printed) => {
    expect(print(text)).toBe(printed)
  })

  // https://www.rfc-editor.org/rfc/rfc5952#section-4
  it.each([
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::ABCD', '2001:db8::abcd'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
  ])('%s is printed as RFC 5952 recommends: %s', (text, printed) => {
    expect(print(text)).toBe(printed)
  })

  it.each([
    ['010.0.0.1', '10.0.0.1'],
    ['00010.0.0.009', '10.0.0.9'],
    ['10.0.0.0256', undefined],
    ['::1', '::1'],
  ])('%s is %s to whereabouts', (text, printed) => {
    const ip = parseIpSloppy(text)
    expect(ip && printIp(ip)).toBe(printed)
  })

  it('is read back as it was printed', () => {
    fc.assert(
      fc.property(
        anyPrefix(),
        ({ family, address }) => parseIp(printIp({ family, value: address }))?.value === address,
      ),
    )
  })
})

describe('a prefix', () => {
  // docs/readers.md "Routes": what the kernel gets.
  it.each([
    ['10.100.0.0/24', '10.100.0.0/24'],
    ['10.0.0.0/0', '10.0.0.0/0'],
    ['2001:db8::1/0', '2001:db8::1/0'],
    ['::ffff:0.0.0.0/64', '0.0.0.0/0'],
    ['::ffff:0.0.0.0/96', '0.0.0.0/0'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['::ffff:10.0.0.7/128', '10.0.0.7/32'],
    ['10.0.0.0/33', undefined],
    ['::/129', undefined],
    ['10.0.0.0', undefined],
    ['10.0.0.0/', undefined],
    ['10.0.0.0/-1', undefined],
    ['10.0.0.0/8/8', undefined],
    ['010.0.0.0/8', undefined],
  ])('%s is %s', (text, printed) => {
    const prefix = parsePrefix(text)
    expect(prefix && printPrefix(prefix)).toBe(printed)
  })

  it('has leading zeros in whereabouts only', () => {
    expect(parsePrefixSloppy('010.0.0.0/8')).toEqual(parsePrefix('10.0.0.0/8'))
  })

  it.each([
    ['10.0.0.0/8', false, '10.0.0.0', '10.255.255.255'],
    ['10.1.2.3/30', true, '10.1.2.0', '10.1.2.3'],
    ['fd00::/126', false, 'fd00::', 'fd00::3'],
  ])('%s: host bits %s, from %s to %s', (text, bits, first, last) => {
    const prefix = read(text)
    expect([hasHostBits(prefix), printIp(firstAddress(prefix)), printIp(lastAddress(prefix))]).toEqual([
      bits,
      first,
      last,
    ])
  })

  it.each([
    ['8.0.0.0/5', '10.43.0.0/16', true],
    ['10.43.0.0/16', '10.43.128.0/17', true],
    ['10.44.0.0/16', '10.43.0.0/16', false],
    ['0.0.0.0/0', '::/0', false],
  ])('%s overlaps %s: %s', (a, b, expected) => {
    expect(overlaps(read(a), read(b))).toBe(expected)
  })

  it.each<[string[], 4 | 6 | undefined]>([
    [['0.0.0.0/0'], 4],
    [['10.0.0.5/0'], 4],
    [['0.0.0.0/1', '128.0.0.0/1'], 4],
    [['128.0.0.0/1'], 4],
    [['128.0.0.0/2', '0.0.0.0/2'], 4],
    // Each address counts once.
    [['128.0.0.0/2', '128.0.0.0/3', '160.0.0.0/3'], undefined],
    [['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'], undefined],
    // All but the ranges of a cluster.
    [
      [
        '0.0.0.0/5',
        '8.0.0.0/7',
        '11.0.0.0/8',
        '12.0.0.0/6',
        '16.0.0.0/4',
        '32.0.0.0/3',
        '64.0.0.0/2',
        '128.0.0.0/2',
      ],
      4,
    ],
    [['::/0'], 6],
    [['2001:db8::1/1'], 6],
    [['2000::/3'], 6],
    [['2000::/5', '2800::/5'], 6],
    [['2000::/6'], undefined],
    // All that registries have, which is little of 2000::/3.
    [['2400::/12', '2600::/12', '2800::/12', '2a00::/12', '2c00::/12'], 6],
    [['2a00::/12', '2a10::/12'], undefined],
    [['8000::/1'], undefined],
    [[], undefined],
  ])('%j together are a default route of family %s', (parts, expected) => {
    expect(defaultRouteOf(parts.map(read))).toBe(expected)
  })

  it('is one of IPv6 from half of all blocks on that registries have, each as large as it is', () => {
    // IANA: eight /12, 2001::/16, 2003::/18 and two /23. Half of that, from some blocks whole and from one in part.
    const whole = ['2800::/12', '2a00::/12', '2a10::/12', '2001::/16', '2003::/18', '2620::/23']
    const part = ['2c00::/13', '2c08::/14', '2c0c::/15', '2c0e::/16', '2c0f::/18']
    const rest = [
      '2c0f:4000::/20',
      '2c0f:5000::/21',
      '2c0f:5800::/22',
      '2c0f:5c00::/23',
      '2c0f:5e00::/24',
      '2c0f:5f00::/25',
    ]
    const all = [...whole, ...part, '2c0f:4000::/19'].map(read)
    expect(defaultRouteOf(all)).toBe(6)
    // Nearly: less than half of the smallest block is missing.
    expect(defaultRouteOf([...whole, ...part, ...rest].map(read))).toBe(undefined)
  })

  it('covers what is in what it covers, and overlaps both ways', () => {
    fc.assert(
      fc.property(anyPrefix(), anyPrefix(), anyPrefix(), (a, b, c) => {
        expect(overlaps(a, b)).toBe(overlaps(b, a))
        if (covers(a, b) && covers(b, c)) expect(covers(a, c)).toBe(true)
        expect(covers(a, a) && contains(a, firstAddress(a)) && contains(a, lastAddress(a))).toBe(true)
        expect(isWholeFamily(a)).toBe(a.bits === 0)
      }),
    )
  })

  it('is read back as it was printed', () => {
    fc.assert(
      fc.property(anyPrefix(), prefix => {
        expect(parsePrefix(printPrefix(prefix))).toEqual(prefix)
      }),
    )
  })
})

describe('a prefix table', () => {
  it('finds what a scan finds, also after some were removed', () => {
    const entries = fc.array(fc.tuple(anyPrefix(), fc.boolean()), { maxLength: 30 })
    fc.assert(
      fc.property(entries, anyPrefix(), (list, wanted) => {
        const table = new PrefixTable<number>()
        for (const [index, [prefix]] of list.entries()) table.add(prefix, index)
        for (const [index, [prefix, isRemoved]] of list.entries()) if (isRemoved) table.remove(prefix, index)
        const scanned = list.flatMap(([prefix, isRemoved], index) =>
          !isRemoved && overlaps(prefix, wanted) ? [index] : [],
        )
        expect([...table.overlapping(wanted)].map(({ value }) => value).sort((a, b) => a - b)).toEqual(
          scanned,
        )
      }),
    )
  })

  it('takes no notice when what it should remove is not there', () => {
    const table = new PrefixTable<string>()
    table.add(read('10.0.0.0/8'), 'a')
    table.remove(read('10.0.0.0/9'), 'a')
    table.remove(read('10.0.0.0/8'), 'b')
    expect([...table.overlapping(read('10.1.0.0/16'))].map(({ value }) => value)).toEqual(['a'])
  })
})

function read(text: string): Prefix {
  const prefix = parsePrefix(text)
  if (prefix === undefined) throw new Error(text)
  return prefix
}

/** Prefixes close together, so that some overlap. Mapped addresses are IPv4, so IPv6 stays away from them. */
function anyPrefix() {
  const v4 = fc.tuple(fc.bigInt({ min: 0x0a000000n, max: 0x0a0000ffn }), fc.integer({ min: 20, max: 32 }))
  const v6 = fc.tuple(fc.bigInt({ min: 0n, max: 0xffn }), fc.integer({ min: 118, max: 128 }))
  return fc.oneof(
    v4.map(([address, bits]): Prefix => network({ family: 4, address, bits })),
    v6.map(([low, bits]): Prefix => network({ family: 6, address: (0xfd00n << 112n) | low, bits })),
  )
}
