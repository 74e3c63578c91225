import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AdmissionRequest } from '../../src/kube/admission.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { KubeClient } from '../../src/kube-api/client.ts'
import { SharingConfig } from '../../src/kube-api/connections.ts'
import { attachment, exampleWorld, macvlanConfig, pod } from '../../src/policy/example.ts'
import { Inventory } from '../../src/policy/inventory.ts'
import { putManifest } from '../../src/policy/put-policy.ts'
import { requestFor } from '../../src/review/request.ts'
import { CatchUp } from '../../webhook/cluster/catch-up.ts'
import { shared } from '../../webhook/cluster/shared.ts'
import type { ClusterStore } from '../../webhook/cluster/store.ts'

/** What the API server says that there is of a group. */
const resources = (name: string, kind: string, namespaced: boolean) => ({
  kind: 'APIResourceList',
  resources: [{ name, kind, namespaced, verbs: [] }],
})

const DISCOVERY: Readonly<Record<string, object>> = {
  '/apis/k8s.cni.cncf.io/v1': resources(
    'network-attachment-definitions',
    'NetworkAttachmentDefinition',
    true,
  ),
  '/apis/socni.dev/v1alpha1': resources('tenants', 'Tenant', false),
  '/api/v1': resources('namespaces', 'Namespace', false),
}

describe('looking again', () => {
  /** What is asked of the API server, and the networks that it has. */
  let asked: string[] = []
  let networks: Manifest[] = []
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/\?.*/, '')
    const isList = /tenants$|definitions$/.test(path)
    if (DISCOVERY[path] === undefined) asked.push(path)
    const items = path.endsWith('definitions')
      ? networks
      : exampleWorld.filter(({ kind }) => kind === 'Tenant')
    const list = { metadata: { resourceVersion: '1' }, items }
    const answer = DISCOVERY[path] ?? (isList ? list : { metadata: { resourceVersion: '1' } })
    setTimeout(
      () => response.setHeader('content-type', 'application/json').end(JSON.stringify(answer)),
      DISCOVERY[path] === undefined ? 5 : 0,
    )
  })
  let client: KubeClient
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const config = new SharingConfig()
    const { port } = server.address() as AddressInfo
    config.loadFromClusterAndUser(
      { name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
      { name: 'u' },
    )
    client = new KubeClient(config)
  })
  afterAll(() => void server.close())
  beforeEach(() => {
    asked = []
    networks = []
  })

  /** A store that is as new as the API server, but for the versions that it has not seen. */
  function catchUp(hasSeen = (_version: string) => true) {
    const inventory = new Inventory()
    const users = Array.from({ length: 3 }, (_, index) => pod('storage', { metadata: { name: `p${index}` } }))
    for (const manifest of exampleWorld) putManifest(inventory, manifest)
    for (const { metadata } of users) inventory.uses.put(metadata)
    const store = { inventory, hurry: () => {}, hasSeen: (_: string, version: string) => hasSeen(version) }
    const log = { info: () => {}, warn: () => {}, error: () => {} }
    return { inventory, catchUp: new CatchUp(client, store as unknown as ClusterStore, log) }
  }

  const missing = (prefix: string, namespace = 'finance'): AdmissionRequest =>
    requestFor(
      pod(Array.from({ length: 16 }, (_, index) => `${prefix}${index}`).join(), { metadata: { namespace } }),
    )

  const storage = attachment(macvlanConfig(), { name: 'storage' })
  const removal = requestFor(storage, { operation: 'DELETE', object: null, oldObject: storage })

  it('asks for each namespace once, however many pods of it name however many networks', async () => {
    const { catchUp: looking } = catchUp()
    await Promise.all(Array.from({ length: 30 }, (_, index) => looking.lookAgain(missing(`n${index}-`))))
    const counts = Object.entries(Object.groupBy(asked, path => path)).map(
      ([path, times]) => [path.replace(/.*\/v1/, ''), times?.length] as const,
    )
    // Who came while the first was on its way shares the second.
    expect(Object.fromEntries(counts)).toEqual({
      'alpha1/tenants': 2,
      '/namespaces/finance': 2,
      '/namespaces/finance/network-attachment-definitions': 2,
    })
  })

  it('asks in the place of invented namespaces for a few of them', async () => {
    const { catchUp: looking } = catchUp()
    const names = Array.from({ length: 16 }, (_, index) => `ns${index}/x`).join()
    await looking.lookAgain(requestFor(pod(`${names},../x`)))
    expect(asked.filter(path => path.endsWith('definitions'))).toHaveLength(4)
    await looking.lookAgain(requestFor(pod([{ name: 'x', namespace: '..' }])))
    expect(asked.filter(path => path.includes('..'))).toEqual([])
  })

  it('waits for a network that was made a moment before, and for no other one', async () => {
    networks = [
      { ...storage, metadata: { name: 'new', namespace: 'finance', resourceVersion: '7' } },
      { ...storage, metadata: { name: 'other', namespace: 'finance', resourceVersion: '8' } },
    ]
    const looked: string[] = []
    // The mirror hears of it when it was looked for a few times; all else, of version 1, it has heard of.
    const { inventory, catchUp: looking } = catchUp(version => {
      if (version === '1') return true
      looked.push(version)
      if (looked.length === 3) putManifest(inventory, attachment(macvlanConfig(), { name: 'new' }))
      return looked.length > 3
    })
    expect(await looking.lookAgain(requestFor(pod('new')))).toBe(true)
    expect(inventory.attachment('finance', 'new')).toBeDefined()
    expect(looked).toEqual(['7', '7', '7', '7'])
  })

  it('lets so many of a namespace wait, judges the others by what is known, and holds no other namespace up', async () => {
    const { catchUp: looking } = catchUp()
    let waiting = 0
    const removals = Array.from({ length: 100 }, async () => {
      waiting++
      await looking.lookAgain(removal)
      waiting--
    })
    await looking.lookAgain(missing('x', 'logistics'))
    expect(waiting).toBe(32)
    await Promise.all(removals)
    // All that waited gave their places back.
    asked = []
    await looking.lookAgain(missing('x'))
    expect(asked).toHaveLength(3)
  })
})

describe('shared work', () => {
  it('begins after everybody asked who shares it, also after a failure', async () => {
    const [said, ends]: [string[], (() => void)[]] = [[], []]
    const ask = shared(async (key: string) => {
      said.push(key)
      await new Promise<void>(resolve => ends.push(resolve))
      if (said.length === 1) throw new Error('the first one')
      return said.length
    })
    const first = ask('a')
    const [second, third, other] = [ask('a'), ask('a'), ask('b')]
    expect(said).toEqual(['a', 'b'])
    const failed = expect(first).rejects.toThrow('the first one')
    said.pop()
    ends[0]?.()
    await failed
    expect(await Promise.race([second, new Promise(resolve => setTimeout(resolve, 5, 'none yet'))])).toBe(
      'none yet',
    )
    expect(said).toEqual(['a', 'a'])
    ends[1]?.()
    ends[2]?.()
    expect(await Promise.all([second, third, other])).toEqual([2, 2, 2])
    void ask('a')
    expect(said).toEqual(['a', 'a', 'a'])
  })
})
