import { describe, expect, it } from 'vitest'
import { generateSigningKey, publicKeyOf } from '../../src/claims/keys.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { attachment, exampleWorld, macvlanConfig, pod } from '../../src/policy/example.ts'
import { Inventory } from '../../src/policy/inventory.ts'
import { putManifest } from '../../src/policy/put-policy.ts'
import type { Phase } from '../../src/review/context.ts'
import { requestFor } from '../../src/review/request.ts'
import { createReview } from '../../src/review/review.ts'

const key = generateSigningKey()

/** A review of a store that knows the example world but for one kind, until it looks again. */
function reviewWithout(kind: string, isTold = true) {
  const inventory = new Inventory()
  const put = (manifests: readonly Manifest[]) => {
    for (const manifest of manifests) putManifest(inventory, manifest)
  }
  put(exampleWorld.filter(manifest => manifest.kind !== kind))
  const counted: string[] = []
  let looks = 0
  const review = createReview({
    inventory,
    keys: () => ({ signing: key, keys: new Map([[key.kid, publicKeyOf(key, 'current')]]), revocations: [] }),
    clock: () => new Date(),
    counters: {
      countFinding: (rule, outcome) => counted.push(`${outcome} ${rule}`),
      countClaims: count => counted.push(`${count} claims`),
    },
    lookAgain: async () => {
      looks++
      if (isTold) put(exampleWorld)
      return isTold
    },
  })
  const ask = async (phase: Phase, manifest: Manifest) => {
    const { allowed, patch } = await review(requestFor(manifest), phase)
    return { allowed, isPatched: patch !== undefined, counted: counted.splice(0), looks }
  }
  return ask
}

describe('a review', () => {
  it.each(['Tenant', 'NetworkAttachmentDefinition'])(
    'looks again before it leaves a pod without claims, where its %s is new',
    async kind => {
      const ask = reviewWithout(kind)
      const signed = { allowed: true, isPatched: true, counted: ['1 claims'], looks: 1 }
      expect(await ask('mutate', pod('storage'))).toEqual(signed)
      expect(await ask('mutate', pod('storage'))).toEqual(signed)
    },
  )

  it('looks again before it refuses, and counts what it said alone', async () => {
    const network = attachment(macvlanConfig(), { name: 'another' })
    const ask = reviewWithout('Tenant')
    expect(await ask('validate', network)).toEqual({ allowed: true, isPatched: false, counted: [], looks: 1 })
    const askInVain = reviewWithout('Tenant', false)
    expect(await askInVain('validate', network)).toEqual({
      allowed: false,
      isPatched: false,
      counted: ['denied namespace-without-tenant'],
      looks: 1,
    })
  })

  it('looks again before it warns of a workload, whose networks may have come with it', async () => {
    const ask = reviewWithout('NetworkAttachmentDefinition')
    const { metadata, spec } = pod('storage')
    const template = { metadata: { annotations: metadata.annotations }, spec }
    const selector = { matchLabels: { app: 'teller' } }
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'teller', namespace: 'finance' },
      spec: { selector, template },
    }
    expect(await ask('validate', deployment)).toEqual({
      allowed: true,
      isPatched: false,
      counted: [],
      looks: 1,
    })
  })

  it('does not look again for what it takes', async () => {
    const ask = reviewWithout('Pod')
    const network = attachment(macvlanConfig(), { name: 'another' })
    expect(await ask('validate', network)).toMatchObject({ allowed: true, looks: 0 })
  })
})
