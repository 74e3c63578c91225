import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import type { Claim } from '../../src/claims/claim.ts'
import { readUnverified } from '../../src/claims/jws.ts'
import { generateSigningKey } from '../../src/claims/keys.ts'
import type { AdmissionRequest } from '../../src/kube/admission.ts'
import { CLAIM_ARG, NETWORKS_ANNOTATION } from '../../src/kube/annotations.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { claimOf } from '../../src/kube/selection-claims.ts'
import { readSelections } from '../../src/kube/selections.ts'
import { attachment, exampleWorld, macvlanConfig, pod, tenant } from '../../src/policy/example.ts'
import { applyPatch } from '../../src/review/patch.ts'
import { requestFor } from '../../src/review/request.ts'
import { judgeStanding } from '../../src/review/standing.ts'
import { exampleInventory } from '../example-inventory.ts'
import { eventually, startWebhook, type WebhookUnderTest } from '../webhook-under-test.ts'

const STATUS = 'k8s.v1.cni.cncf.io/network-status'
const bound = pod('storage', { metadata: { name: 'bound', uid: '11111111-2222-3333-4444-555555555555' } })
const inFlat = (name: string) => ({ name, namespace: 'flat' })
const inPod = {
  cniVersion: '1.0.0',
  name: 'tagged',
  type: 'vlan',
  master: 'net1',
  vlanId: 500,
  linkInContainer: true,
}
const ipam = { type: 'host-local', ranges: [[{ subnet: '10.140.0.0/24' }]] }
const lab = attachment(
  { cniVersion: '1.0.0', name: 'lab', type: 'macvlan', master: 'eth0.400', ipam },
  { name: 'lab', namespace: 'default' },
)
const world: Manifest[] = [
  ...exampleWorld,
  attachment({ ...macvlanConfig(), name: 'second', master: 'eth0.200' }, { name: 'second' }),
  attachment(
    {
      cniVersion: '1.0.0',
      name: 'nowhere',
      type: 'dummy',
      ipam: { type: 'static', addresses: [{ address: '10.100.9.9/24' }] },
    },
    { name: 'nowhere' },
  ),
  bound,
  tenant('flat', { namespaces: ['flat'], vlans: [{ ids: 'native,500', masters: ['eth0', 'br-flat'] }] }),
  attachment(
    { cniVersion: '1.0.0', name: 'ports', type: 'ovs', bridge: 'br-flat', vlan: 500 },
    { ...inFlat('ports'), annotations: { 'k8s.v1.cni.cncf.io/resourceName': 'intel.com/sriov' } },
  ),
  attachment({ cniVersion: '1.0.0', name: 'floor', type: 'macvlan', master: 'eth0' }, inFlat('floor')),
  attachment({ cniVersion: '1.0.0', name: 'room', type: 'macvlan', master: 'eth0.500' }, inFlat('room')),
  attachment(
    { cniVersion: '1.0.0', name: 'above', type: 'macvlan', master: 'net1', linkInContainer: true },
    inFlat('above'),
  ),
  attachment({ ...inPod, ipam: { type: 'static' } }, inFlat('tagged')),
  tenant('lab', { namespaces: ['default'], vlans: [{ ids: 400, masters: ['eth0'] }] }),
  { ...lab, metadata: { name: 'lab' } },
]

const networksOf = (manifest: Manifest) => manifest.metadata.annotations?.[NETWORKS_ANNOTATION] ?? ''
const claimsOf = (manifest: Manifest) =>
  readSelections(networksOf(manifest), 'finance').selections.map(claimOf)
const rulesOf = (response: { status?: { details?: { causes: readonly { reason: string }[] } } }) =>
  response.status?.details?.causes.map(({ reason }) => reason)
const withNetworks = (manifest: Manifest, networks: string): Manifest => ({
  ...manifest,
  metadata: {
    ...manifest.metadata,
    annotations: { ...manifest.metadata.annotations, [NETWORKS_ANNOTATION]: networks },
  },
})

