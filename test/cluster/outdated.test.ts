import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cable } from './cable.ts'
import { publishedTexts, startReplica, until } from './installation.ts'
import { ask, readiness } from './readiness.ts'
import { pause } from './stream.ts'
import { NETWORKS, pod, Tenants } from './tenants.ts'

/** A replica signs for so long after the last word of the API server (webhook/current.ts). */
const OUTDATED_MS = 40_000

describe('a replica that does not know what is granted', () => {
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

  const configure = (text: string) =>
    tenants.plane.kubectl([
      ...['-n', 'socni-system', 'patch', 'configmap', 'socni-configuration', '--type=merge', '-p'],
      JSON.stringify({ data: { 'cluster.yaml': text } }),
    ])
  const configured = () =>
    tenants.plane.kubectl([
      ...['-n', 'socni-system', 'get', 'configmap', 'socni-configuration'],
      ...['-o', 'jsonpath={.data.cluster\\.yaml}'],
    ])

  it('signs nothing after a start with a configuration that it cannot read, nor tells nodes or revokes', async () => {
    const { plane, replica } = tenants
    const before = configured()
    const told = publishedTexts(plane)
    await replica.end()
    configure(before.replace('10.42.0.0/16', 'everything'))
    const starting = startReplica(cable.plane, replica.address)
    let [said, held] = ['', '']
    try {
      await until(async () => {
        said = (await ask(replica.address, '/readyz')).text
        return said.includes('everything')
      })
      // Longer than a round of what the leader does.
      await pause(6_000)
      held = apply(pod('early', { [NETWORKS]: 'ledger' }))
      // Whoever puts it wrong again is told; who puts it right is heard.
      expect(() => configure(before.replace('10.42.0.0/16', 'nothing'))).toThrow('podCIDRs')
    } finally {
      configure(before)
      tenants.replica = await starting
    }
    expect(said).toMatch(/socni-configuration: cluster\.yaml: .*podCIDRs/)
    expect(held).toMatch(
      /denied the request: socni-webhook cannot tell what is granted: socni-configuration: .*podCIDRs/,
    )
    expect(publishedTexts(plane)).toEqual(told)
    expect(apply(pod('early', { [NETWORKS]: 'ledger' }))).toBe('pod/early created\n')
  })

  it('signs nothing after it was cut off from the API server, which still reaches it', async () => {
    const { address } = tenants.replica
    // Only its own way out is cut: it listens where it always did.
    cable.cut()
    expect(apply(pod('meanwhile', { [NETWORKS]: 'ledger' }))).toBe('pod/meanwhile created\n')
    await pause(OUTDATED_MS)
    expect(await readiness(address)).toBe(200)
    expect(apply(pod('late', { [NETWORKS]: 'ledger' }))).toContain('the API server was not heard from for 4')
    expect(await readiness(address)).toBe(503)
    cable.mend()
    await until(() => apply(pod('late', { [NETWORKS]: 'ledger' })).includes('created'))
    await until(async () => (await readiness(address)) === 200)
  }, 120_000)
})
