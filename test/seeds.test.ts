import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NETWORKS_ANNOTATION } from '../src/kube/annotations.ts'
import type { Manifest } from '../src/kube/manifest.ts'
import { claimOf } from '../src/kube/selection-claims.ts'
import { readSelections } from '../src/kube/selections.ts'
import { applyPatch } from '../src/review/patch.ts'
import { readManifests } from '../src/yaml/document.ts'
import { startWebhook, type WebhookUnderTest } from './webhook-under-test.ts'

const seeds = new URL('../examples/seeds/', import.meta.url)
const policy = manifestsOf('../policy/tenants.yaml')
/** The same two tenants, without any grant. */
const withoutGrants = policy.map(tenant => ({
  ...tenant,
  spec: { namespaces: (tenant.spec as { namespaces: string[] }).namespaces },
}))

const [vlan100] = manifestsOf('000-vlan100-network.yaml')
const [dualNetPod] = manifestsOf('000-dual-net-pod.yaml')
const [lanNetwork] = manifestsOf('002-lan-network.yaml')
const [myPod] = manifestsOf('002-my-pod.yaml')
const [ipvlanNet, alpine] = manifestsOf('003-ipvlan.yaml')
const [macvlanConf] = manifestsOf('004-macvlan-conf.yaml')
const [thor] = manifestsOf('004-thor.yaml')

describe('the webhook, asked with the manifests of the seeds', () => {
  let webhook: WebhookUnderTest
  beforeAll(async () => {
    webhook = await startWebhook([...policy, vlan100, ipvlanNet, lanNetwork])
  })
  afterAll(() => webhook[Symbol.asyncDispose]())

  const create = async (manifest: Manifest, namespace: string) => {
    const { response, object } = await webhook.apiServer.create(manifest, namespace)
    return {
      allowed: response.allowed,
      rules: (response.status?.details?.causes ?? []).map(({ reason }) => reason),
      warnings: (response.warnings ?? []).map(warning => warning.replace(/^\[([^\]]*)\].*/s, '$1')),
      claims: readSelections(object.metadata.annotations?.[NETWORKS_ANNOTATION], namespace).selections.map(
        selection => claimOf(selection)?.split('.').length,
      ),
    }
  }

  it('admits the vlan100 network of seed 000 for a tenant with VLAN 100 on eth0, and says what is wrong with its key', async () => {
    expect(await create(vlan100, 'secure-zone-1')).toMatchObject({
      allowed: true,
      warnings: ['ignored-vlan-key', 'host-local-on-many-nodes', 'one-pod-per-vlan'],
    })
  })

  it('admits the dual-net pod of seed 000 beside it, with a claim', async () => {
    expect(await create(dualNetPod, 'secure-zone-1')).toEqual({
      allowed: true,
      rules: [],
      warnings: [],
      claims: [3],
    })
  })

  it('says that the network is missing where the pod is created without its namespace, as seed 000 writes it', async () => {
    expect(await create(dualNetPod, 'default')).toMatchObject({
      allowed: false,
      rules: ['unknown-attachment'],
    })
  })

  it('judges the lan-network pod of seed 002 against its network: MAC and address are its own', async () => {
    expect(await create(myPod, 'default')).toMatchObject({ allowed: true, rules: [], claims: [3] })
  })

  it('refuses that pod an address that its tenant was not granted', async () => {
    const networks = myPod.metadata.annotations?.[NETWORKS_ANNOTATION]?.replace(
      '192.168.31.233',
      '192.168.77.233',
    )
    const stray = {
      ...myPod,
      metadata: { ...myPod.metadata, annotations: { [NETWORKS_ANNOTATION]: networks ?? '' } },
    }
    expect(await create(stray, 'default')).toMatchObject({ allowed: false, rules: ['address-not-granted'] })
  })

  it('admits the ipvlan network of seed 003 and its pod', async () => {
    expect(await create(ipvlanNet, 'default')).toMatchObject({
      allowed: true,
      warnings: ['host-local-on-many-nodes'],
    })
    expect(await create(alpine, 'default')).toMatchObject({ allowed: true, claims: [3] })
  })

  it('refuses the macvlan network of seed 004 for its default route, and for nothing else', async () => {
    const { response } = await webhook.apiServer.create(macvlanConf, 'default')
    expect(response).toMatchObject({
      allowed: false,
      status: {
        code: 403,
        details: { causes: [{ reason: 'default-route', field: 'spec.config.ipam.routes[0].dst' }] },
      },
    })
  })

  it('refuses the pod of seed 004, whose network was refused', async () => {
    expect(await create(thor, 'default')).toMatchObject({ allowed: false, rules: ['unknown-attachment'] })
  })

  it('lets the Flannel ConfigMap of seed 000 pass untouched', async () => {
    const [flannel] = manifestsOf('000-flannel-config.yaml')
    expect(await create(flannel, 'kube-system')).toEqual({
      allowed: true,
      rules: [],
      warnings: [],
      claims: [],
    })
  })
})

describe('the webhook, asked for tenants without a grant', () => {
  it.each<[name: string, manifest: Manifest, namespace: string, rules: string[]]>([
    ['the vlan100 network of seed 000', vlan100, 'secure-zone-1', ['interface-not-granted']],
    ['the dual-net pod of seed 000', dualNetPod, 'secure-zone-1', ['refused-attachment']],
    ['the lan-network of seed 002', lanNetwork, 'default', ['interface-not-granted']],
    ['the pod of seed 002', myPod, 'default', ['refused-attachment']],
    ['the ipvlan network of seed 003', ipvlanNet, 'default', ['interface-not-granted']],
    ['the pod of seed 003', alpine, 'default', ['refused-attachment']],
    ['the macvlan network of seed 004', macvlanConf, 'default', ['interface-not-granted', 'default-route']],
  ])('refuses %s', async (_, manifest, namespace, rules) => {
    await using webhook = await startWebhook([...withoutGrants, vlan100, ipvlanNet, lanNetwork])
    const { response, mutation, object } = await webhook.apiServer.create(manifest, namespace)
    expect(response.status?.details?.causes.map(({ reason }) => reason)).toEqual(rules)
    expect(applyPatch(object, mutation)).toEqual(object)
  })
})

function manifestsOf(file: string): [Manifest, Manifest] {
  const { manifests, problems } = readManifests(readFileSync(new URL(file, seeds), 'utf8'))
  const [first, second] = manifests
  if (first === undefined || problems.length > 0) throw new Error(`${file}: ${JSON.stringify(problems)}`)
  return [first, second ?? first]
}