describe('the webhook', () => {
  let webhook: WebhookUnderTest
  beforeAll(async () => {
    webhook = await startWebhook(world)
  })
  afterAll(() => webhook[Symbol.asyncDispose]())
  const create = (manifest: Manifest, change: Partial<AdmissionRequest> = {}) =>
    webhook.apiServer.create(manifest, 'finance', change)
  const mutate = (manifest: Manifest) => webhook.apiServer.review('mutate', requestFor(manifest))
  const validate = (manifest: Manifest, change: Partial<AdmissionRequest> = {}) =>
    webhook.apiServer.review('validate', requestFor(manifest, change))
  const update = (manifest: Manifest, oldObject: Manifest, change: Partial<AdmissionRequest> = {}) =>
    validate(manifest, { operation: 'UPDATE', oldObject, ...change })

  it('writes the short form as JSON and adds a claim, touching nothing else', async () => {
    const { mutation, object } = await create(pod('finance/storage@net7'))
    const patch = JSON.parse(Buffer.from(mutation.patch ?? '', 'base64').toString())
    expect(patch).toEqual([
      {
        op: 'replace',
        path: '/metadata/annotations/k8s.v1.cni.cncf.io~1networks',
        value: networksOf(object),
      },
    ])
    expect(JSON.parse(networksOf(object))).toEqual([
      {
        name: 'storage',
        namespace: 'finance',
        interface: 'net7',
        'cni-args': { [CLAIM_ARG]: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) },
      },
    ])
  })

  it('has what a file puts into no namespace in the one where kubectl would', async () => {
    const { response } = await create(pod('lab', { metadata: { namespace: 'default' } }))
    expect(response).toMatchObject({ allowed: true })
    expect((await create(lab)).response).toMatchObject({ allowed: true })
  })

  it('keeps every key of the JSON form, and their order', async () => {
    const { object } = await create(
      pod('[{"mac":"02:00:00:00:00:07","ips":["10.100.1.7/24"],"name":"storage"}]'),
    )
    expect(Object.keys(JSON.parse(networksOf(object))[0])).toEqual(['mac', 'ips', 'name', 'cni-args'])
  })

  it('changes nothing when it runs again', async () => {
    const { object } = await create(pod('storage,second'))
    expect((await mutate(object)).patch).toBeUndefined()
  })

  it.each([
    ['without networks', pod(undefined)],
    ['with networks that reach no VLAN', pod('nowhere')],
    ['with an annotation that cannot be read', pod('[{')],
  ])('gives a pod %s no patch', async (_, manifest) => {
    expect((await mutate(manifest)).patch).toBeUndefined()
  })

  it('replaces a claim that a user wrote', async () => {
    const { object, response } = await create(
      pod([{ name: 'storage', 'cni-args': { [CLAIM_ARG]: 'forged' } }]),
    )
    expect(response.allowed).toBe(true)
    expect(claimsOf(object)[0]).toMatch(/^ey/)
  })

  it('states what a tag on another interface of the pod reaches, though the network itself names none', async () => {
    const uplinksOf = async (networks: string) => {
      const { object } = await webhook.apiServer.create(
        pod(networks, { metadata: { namespace: 'flat' } }),
        'flat',
      )
      return claimsOf(object).map(claim => (readUnverified(claim ?? '')?.payload as Partial<Claim>)?.uplinks)
    }
    const native = [{ master: 'eth0', vlans: 'native' }]
    const inRoom = [{ master: 'eth0', vlans: '500' }]
    expect(await uplinksOf('floor,tagged')).toEqual([native, [{ master: 'eth0', vlans: '500' }]])
    expect(await uplinksOf('floor')).toEqual([native])
    // A device that it takes besides is one of this resource.
    expect(await uplinksOf('ports')).toEqual([
      ['br-flat', 'intel.com/sriov'].map(master => ({ master, vlans: '500' })),
    ])
    // Untagged it reaches what that interface has; a tag inside of a VLAN ends with that VLAN.
    expect(await uplinksOf('room,above')).toEqual([inRoom, inRoom])
    expect(await uplinksOf('room,tagged')).toEqual([inRoom, inRoom])
  })

  it('removes a claim that a user wrote where it signs none', async () => {
    const { object } = await create(pod([{ name: 'nowhere', 'cni-args': { [CLAIM_ARG]: 'forged' } }]))
    expect(JSON.parse(networksOf(object))).toEqual([{ name: 'nowhere' }])
    const refused = await create(
      pod([{ name: 'fleet', namespace: 'logistics', 'cni-args': { [CLAIM_ARG]: 'forged' } }]),
    )
    expect(JSON.parse(networksOf(refused.object))).toEqual([{ name: 'fleet', namespace: 'logistics' }])
    const second = { name: 'fleet', namespace: 'logistics', 'cni-args': { [CLAIM_ARG]: 'forged' } }
    const mixed = await create(pod([{ name: 'storage' }, second]))
    expect(claimsOf(mixed.object)).toEqual([undefined, undefined])
  })

  it('signs for the networks that need it, also beside one that needs none, or with a key that nobody reads', async () => {
    const signed = expect.stringMatching(/^ey/)
    const { object } = await create(pod('nowhere,storage'))
    expect(claimsOf(object)).toEqual([undefined, signed])
    const unread = await create(pod([{ name: 'storage', gateway: ['10.100.1.1'] }]))
    expect(claimsOf(unread.object)).toEqual([signed])
  })

  it('signs nothing for a pod that it refuses, and changes nothing of it', async () => {
    for (const networks of [
      'storage,logistics/fleet',
      '[{"name":"storage"},{"name":"fleet","namespace":"logistics"}]',
    ]) {
      const { mutation, object, response } = await create(pod(networks))
      expect([response.allowed, claimsOf(object)]).toEqual([false, [undefined, undefined]])
      expect(mutation.patch).toBeUndefined()
    }
  })

  it('admits a pod whose name the API server makes after the claim was signed', async () => {
    const { name: _, ...metadata } = pod('storage').metadata
    const nameless = { ...pod('storage'), metadata: { ...metadata, generateName: 'teller-' } }
    const { object } = await create(nameless)
    expect(
      (await validate({ ...object, metadata: { ...object.metadata, name: 'teller-x7k2z' } })).allowed,
    ).toBe(true)
    expect(
      rulesOf(await validate({ ...object, metadata: { ...object.metadata, name: 'teller-aeiou' } })),
    ).toEqual(['foreign-claim'])
  })

  it('refuses a pod that the mutating phase did not see', async () => {
    const answer = await validate(pod('storage'))
    expect(rulesOf(answer)).toEqual(['foreign-claim'])
    expect(answer.status?.message).toContain('the mutating webhook did not see these networks')
  })

  it.each<[what: string, steal: (networks: string) => Manifest]>([
    ['another pod', networks => withNetworks(pod('', { metadata: { name: 'thief' } }), networks)],
    [
      'another namespace of the tenant',
      networks =>
        withNetworks(
          pod('', { metadata: { namespace: 'finance-batch' } }),
          networks.replace('"name"', '"namespace":"finance","name"'),
        ),
    ],
    ['another network', networks => withNetworks(pod(''), networks.replace('"storage"', '"second"'))],
    [
      'another interface',
      networks => withNetworks(pod(''), networks.replace('"name"', '"interface":"net9","name"')),
    ],
    [
      'another address',
      networks => withNetworks(pod(''), networks.replace('"name"', '"ips":["10.100.1.9/24"],"name"')),
    ],
    [
      'another MAC',
      networks => withNetworks(pod(''), networks.replace('"name"', '"mac":"02:00:00:00:00:09","name"')),
    ],
  ])('refuses a claim that was copied to %s', async (_, steal) => {
    const { object } = await create(pod('storage'))
    expect(rulesOf(await validate(steal(networksOf(object))))).toEqual(['foreign-claim'])
  })

  it('refuses an old claim for a network that was edited since', async () => {
    await using other = await startWebhook([...exampleWorld, attachment(macvlanConfig())])
    const { object, response } = await other.apiServer.create(pod('ledger'), 'finance')
    expect(response.allowed).toBe(true)
    writeFileSync(join(other.policy, 'z.yaml'), stringify(attachment({ ...macvlanConfig(), mtu: 1400 })))
    const answer = await eventually(
      () => other.apiServer.review('validate', requestFor(object)),
      ({ allowed }) => !allowed,
    )
    expect(answer.status?.message).toContain('it was signed for configuration')
  })

  it('lets a running pod change what is not judged, whatever became of the policy', async () => {
    const running = pod('logistics/fleet')
    expect(
      (await update({ ...running, metadata: { ...running.metadata, labels: { done: 'yes' } } }, running))
        .allowed,
    ).toBe(true)
    expect((await update(withNetworks(running, 'logistics/fleet@net5'), running)).allowed).toBe(false)
  })

  it('judges a virtual machine that gets other networks', async () => {
    const machine = (networkName: string): Manifest => ({
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachine',
      metadata: { name: 'x', namespace: 'finance' },
      spec: { template: { spec: { networks: [{ name: 'a', multus: { networkName } }] } } },
    })
    expect((await update(machine('storage'), machine('storage'))).allowed).toBe(true)
    expect(rulesOf(await update(machine('logistics/fleet'), machine('storage')))).toEqual([
      'foreign-attachment',
    ])
  })

  it('lets Multus write the network status, and nobody else', async () => {
    const before = pod('storage')
    const after = {
      ...before,
      metadata: { ...before.metadata, annotations: { ...before.metadata.annotations, [STATUS]: '[]' } },
    }
    const change = { subResource: 'status', oldObject: before, operation: 'UPDATE' as const }
    expect(rulesOf(await validate(after, change))).toEqual(['forged-network-status'])
    const { object } = await create(before)
    const multus = { username: 'system:serviceaccount:kube-system:multus' }
    const signed = withNetworks(after, networksOf(object))
    expect((await validate(signed, { ...change, oldObject: object, userInfo: multus })).allowed).toBe(true)
    const onOpenShift = {
      username: 'system:multus:node-1',
      groups: ['system:multus', 'system:authenticated'],
    }
    const answer = await validate(signed, { ...change, oldObject: object, userInfo: onOpenShift })
    expect(answer.allowed).toBe(true)
  })

  it('lets Multus say what became of networks that were judged before, whatever is thought of them now', async () => {
    const multus = { username: 'system:serviceaccount:kube-system:multus' }
    const withStatus = (manifest: Manifest): Manifest => ({
      ...manifest,
      metadata: { ...manifest.metadata, annotations: { ...manifest.metadata.annotations, [STATUS]: '[]' } },
    })
    // Came with its node, so that nothing bound its claim; is older than the webhook; has lost its grant since.
    const { object: preset } = await create(pod('storage', { spec: { nodeName: 'node-1' } }))
    const stored = { ...preset, metadata: { ...preset.metadata, uid: 'u-1' } }
    for (const running of [stored, pod('storage'), pod('logistics/fleet')]) {
      const change = { subResource: 'status', oldObject: running, operation: 'UPDATE' as const }
      expect((await validate(withStatus(running), { ...change, userInfo: multus })).allowed).toBe(true)
      expect(rulesOf(await validate(withStatus(running), change))).toEqual(['forged-network-status'])
      const other = withNetworks(withStatus(running), 'logistics/fleet@net5')
      expect((await validate(other, { ...change, userInfo: multus })).allowed).toBe(false)
    }
  })

  it('takes a pod that was read from the cluster, without what belonged to the one before', async () => {
    const { object } = await create(pod('storage', { metadata: { annotations: { [STATUS]: '[]' } } }))
    const copy: Manifest = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: 'u-1',
        annotations: { ...object.metadata.annotations, [STATUS]: '[]' },
      },
      spec: { nodeName: 'node-1', containers: [] },
    }
    const { mutation, object: stored, response } = await create(copy)
    expect(mutation.warnings).toEqual([
      `[forged-network-status] ${STATUS} was left out: Multus writes it anew`,
    ])
    expect(Object.keys(stored.metadata.annotations ?? {})).toEqual([NETWORKS_ANNOTATION])
    expect(response.allowed).toBe(true)
    const bare = pod(undefined, { metadata: { annotations: { [STATUS]: '[]' } } })
    expect((await create(bare)).object.metadata.annotations).toEqual({})
  })

  it('signs for a new pod nothing that its UID and node of before say', async () => {
    const copy = pod('storage', { metadata: { uid: 'u-1' }, spec: { nodeName: 'node-1' } })
    const { object } = await create(copy)
    const claim = JSON.parse(Buffer.from(claimsOf(object)[0]?.split('.')[1] ?? '', 'base64url').toString())
    expect([claim.uid, claim.node, claim.pod]).toEqual([undefined, undefined, 'teller'])
    const stored = { ...object, metadata: { ...object.metadata, uid: 'u-2' } }
    expect((await validate(stored)).allowed).toBe(true)
  })

  it('gives a Binding a claim for the pod and its node, once', async () => {
    const target = { apiVersion: 'v1', kind: 'Node', name: 'node-1' }
    const binding: Manifest = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'bound', namespace: 'finance', uid: bound.metadata.uid ?? '' },
      target,
    }
    const change = { subResource: 'binding', resource: { group: '', version: 'v1', resource: 'pods' } }
    const mutation = await webhook.apiServer.review('mutate', requestFor(binding, change))
    const patched = applyPatch(binding, mutation)
    const claim = JSON.parse(Buffer.from(claimsOf(patched)[0]?.split('.')[1] ?? '', 'base64url').toString())
    expect(claim).toMatchObject({
      pod: 'bound',
      uid: bound.metadata.uid,
      node: 'node-1',
      nad: 'finance/storage',
    })
    expect((await webhook.apiServer.review('mutate', requestFor(patched, change))).patch).toBeUndefined()
    expect((await validate(patched, change)).allowed).toBe(true)
    expect(rulesOf(await validate({ ...patched, target: { ...target, name: 'node-2' } }, change))).toEqual([
      'foreign-claim',
    ])
  })

  it('leaves a Binding alone whose pod, UID or node it does not know', async () => {
    const to = (name: string, target: object): Manifest => ({
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace: 'finance' },
      target,
    })
    const node = { apiVersion: 'v1', kind: 'Node', name: 'node-1' }
    for (const binding of [to('nobody', node), to('bound', { kind: 'Node' })]) {
      const change = { subResource: 'binding' }
      const answer = await webhook.apiServer.review('mutate', requestFor(binding, change))
      expect(answer).toEqual({ uid: answer.uid, allowed: true })
      expect((await validate(binding, change)).allowed).toBe(true)
    }
  })

  it('gives a running pod that changes its networks claims for its UID and node', async () => {
    // Multus wrote what became of it.
    const status = { 'k8s.v1.cni.cncf.io/network-status': '[{"name":"cbr0","interface":"eth0"}]' }
    const running = pod(undefined, {
      metadata: { uid: 'u-1', annotations: status },
      spec: { nodeName: 'node-1' },
    })
    const changed = withNetworks(running, 'storage')
    const change = { operation: 'UPDATE' as const, oldObject: running }
    const patched = applyPatch(changed, await webhook.apiServer.review('mutate', requestFor(changed, change)))
    expect(
      JSON.parse(Buffer.from(claimsOf(patched)[0]?.split('.')[1] ?? '', 'base64url').toString()),
    ).toMatchObject({ uid: 'u-1', node: 'node-1' })
    expect((await update(patched, running)).allowed).toBe(true)
    expect(
      rulesOf(await update({ ...patched, metadata: { ...patched.metadata, uid: 'u-2' } }, running)),
    ).toEqual(['foreign-claim'])
  })

  it.each([
    [
      tenant('rival', { namespaces: ['rival'], vlans: [{ ids: '300-305', masters: ['eth0'] }] }),
      ['vlan-granted-twice'],
      ['spec.vlans[0]'],
    ],
    [tenant('rival', { namespaces: ['logistics'] }), ['namespace-claimed-twice'], ['spec.namespaces[0]']],
    [
      tenant('rival', { namespaces: ['rival'], vlans: [{ ids: '0', masters: ['eth0'] }] }),
      ['invalid-tenant'],
      ['spec.vlans[0].ids'],
    ],
  ])(
    'refuses a Tenant that takes what is another’s, or cannot be read: %#',
    async (manifest, rules, fields) => {
      const answer = await validate(manifest)
      expect(rulesOf(answer)).toEqual(rules)
      expect(answer.status?.details?.causes.map(({ field }) => field)).toEqual(fields)
    },
  )

  it('judges a network that changes beside a pod template that somebody wrote into it', async () => {
    const before = attachment(macvlanConfig(), { name: 'unused' })
    const after = attachment({ ...macvlanConfig(), master: 'eth0.300' }, { name: 'unused' })
    const template = { spec: { containers: [] } }
    const spec = { ...(after.spec as object), template }
    const change = { ...after, spec }
    expect(rulesOf(await update(change, before))).toEqual(['vlan-not-granted'])
    const oldObject = { ...before, spec: { ...(before.spec as object), template } }
    expect(rulesOf(await update(change, oldObject))).toEqual(['vlan-not-granted'])
  })

  describe('of a Tenant that is in conflict with another one already', () => {
    const slippedIn = tenant('late', {
      namespaces: ['late', 'finance-batch'],
      vlans: [
        { ids: '204-206', masters: ['eth0'] },
        { ids: '600', masters: ['eth0'] },
      ],
    })
    const changed = (namespaces: string[], ...vlans: object[]) => tenant('late', { namespaces, vlans })
    const old = { ids: '205', masters: ['eth0'] }
    const warned = ['vlan-granted-twice', 'namespace-claimed-twice']

    it.each<[what: string, after: Manifest, warned: string[]]>([
      ['takes VLANs away', changed(['late', 'finance-batch'], old), warned],
      ['takes a namespace away', changed(['late'], old), ['vlan-granted-twice']],
      [
        'gives what nobody holds',
        changed(['late', 'finance-batch'], old, { ids: '601', masters: ['eth0'] }),
        warned,
      ],
      ['ends the conflict', changed(['late'], { ids: '600', masters: ['eth0'] }), []],
    ])('takes a change that %s', async (_, after, rules) => {
      const { allowed, warnings = [] } = await update(after, slippedIn)
      const told = warnings.map(warning => /^\[([\w-]+)\]/.exec(warning)?.[1])
      expect([allowed, told]).toEqual([true, rules])
    })

    it('has it told by an audit as what it is', () => {
      const keys = { signing: generateSigningKey(), keys: new Map(), revocations: [] }
      const told = judgeStanding(slippedIn, exampleInventory(), keys)
      expect(told.map(({ rule, severity }) => `${severity} ${rule}`)).toEqual([
        'error vlan-granted-twice',
        'error namespace-claimed-twice',
      ])
    })

    it.each<[what: string, after: Manifest, rules: string[]]>([
      [
        'takes another VLAN of the same tenant',
        changed(['late', 'finance-batch'], old, { ids: '208', masters: ['eth0'] }),
        ['vlan-granted-twice'],
      ],
      [
        'takes another namespace of it',
        changed(['late', 'finance-batch', 'finance'], old),
        ['namespace-claimed-twice'],
      ],
    ])('refuses one that %s', async (_, after, rules) => {
      expect(rulesOf(await update(after, slippedIn))).toEqual(rules)
    })
  })

  it('refuses a Binding that chooses other networks', async () => {
    const annotations = { [NETWORKS_ANNOTATION]: 'logistics/fleet' }
    const binding: Manifest = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: 'bound', namespace: 'finance', annotations },
      target: { kind: 'Node', name: 'node-1' },
    }
    expect(rulesOf(await validate(binding, { subResource: 'binding' }))).toEqual(['forged-binding'])
  })

  it('goes by where the request is, whatever the object says of it', async () => {
    const manifest = pod('finance/storage')
    const { namespace: _, ...nowhere } = manifest.metadata
    const change = { namespace: 'forgotten' }
    for (const object of [manifest, { ...manifest, metadata: nowhere }])
      expect(rulesOf(await validate(object, change))).toEqual(['foreign-attachment'])
    expect((await validate({ ...manifest, metadata: nowhere }, { namespace: 'finance' })).allowed).toBe(false)
  })

  it('judges who makes a namespace that nobody judges: the request for it is in itself', async () => {
    const made = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-public' } }
    const change = { name: 'kube-public', namespace: 'kube-public' }
    expect(rulesOf(await validate(made, change))).toEqual(['tenancy-changed'])
    const userInfo = { username: 'root', groups: ['system:masters'] }
    expect((await validate(made, { ...change, userInfo })).allowed).toBe(true)
  })

  it('leaves exempt namespaces alone', async () => {
    const { response } = await create(pod('logistics/fleet', { metadata: { namespace: 'kube-system' } }))
    expect(response).toEqual({ uid: response.uid, allowed: true })
  })

  it('never stands in the way of a DELETE', async () => {
    const manifest = attachment('not json')
    expect(
      (await validate(manifest, { operation: 'DELETE', object: null, oldObject: manifest })).allowed,
    ).toBe(true)
  })

  it('says each finding in a line, with the rule, and the field that it is about', async () => {
    const { response } = await create(attachment({ ...macvlanConfig(), master: 'eth1', mode: 'pontoon' }))
    expect(response.status).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: [
        'The CNI configuration cannot be read: "pontoon" is no macvlan mode: use bridge, private, vepa or passthru [unreadable-config]',
        'The attachment rides on a host interface that its tenant was not granted: "eth1" is no host interface of tenant "finance": its grants are on "eth0", "br-finance", "eth0.100" [interface-not-granted]',
      ].join('\n'),
      details: { causes: [{ field: 'spec.config.mode' }, { field: 'spec.config.master' }] },
    })
    expect(response.auditAnnotations).toEqual({ denied: 'unreadable-config,interface-not-granted' })
  })

  it('keeps its warnings within what Kubernetes shows', async () => {
    const unknown = Array.from({ length: 20 }, (_, index) => [`key-that-Multus-ignores-${index}`, 'x'])
    const network = { name: 'storage', ...Object.fromEntries(unknown) }
    const { response } = await create(pod([1, 2, 3].map(index => ({ ...network, interface: `net${index}` }))))
    const sizes = (response.warnings ?? []).map(warning => Buffer.byteLength(warning))
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(4096)
    expect(sizes.length).toBeGreaterThan(20)
  })
})

