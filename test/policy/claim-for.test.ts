import { describe, expect, it } from 'vitest'
import { configurationDigest } from '../../src/claims/digest.ts'
import { readUnverified } from '../../src/claims/jws.ts'
import { generateSigningKey, publicKeyOf } from '../../src/claims/keys.ts'
import { sha256 } from '../../src/claims/sha256.ts'
import type { JsonObject } from '../../src/json/value.ts'
import { CLAIM_ARG, NETWORKS_ANNOTATION } from '../../src/kube/annotations.ts'
import { pod, tenant } from '../../src/policy/example.ts'
import { applyPatch } from '../../src/review/patch.ts'
import { requestFor } from '../../src/review/request.ts'
import { createLocalReview } from '../../src/review/review.ts'
import { judgeStanding } from '../../src/review/standing.ts'
import { exampleInventory } from '../example-inventory.ts'
import { admit } from '../plugin/admission.ts'

const key = generateSigningKey()
const macvlan = { cniVersion: '1.0.0', type: 'macvlan', master: 'eth0.100', mode: 'bridge' }

/** What the webhook signs for a pod of finance, once it was admitted; undefined where it signs nothing. */
async function signed(config: JsonObject, change: { selection?: JsonObject; finance?: JsonObject } = {}) {
  const { config: told } = await admit(config, key, { ...change, clock: new Date(7_000) })
  const { args } = told as { args: { cni: Record<string, string> } }
  return readUnverified(args.cni[CLAIM_ARG] ?? '')?.payload
}

describe('a claim', () => {
  const stated = {
    iss: 'socni',
    iat: 7,
    tenant: 'finance',
    namespace: 'finance',
    pod: 'books',
    nad: 'finance/ledger',
    interface: 'net1',
    uplinks: [{ master: 'eth0', vlans: '100' }],
    digests: [{ type: 'macvlan', sha256: configurationDigest(macvlan, sha256) }],
  }

  it('states what a network is, and nothing that nobody asked for', async () => {
    expect(await signed(macvlan)).toEqual(stated)
  })

  it('states what a pod asks for', async () => {
    const selection = { ips: ['10.100.1.7/24'], mac: '02:00:0a:64:01:07', interface: 'books' }
    expect(await signed(macvlan, { selection })).toEqual({ ...stated, ...selection })
  })

  it.each<[finance: JsonObject, defaultRoute: true | undefined]>([
    [{ allowDefaultRoute: true }, true],
    [{ allowDefaultRoute: false }, undefined],
    [{ rules: { 'default-route': 'warn' } }, true],
    [{ rules: { 'default-route': 'off' } }, true],
    [{ rules: { 'default-route': 'deny' } }, undefined],
    [{ rules: { 'runtime-default-route': 'off' } }, true],
    [{ rules: { 'runtime-default-route': 'warn' } }, undefined],
  ])('allows a default route at run time where the Tenant has %j: %s', async (finance, defaultRoute) => {
    expect(await signed(macvlan, { finance })).toEqual({ ...stated, ...(defaultRoute && { defaultRoute }) })
  })

  it('is there for the guard by its own name, which asks for one whatever it delegates to', async () => {
    const tap = { type: 'tap', ipam: { type: 'static' } }
    expect(await signed({ cniVersion: '1.0.0', ...tap })).toBeUndefined()
    const byName = { cniVersion: '1.0.0', type: 'socni', delegate: tap }
    expect(await signed(byName)).toMatchObject({ uplinks: [], digests: [{ type: 'socni' }] })
  })
})

describe('a claim that was signed before', () => {
  const keys = { signing: key, keys: new Map([[key.kid, publicKeyOf(key, 'current')]]), revocations: [] }
  const finance = (change: object = {}) =>
    tenant('finance', { namespaces: ['finance'], vlans: [{ ids: 100, masters: ['eth0'] }], ...change })
  const generous = finance({ allowDefaultRoute: true })

  /** Whether the pod is admitted that shows for one selection what was signed for another. */
  async function isTaken(first: object, then: object, before = finance(), now = finance()) {
    const asking = pod([{ name: 'storage', ...first }])
    const sign = createLocalReview(exampleInventory(before), keys)
    const { annotations = {} } = applyPatch(asking, await sign(requestFor(asking), 'mutate')).metadata
    const [{ 'cni-args': claim }] = JSON.parse(annotations[NETWORKS_ANNOTATION] ?? '')
    const showing = pod([{ name: 'storage', ...then, 'cni-args': claim }])
    return (await createLocalReview(exampleInventory(now), keys)(requestFor(showing), 'validate')).allowed
  }

  it('holds for what it was signed for, and for nothing else', async () => {
    const ips = ['10.100.1.7/24']
    const mac = '02:00:0a:64:01:07'
    expect(await isTaken({ ips, mac }, { ips, mac })).toBe(true)
    expect(await isTaken({ ips }, {})).toBe(false)
    expect(await isTaken({}, { ips })).toBe(false)
    expect(await isTaken({ mac }, {})).toBe(false)
    expect(await isTaken({}, { mac })).toBe(false)
    expect(await isTaken({}, { interface: 'books' })).toBe(false)
  })

  it('does not hold any more where its tenant may no longer have a default route at run time', async () => {
    expect(await isTaken({}, {}, generous, generous)).toBe(true)
    expect(await isTaken({}, {}, generous, finance())).toBe(false)
    expect(await isTaken({}, {}, finance(), generous)).toBe(true)
  })

  it('must be bound where its pod is on a node, but not where it only stands there', async () => {
    const asking = pod('storage')
    const decide = createLocalReview(exampleInventory(), keys)
    const { annotations = {} } = applyPatch(asking, await decide(requestFor(asking), 'mutate')).metadata
    const running = (networks?: Record<string, string>) => ({
      ...asking,
      metadata: { ...asking.metadata, uid: 'u', annotations: networks ?? {} },
      spec: { containers: [], nodeName: 'n' },
    })
    const request = requestFor(running(annotations), { operation: 'UPDATE', oldObject: running() })
    expect(await decide(request, 'validate')).toMatchObject({
      allowed: false,
      status: { message: expect.stringContaining('it is not bound to the pod and its node') },
    })
    const target = { apiVersion: 'v1', kind: 'Node', name: 'n' }
    const metadata = { name: 'teller', namespace: 'finance', uid: 'u', annotations }
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata, target }
    const bind = createLocalReview(exampleInventory(asking), keys)
    expect(await bind(requestFor(binding, { subResource: 'binding' }), 'validate')).toMatchObject({
      allowed: false,
      status: { message: expect.stringContaining('it is not bound to the pod and its node') },
    })
    const standing = (networks: Record<string, string>) =>
      judgeStanding(running(networks), exampleInventory(), keys).map(({ rule }) => rule)
    expect(standing(annotations)).toEqual([])
    expect(standing({ [NETWORKS_ANNOTATION]: 'storage' })).toEqual(['foreign-claim'])
    expect(standing({ [NETWORKS_ANNOTATION]: 'logistics/fleet' })).toEqual(['foreign-attachment'])
  })
})
