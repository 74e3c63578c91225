import { describe, expect, it } from 'vitest'
import { generateSigningKey, publicKeyOf } from '../../src/claims/keys.ts'
import type { AdmissionResponse } from '../../src/kube/admission.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { attachment, macvlanConfig, pod } from '../../src/policy/example.ts'
import { judge } from '../../src/policy/judge.ts'
import { putManifest } from '../../src/policy/put-policy.ts'
import { requestFor } from '../../src/review/request.ts'
import { createLocalReview } from '../../src/review/review.ts'
import { exampleInventory } from '../example-inventory.ts'

const inventory = exampleInventory()
const signing = generateSigningKey()
const keys = { signing, keys: new Map([[signing.kid, publicKeyOf(signing, 'current')]]), revocations: [] }
const decide = createLocalReview(inventory, keys)
const many = <T>(length: number, make: (index: number) => T): T[] =>
  Array.from({ length }, (_, index) => make(index))
const withConfig = (change: object): Manifest => attachment({ ...macvlanConfig(), ...change })
const withRanges = (count: number): Manifest => {
  const ranges = many(count, index => [{ subnet: `10.100.${index}.0/24` }])
  return withConfig({ ipam: { type: 'host-local', ranges } })
}

async function review(manifest: Manifest): Promise<AdmissionResponse> {
  const object = { ...manifest, metadata: { ...manifest.metadata, namespace: 'finance' } }
  return decide(requestFor(object), 'validate')
}

const sizeOf = (answer: AdmissionResponse): number => Buffer.byteLength(JSON.stringify(answer))

describe('what is longer than anyone needs', () => {
  it.each<[what: string, manifest: Manifest, message: string]>([
    [
      'networks by name',
      pod(many(65, index => `storage@net${index}`).join(',')),
      'it names more than 64 networks',
    ],
    ['networks as objects', pod(many(65, () => ({ name: 'storage' }))), 'it names more than 64 networks'],
    ['commas', pod(','.repeat(250_000)), 'it names more than 64 networks'],
    [
      'addresses of one network',
      pod([{ name: 'storage', ips: many(33, index => `10.100.1.${index}`) }]),
      'it holds 33 addresses, and one interface may have 32',
    ],
    [
      'a configuration',
      attachment(JSON.stringify(macvlanConfig()).padEnd(16_385)),
      'the JSON is longer than 16384 bytes',
    ],
    [
      'plugins',
      attachment({ cniVersion: '1.0.0', name: 'a', plugins: many(17, () => ({ type: 'tuning' })) }),
      'it lists 17 plugins, and at most 16 are judged',
    ],
    ['subnets', withRanges(17), 'it names 17 subnets, and at most 16 are judged'],
  ])('is refused: %s', async (_, manifest, message) => {
    const answer = await review(manifest)
    expect(answer.allowed).toBe(false)
    expect(answer.status?.message).toContain(message)
  })

  it.each<[what: string, manifest: Manifest]>([
    ['a configuration', attachment(JSON.stringify(macvlanConfig()).padEnd(16_384))],
    ['subnets', withRanges(16)],
  ])('is not refused where it is just not too long: %s', async (_, manifest) => {
    expect((await review(manifest)).status?.message ?? '').not.toMatch(/at most|longer than/)
  })

  it.each([
    [62, false],
    [63, true],
  ])('is refused: networks that ride on one of the pod, sixteen times each of %i', (count, isRefused) => {
    const trunk = { cniVersion: '1.0.0', name: 'trunk', type: 'bridge', bridge: 'br-finance' }
    const plugins = many(16, index => ({
      ...{ type: 'vlan', master: 'trunk', linkInContainer: true, vlanId: 200 + (index % 10) },
      ipam: { type: 'static' },
    }))
    const known = exampleInventory(
      attachment({ ...trunk, vlanTrunk: [{ minID: 200, maxID: 209 }] }, { name: 'trunk' }),
      attachment({ cniVersion: '1.0.0', name: 'riding', plugins }, { name: 'riding' }),
    )
    const riding = many(count, index => `riding@r${index}`)
    const messages = judge(pod(['trunk@trunk', ...riding].join(',')), known).map(({ message }) => message)
    expect(messages.some(message => message.includes('in more ways than are judged (1000)'))).toBe(isRefused)
  })

  it.each([
    [16, 'signed'],
    [17, 'not signed'],
  ])('is not judged as if the rest were all: with %i subnets a network is %s', async (count, outcome) => {
    const known = exampleInventory()
    putManifest(known, { ...withRanges(count), metadata: { name: 'ledger', namespace: 'finance' } })
    const answer = await createLocalReview(known, keys)(requestFor(pod('ledger')), 'mutate')
    expect(answer.patch === undefined ? 'not signed' : 'signed').toBe(outcome)
  })
})

describe('an answer', () => {
  it.each<[what: string, manifest: Manifest]>([
    [
      'many findings',
      pod([{ name: 'storage', 'cni-args': Object.fromEntries(many(20_000, key => [key, 1])) }]),
    ],
    ['many addresses', pod(many(64, () => ({ name: 'storage', ips: many(32, last => `10.9.9.${last}`) })))],
    ['a long name', pod('a'.repeat(250_000))],
    ['a long key', pod([{ name: 'storage', [`x${'y'.repeat(250_000)}`]: 1 }])],
    ['a long value', pod([{ name: 'storage', mac: 'y'.repeat(250_000) }])],
    [
      'many routes',
      withConfig({ ipam: { type: 'static', routes: many(500, () => ({ dst: '0.0.0.0/0' })) } }),
    ],
    ['a long type', attachment({ cniVersion: '1.0.0', name: 'a', type: 'y'.repeat(16_000) })],
    ['a long master', withConfig({ master: 'y'.repeat(16_000) })],
    ['a trunk', attachment({ type: 'bridge', vlanTrunk: many(800, index => ({ id: 2 * index + 1 })) })],
  ])('stays short: %s', async (_, manifest) => {
    expect(sizeOf(await review(manifest))).toBeLessThan(64 * 1024)
  })

  it('says how much it leaves out', async () => {
    const routes = many(50, () => ({ dst: '0.0.0.0/0' }))
    const { status } = await review(withConfig({ ipam: { type: 'static', routes } }))
    expect(status?.details?.causes).toHaveLength(20)
    expect(status?.message).toMatch(/\n… and \d\d more$/)
  })
})