const enforced = (enforcement: string): Manifest[] => [
  ...exampleWorld.filter(({ metadata }) => metadata.name !== 'finance'),
  tenant('finance', { namespaces: ['finance'], vlans: [{ ids: 100, masters: ['eth0'] }], enforcement }),
]

describe('an annotation that is written again without its claims', () => {
  let minutes = 0
  let webhook: WebhookUnderTest
  beforeAll(async () => {
    // Every review is a minute apart, so that a claim that is signed anew is another one.
    webhook = await startWebhook(world, () => new Date(Date.now() - 60_000 * minutes++))
  })
  afterAll(() => webhook[Symbol.asyncDispose]())
  const rewrite = async (oldObject: Manifest, networks: string): Promise<Manifest> => {
    const rewritten = withNetworks(oldObject, networks)
    const request = requestFor(rewritten, { operation: 'UPDATE', oldObject })
    return applyPatch(rewritten, await webhook.apiServer.review('mutate', request))
  }

  it.each([
    ['the short form', 'storage,second@net9'],
    ['the JSON form', '[{"name":"storage","namespace":"finance","interface":"pod16"},{"name":"second"}]'],
  ])('gets back those that it had, so that nothing changed: %s', async (_, networks) => {
    const { object } = await webhook.apiServer.create(pod(networks), 'finance')
    expect(claimsOf(object).every(claim => claim !== undefined)).toBe(true)
    expect(await rewrite(object, networks)).toEqual(object)
  })

  it('gets a new one only for what is another network, interface or pod', async () => {
    const { object } = await webhook.apiServer.create(pod('storage,second'), 'finance')
    const [first, second] = claimsOf(object)
    const kept = async (oldObject: Manifest, networks: string) =>
      claimsOf(await rewrite(oldObject, networks)).map(claim => claim === first || claim === second)
    expect(await kept(object, 'storage,second,second')).toEqual([true, true, false])
    expect(await kept(object, 'second,storage')).toEqual([false, false])
    expect(await kept(object, 'storage@net5,second')).toEqual([false, true])
    const other = { ...object, metadata: { ...object.metadata, name: 'other' } }
    expect(await kept(other, 'storage,second')).toEqual([false, false])
  })
})

