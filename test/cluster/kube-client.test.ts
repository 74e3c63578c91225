import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Watch } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Manifest } from '../../src/kube/manifest.ts'
import { KubeClient, loadConfig } from '../../src/kube-api/client.ts'
import { metadataOnly } from '../../src/kube-api/connections.ts'
import { KINDS } from '../../src/kube-api/kinds.ts'
import { attachment, exampleWorld, macvlanConfig, pod } from '../../src/policy/example.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { applyDefinitions } from './installation.ts'

const COUNT = 25
const names = Array.from({ length: COUNT }, (_, index) => `object-${index}`).sort()
const namesOf = (manifests: readonly Manifest[]) => manifests.map(({ metadata }) => metadata.name).sort()

describe('the client, of an API server', () => {
  let plane: ControlPlane
  let client: KubeClient
  let metadata: KubeClient

  beforeAll(async () => {
    plane = await startControlPlane()
    applyDefinitions(plane)
    const config = loadConfig({ kubeconfig: plane.kubeconfig('admin') })
    client = new KubeClient(config)
    metadata = new KubeClient(metadataOnly(config))
    const [tenant] = exampleWorld
    for (const name of names) {
      const own = { name, namespace: 'default' }
      const network = attachment(macvlanConfig())
      await client.create({ ...network, metadata: own })
      await client.create({ ...pod('ledger'), metadata: { ...pod('ledger').metadata, ...own } })
      await client.create({ ...tenant, metadata: { name } } as Manifest)
    }
  })
  afterAll(() => plane?.[Symbol.asyncDispose]())

  it.each([
    ['a kind of Kubernetes', KINDS.pod],
    ['a custom resource', KINDS.network],
    ['a custom resource without a namespace', KINDS.tenant],
  ])('lists all there are, page by page: %s', async (_, kind) => {
    for (const by of [client, metadata]) {
      const pages: number[] = []
      for await (const { items } of by.pages(kind, { page: 10 })) pages.push(items.length)
      expect(pages).toEqual([10, 10, 5])
      expect(namesOf((await by.list(kind, undefined, { page: 10 })).items)).toEqual(names)
    }
  })

  it('lists objects as they are written', async () => {
    const { items } = await client.list(KINDS.pod, undefined, { fieldSelector: 'metadata.name=object-0' })
    const text = plane.kubectl(['-n', 'default', 'get', 'pod', 'object-0', '-o', 'json'])
    const { managedFields: _, ...shown } = JSON.parse(text).metadata
    expect(items).toMatchObject([{ apiVersion: 'v1', kind: 'Pod', metadata: shown }])
    expect(await client.read(KINDS.pod, 'object-0', 'default')).toEqual(items[0])
  })

  it('lists metadata alone when it is told to, and none where there is none', async () => {
    const { items } = await metadata.list(KINDS.pod)
    expect(items.map(item => Object.keys(item).sort())).toEqual(
      names.map(() => ['apiVersion', 'kind', 'metadata']),
    )
    expect((await metadata.list(KINDS.pod, undefined, { namespace: 'kube-public' })).items).toEqual([])
  })

  it('makes no connection for a request that could share one', async () => {
    let made = 0
    const count = () => {
      made++
    }
    subscribe('undici:client:connected', count)
    const other = new KubeClient(loadConfig({ kubeconfig: plane.kubeconfig('admin') }))
    for (const name of names) await other.read(KINDS.pod, name, 'default')
    await new KubeClient(metadataOnly(other.config)).list(KINDS.pod, undefined, { page: 5 })
    unsubscribe('undici:client:connected', count)
    expect(made).toBe(1)
  })

  it('watches metadata alone when it is told to', async () => {
    const event = Promise.withResolvers<unknown>()
    const watch = await new Watch(metadata.config).watch(
      '/api/v1/namespaces/default/pods',
      { resourceVersion: '0' },
      (_, object) => event.resolve(object),
      event.reject,
    )
    expect(Object.keys((await event.promise) as object).sort()).toEqual(['apiVersion', 'kind', 'metadata'])
    watch.abort()
  })
})
