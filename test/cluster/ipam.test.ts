import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extractFacts } from '../../src/cni/facts/extract.ts'
import { readNetwork } from '../../src/cni/network.ts'
import { printIp } from '../../src/net/ip.ts'
import { network, printPrefix } from '../../src/net/prefix.ts'
import { attachment } from '../../src/policy/example.ts'
import { Inventory } from '../../src/policy/inventory.ts'
import { judge } from '../../src/policy/judge.ts'
import { compare, TEXTS } from './comparison.ts'

/** What is given out of a v4-mapped prefix shorter than /96 cannot be printed as an address: the attachment fails. */
const isNotMapped = (text: string): boolean => !text.startsWith('::ffff:')

const address = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('10.0.0.0', '10.0.0.1', '10.0.0.5', '10.0.0.14', '10.0.0.15', 'fd00::5'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', '10.0.1.1', '010.0.0.7', '::ffff:10.0.0.6', 'fd00::ffff', 'x'),
  },
)
const prefix = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('10.0.0.0/24', '10.0.0.0/28', '10.0.0.0/16', 'fd00::/112') },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        address.filter(isNotMapped),
        fc.constantFrom('24', '28', '30', '31', '32', '033', '+4', '', '64', '112', '127', '128'),
      )
      .map(parts => parts.join('/')),
  },
)
const routes = fc.array(fc.record({ dst: prefix }), { maxLength: 2 })

const subnet = { subnet: prefix, rangeStart: address, rangeEnd: address, gateway: address }
const hostLocal = fc.record(
  {
    ...subnet,
    ranges: fc.array(fc.array(fc.record(subnet, { requiredKeys: ['subnet'] }), { maxLength: 2 }), {
      maxLength: 2,
    }),
    routes,
  },
  { requiredKeys: [] },
)

const range = {
  range: fc.oneof(
    prefix,
    fc.tuple(address, prefix).map(ends => ends.join('-')),
    fc.tuple(address, address.filter(isNotMapped)).map(ends => `${ends.join('-')}/28`),
  ),
  range_start: address,
  range_end: address,
  exclude: fc.array(fc.oneof(address, prefix), { maxLength: 1 }),
}
const whereabouts = fc.record(
  {
    ...range,
    ipRanges: fc.array(fc.record(range, { requiredKeys: ['range'] }), { maxLength: 2 }),
    addresses: fc.array(fc.record({ address: prefix, gateway: address }, { requiredKeys: ['address'] }), {
      maxLength: 1,
    }),
    gateway: address,
    routes,
    kubernetes: fc.constant({ kubeconfig: '/x' }),
  },
  { requiredKeys: ['kubernetes'] },
)

describe('what an IPAM plugin gives out', () => {
  it.each([
    { reader: 'hostLocal', type: 'host-local', ipam: hostLocal },
    { reader: 'whereabouts', type: 'whereabouts', ipam: whereabouts },
  ])('by $type is what we say, or refused', ({ reader, type, ipam }) => {
    const texts = (ipam as fc.Arbitrary<object>).map(keys =>
      JSON.stringify({ cniVersion: '1.0.0', type: 'macvlan', master: 'eth0.100', ipam: { type, ...keys } }),
    )
    let read = 0
    const wrong = compare(reader, texts, (text, { value, error }) => {
      const ours = givenOut(text)
      if (ours === undefined) return undefined
      if (error !== undefined) return isRefused(text) ? undefined : `${error}, and we have nothing against it`
      const theirs = value as { readonly ranges: string[][]; readonly routes: string[] }
      read++
      const isSame =
        inOrder(ours.ranges) === inOrder(theirs.ranges) && inOrder(ours.routes) === inOrder(theirs.routes)
      return isSame ? undefined : JSON.stringify(ours)
    })
    expect(wrong).toEqual([])
    expect(read).toBeGreaterThan(TEXTS / 20)
  })
})

/** Subnet, first and last address of each range, and the destinations of routes; undefined where we refuse to read. */
function givenOut(text: string) {
  const reading = readNetwork(text, 'nad')
  const facts = reading.network && extractFacts(reading.network)
  if (facts === undefined || reading.problems.length + facts.problems.length > 0) return undefined
  return {
    ranges: facts.subnets.map(fact => [
      printPrefix(network(fact.subnet)),
      printIp(fact.first),
      printIp(fact.last),
    ]),
    routes: facts.routes
      .filter(({ cause }) => cause === 'ipam-route')
      .map(({ destination }) => printPrefix(network(destination))),
  }
}

/** Rules about what a plugin cannot do, whoever asks. */
const IMPOSSIBLE: ReadonlySet<string> = new Set(['unreadable-config', 'address-outside-subnet'])

function isRefused(text: string): boolean {
  return judge(attachment(text), new Inventory()).some(
    ({ rule, severity }) => IMPOSSIBLE.has(rule) && severity === 'error',
  )
}

function inOrder(parts: readonly (string | readonly string[])[]): string {
  return parts.map(String).sort().join()
}