describe('the enforcement', () => {
  it.each([
    ['deny', false, undefined, { denied: 'foreign-attachment' }],
    ['warn', true, [expect.stringMatching(/^\[foreign-attachment\] /)], { warned: 'foreign-attachment' }],
    ['audit', true, undefined, { audited: 'foreign-attachment' }],
  ])('%s', async (enforcement, allowed, warnings, auditAnnotations) => {
    await using webhook = await startWebhook(enforced(enforcement))
    const { response, object } = await webhook.apiServer.create(pod('logistics/fleet'), 'finance')
    expect(response).toMatchObject({ allowed, auditAnnotations, ...(warnings && { warnings }) })
    // Whatever is let through, no claim says that it was granted.
    expect(claimsOf(object)).toEqual([undefined])
  })
})

describe('a namespace that is only warned', () => {
  it('has its pods admitted on a network that breaks a rule, but never with a claim for it', async () => {
    const stray = attachment({ ...macvlanConfig(), master: 'eth0.300' }, { name: 'stray' })
    await using webhook = await startWebhook([...enforced('warn'), stray])
    const { response, object } = await webhook.apiServer.create(pod('stray'), 'finance')
    expect([response.allowed, claimsOf(object)]).toEqual([true, [undefined]])
    expect(response.warnings).toEqual([expect.stringContaining('breaks vlan-not-granted')])
  })
})

