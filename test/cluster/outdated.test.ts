import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cable } from './cable.ts'
import { publishedTexts, startReplica, until } from './installation.ts'
import { ask, readiness } from './readiness.ts'
import { pause } from './stream.ts'
import { NETWORKS, pod, Tenants } from './tenants.ts'

/** A replica signs for so long after the last word of the API server (webhook/current.ts). */
const OUTDATED_MS = 50_000

describe('a replica that does not know what is granted, or a node', () => {
  const tenants = new Tenants()
  const { apply } = tenants
  let cable: Cable

  beforeAll(async () => {
    await tenants.start()
    cable = await Cable.start(tenants.plane, tenants.replica.address)
  })
  afterAll(async () => {
    await tenants[Symbol.asyncDispose]()
    await cable?.[Symbol.asyncDispose]()
  })

  const configure = (text: string) => {
    const metadata = { name: 'socni-configuration', namespace: 'socni-system' }
    return apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'cluster.yaml': text } })
  }
  const configured = () =>
    tenants.plane.kubectl([
      ...['-n', 'socni-system', 'get', 'configmap', 'socni-configuration'],
      ...['-o', 'jsonpath={.data.cluster\\.yaml}'],
    ])

  it.each<[what: string, spoil: (text: string) => void, said: RegExp]>([
    [
      'that it cannot read',
      text => configure(text.replace('10.42.0.0/16', 'everything')),
      /ConfigMap socni-configuration: cluster\.yaml: .*podCIDRs/,
    ],
    [
      'that is not there',
      () => tenants.plane.kubectl(['-n', 'socni-system', 'delete', 'configmap', 'socni-configuration']),
      /ConfigMap socni-configuration is not there/,
    ],
  ])(
    'signs nothing after a start with a configuration %s, nor tells nodes or revokes',
    async (what, spoil, said) => {
      const { plane, replica } = tenants
      const before = configured()
      const told = publishedTexts(plane)
      await replica.end()
      spoil(before)
      const starting = startReplica(cable.plane, replica.address)
      const early = pod(what.replaceAll(' ', '-'), { [NETWORKS]: 'ledger' })
      let held = ''
      try {
        await until(async () => said.test((await ask(replica.address, '/readyz')).text))
        // Longer than a round of what the leader does.
        await pause(6_000)
        held = apply(early)
        // Whoever puts it wrong again is told; who puts it right is heard.
        expect(configure(before.replace('10.42.0.0/16', 'nothing'))).toContain('podCIDRs')
      } finally {
        configure(before)
        tenants.replica = await starting
      }
      expect(held).toContain(
        'denied the request: socni-webhook cannot tell what is granted: what cluster this is',
      )
      expect(held).toMatch(said)
      expect(publishedTexts(plane)).toEqual(told)
      expect(apply(early)).toContain('created')
    },
  )

  it('signs nothing after it was cut off from the API server, which still reaches it', async () => {
    const { address } = tenants.replica
    // Only its own way out is cut: it listens where it always did.
    cable.cut()
    expect(apply(pod('meanwhile', { [NETWORKS]: 'ledger' }))).toBe('pod/meanwhile created\n')
    await pause(OUTDATED_MS)
    expect(await readiness(address)).toBe(200)
    expect(apply(pod('late', { [NETWORKS]: 'ledger' }))).toMatch(
      /the API server was not heard from for [5-9]\d s/,
    )
    expect(await readiness(address)).toBe(503)
    cable.mend()
    await until(() => apply(pod('late', { [NETWORKS]: 'ledger' })).includes('created'))
    await until(async () => (await readiness(address)) === 200)
  }, 120_000)

  it('is told by a first start what it needs in one step, whoever leads', async () => {
    const { plane, replica } = tenants
    const told = publishedTexts(plane)
    await replica.end()
    plane.kubectl(['-n', 'socni-system', 'delete', 'configmap', 'socni-keys'])
    const renewTime = new Date(Date.now() + 60_000).toISOString().replace('Z', '000Z')
    const spec = { holderIdentity: 'another', leaseDurationSeconds: 15, renewTime }
    const metadata = { name: 'socni-webhook', namespace: 'socni-system' }
    apply({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec })
    tenants.replica = await startReplica(plane, replica.address)
    expect(publishedTexts(plane)).toEqual({
      'keys.json': told['keys.json'],
      'facts.json': told['facts.json'],
    })
  })
})