describe('the policy directory', () => {
  it('keeps in force what a file said before it was broken, and says so', async () => {
    await using webhook = await startWebhook()
    const file = join(webhook.policy, 'retail.yaml')
    const retail = tenant('retail', { namespaces: ['retail'], vlans: [{ ids: 500, masters: ['eth0'] }] })
    const shop = attachment(
      { ...macvlanConfig(), master: 'eth0.500', ipam: undefined },
      { namespace: 'retail' },
    )
    const ask = async () => (await webhook.apiServer.create(shop, 'retail')).response.allowed
    expect(await ask()).toBe(false)
    writeFileSync(file, stringify(retail))
    expect(await eventually(ask, allowed => allowed)).toBe(true)
    writeFileSync(
      file,
      stringify({ ...retail, spec: { namespaces: ['retail'], vlans: [{ ids: '5000', masters: ['eth0'] }] } }),
    )
    const ready = await eventually(
      () => webhook.apiServer.get('/readyz'),
      ({ body }) => body.includes('retail.yaml'),
    )
    expect(JSON.parse(ready.body).problems).toEqual([
      'retail.yaml: Tenant "retail" spec.vlans[0].ids: "5000" is no list of VLANs: write ids from 1 to 4094 like "100,200-209", or "native"',
    ])
    expect(await ask()).toBe(true)
    writeFileSync(file, '')
    expect(await eventually(ask, allowed => !allowed)).toBe(false)
  })
})

describe('two Tenants in files', () => {
  it('do not both hold a VLAN: the first one stays, the second one is left out and named', async () => {
    const rival = tenant('z-rival', { namespaces: ['rival'], vlans: [{ ids: 300, masters: ['eth0'] }] })
    await using webhook = await startWebhook([...exampleWorld, rival])
    const steal = attachment(
      { ...macvlanConfig(), master: 'eth0.300', ipam: undefined },
      { namespace: 'rival' },
    )
    expect(rulesOf((await webhook.apiServer.create(steal, 'rival')).response)).toEqual([
      'namespace-without-tenant',
    ])
    expect(JSON.parse((await webhook.apiServer.get('/readyz')).body).problems).toEqual([
      expect.stringMatching(
        /^world\.yaml: Tenant "z-rival" spec\.vlans\[0\]: VLAN 300 on eth0 is held by tenant "logistics" as well/,
      ),
    ])
  })
})

describe('the key files', () => {
  it('are not made anew while the webhook runs, and what is wrong with them is said', async () => {
    await using webhook = await startWebhook()
    rmSync(join(webhook.state, 'keys', 'signing-key.json'))
    const ready = await eventually(
      () => webhook.apiServer.get('/readyz'),
      ({ body }) => body.includes('keys'),
    )
    expect(JSON.parse(ready.body).problems).toEqual([
      expect.stringMatching(/^keys: .* lacks signing-key.json: /),
    ])
    expect(existsSync(join(webhook.state, 'keys', 'signing-key.json'))).toBe(false)
    const { response, object } = await webhook.apiServer.create(pod('storage'), 'finance')
    expect([response.allowed, claimsOf(object)[0]?.split('.').length]).toEqual([true, 3])
  })

  it('revoke claims as soon as the list says so', async () => {
    await using webhook = await startWebhook()
    const { object } = await webhook.apiServer.create(pod('storage'), 'finance')
    const validate = () => webhook.apiServer.review('validate', requestFor(object))
    expect((await validate()).allowed).toBe(true)
    const revocations = [{ tenant: 'finance', vlans: '100', notBefore: Math.floor(Date.now() / 1000) + 60 }]
    writeFileSync(join(webhook.state, 'keys', 'revocations.json'), JSON.stringify({ revocations }))
    const answer = await eventually(validate, ({ allowed }) => !allowed)
    expect(answer.status?.message).toContain('claims of tenant "finance" for its VLAN from before')
  })
})
