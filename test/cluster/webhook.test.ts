import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ctl } from '../socni-ctl.ts'
import { freeAddress } from './control-plane.ts'
import { applyManifests, caBundles, publishedTexts, startReplica, until } from './installation.ts'
import { endProcess, startProgram } from './processes.ts'
import { ask, readiness, servedSerial } from './readiness.ts'
import { pause } from './stream.ts'
import { keyIdOf, ledger, metadataOf, NETWORKS, network, pod, Tenants, tenant, uidOf } from './tenants.ts'

const root = join(import.meta.dirname, '../..')
const STATUS = 'k8s.v1.cni.cncf.io/network-status'
const seeds = join(root, 'examples/seeds')
describe('the webhook in a real cluster', () => {
  const tenants = new Tenants()
  const { apply, claimsOf, bind } = tenants

  /** Through pods/status, as Multus does. */
  const writeStatus = (name: string, status: string, ...who: string[]) => {
    const patch = JSON.stringify({ metadata: { annotations: { [STATUS]: status } } })
    const onStatus = [
      '-n',
      'finance',
      'patch',
      'pod',
      name,
      '--subresource=status',
      '--type=merge',
      '-p',
      patch,
    ]
    return tenants.plane.said([...onStatus, ...who])
  }

  beforeAll(() => tenants.start())
  afterAll(() => tenants[Symbol.asyncDispose]())

  /** Changes the cluster configuration to this, and says what kubectl did. */
  const configure = (spec: string) => {
    const head = 'apiVersion: socni.dev/v1alpha1, kind: ClusterConfiguration, metadata: {name: cluster}'
    const data = { 'cluster.yaml': `{${head}, spec: {${spec}}}` }
    const patch = ['-n', 'socni-system', 'patch', 'configmap', 'socni-configuration', '--type=merge', '-p']
    return tenants.plane.said([...patch, JSON.stringify({ data })])
  }

  it('answers every manifest of the seeds as the golden file has it, also where nothing is stored', () => {
    const steps: string[][] = [
      ['apply', '--dry-run=server', '-f', '000-vlan100-network.yaml'],
      ['diff', '-f', '000-vlan100-network.yaml'],
      ['apply', '-f', '000-vlan100-network.yaml'],
      ['apply', '-f', '000-flannel-config.yaml'],
      ['apply', '-f', '000-dual-net-pod.yaml'],
      ['-n', 'secure-zone-1', 'apply', '--dry-run=server', '-f', '000-dual-net-pod.yaml'],
      ['-n', 'secure-zone-1', 'apply', '-f', '000-dual-net-pod.yaml'],
      ['-n', 'finance', 'apply', '-f', '000-dual-net-pod-steals.yaml'],
      ['apply', '-f', '002-lan-network.yaml'],
      ['apply', '-f', '002-my-pod.yaml'],
      ['apply', '-f', '003-ipvlan.yaml'],
      ['diff', '-f', '004-macvlan-conf.yaml'],
      ['apply', '-f', '004-macvlan-conf.yaml'],
      ['apply', '-f', '004-thor.yaml'],
    ]
    const transcript = steps.map(args => {
      const answer = tenants.plane.said(args.map(arg => (arg.endsWith('.yaml') ? join(seeds, arg) : arg)))
      // Of a difference neither the names of two temporary files nor what is another one each time.
      const lasting = answer
        .replace(/^(?:diff|---|\+\+\+|@@) .*\n/gm, '')
        .replace(/^(\+ {2}(?:creationTimestamp|uid)): .*/gm, '$1: …')
      return `$ kubectl ${args.join(' ')}\n${lasting.replaceAll(`${seeds}/`, '')}`
    })
    const golden = join(root, 'test/testdata/cluster-seeds.txt')
    if (process.env.UPDATE === '1') writeFileSync(golden, transcript.join('\n'))
    expect(transcript.join('\n')).toBe(readFileSync(golden, 'utf8'))
  })

  it('signs what it admits, and binds the claim to the pod and its node when the pod is scheduled', () => {
    expect(apply(pod('books', { [NETWORKS]: 'ledger' }), 'alice')).toBe('pod/books created\n')
    expect(claimsOf('books')).toMatchObject([
      { tenant: 'finance', namespace: 'finance', pod: 'books', nad: 'finance/ledger', interface: 'net1' },
    ])
    expect(claimsOf('books')).not.toMatchObject([{ uid: expect.anything() }])
    expect(bind('books')).toBe('')
    const uid = uidOf(tenants.plane, 'books')
    expect(claimsOf('books')).toMatchObject([{ pod: 'books', uid, node: 'node-1' }])
    // Labels of a running pod are its owner's.
    expect(tenants.plane.said(['-n', 'finance', 'label', 'pod', 'books', 'a=b'], '', 'alice')).toContain(
      'labeled',
    )
    expect(claimsOf('books')).toMatchObject([{ uid, node: 'node-1' }])
  })

  it('runs under the restricted Pod Security Standard', () => {
    tenants.plane.kubectl(['create', 'namespace', 'restricted'])
    tenants.plane.kubectl([
      'label',
      'namespace',
      'restricted',
      'pod-security.kubernetes.io/enforce=restricted',
    ])
    const deployment = tenants.plane.kubectl([
      '-n',
      'socni-system',
      'get',
      'deployment',
      'socni-webhook',
      '-o',
      'json',
    ])
    const { spec } = JSON.parse(deployment).spec.template
    const like = (change: object) => ({ ...pod('like', {}, 'restricted'), spec: { ...spec, ...change } })
    expect(apply(like({}), 'admin', '--dry-run=server')).toContain('created')
    expect(apply(like({ hostNetwork: true }), 'admin', '--dry-run=server')).toContain('violates PodSecurity')
  })

  it('takes a network and a pod that arrive together', () => {
    const both = {
      apiVersion: 'v1',
      kind: 'List',
      items: [network('fresh', ledger), pod('early', { [NETWORKS]: 'fresh' })],
    }
    expect(apply(both, 'alice')).toBe(
      'networkattachmentdefinition.k8s.cni.cncf.io/fresh created\npod/early created\n',
    )
  })

  it('signs for networks that another webhook has put on a pod, whatever that is called', async () => {
    const { child, line } = await startProgram('injector.ts', NETWORKS, 'ledger')
    const { port, caBundle } = JSON.parse(line)
    // The API server asks them by the order of their names, and one that it has passed by is not asked again.
    for (const name of ['spiderpool-controller', 'istio-sidecar-injector']) {
      const webhook = {
        name: 'networks.example.org',
        clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
        objectSelector: { matchLabels: { injected: name } },
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
      }
      const kind = 'MutatingWebhookConfiguration'
      const configuration = { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name } }
      tenants.plane.kubectl(['apply', '-f', '-'], JSON.stringify({ ...configuration, webhooks: [webhook] }))
      const bare = pod(name, {})
      const injected = { ...bare, metadata: { ...bare.metadata, labels: { injected: name } } }
      // It takes a moment until the API server goes by a new configuration.
      await until(() => {
        tenants.plane.said(['-n', 'finance', 'delete', 'pod', name, '--now', '--ignore-not-found'])
        expect(apply(injected, 'alice')).toBe(`pod/${name} created\n`)
        return claimsOf(name).length > 0
      })
      expect(claimsOf(name)).toMatchObject([{ pod: name, nad: 'finance/ledger' }])
      tenants.plane.kubectl(['delete', kind, name])
    }
    await endProcess(child)
  })

  it('gives a running pod a bound claim for a network that it attaches to later', () => {
    const uid = uidOf(tenants.plane, 'books')
    const patch = (networks: string) =>
      tenants.plane.said(
        ['-n', 'finance', 'annotate', '--overwrite', 'pod', 'books', `${NETWORKS}=${networks}`],
        '',
        'alice',
      )
    expect(apply(network('ledger2', { ...ledger, master: 'eth0.111' }), 'alice')).toContain('created')
    expect(patch('ledger,ledger2')).toContain('annotated')
    expect(claimsOf('books')).toMatchObject([
      { nad: 'finance/ledger', uid, node: 'node-1', interface: 'net1' },
      { nad: 'finance/ledger2', uid, node: 'node-1', interface: 'net2' },
    ])
  })

  it.each([
    ['by kubectl', 'again', []],
    ['by the server', 'again-there', ['--server-side']],
  ])(
    'changes nothing when a pod is applied again, before and after it is bound: %s',
    async (_, name, flags) => {
      const again = pod(name, { [NETWORKS]: 'ledger' })
      const version = () => metadataOf(tenants.plane, name, 'resourceVersion')
      apply(again, 'alice', ...flags)
      for (const settle of [() => '', () => bind(name)]) {
        expect(settle()).toBe('')
        const before = version()
        // A claim states the second in which it was signed.
        await pause(1_100)
        expect(apply(again, 'alice', ...flags)).toMatch(new RegExp(`^pod/${name} \\S+\n$`))
        expect(version()).toBe(before)
      }
    },
  )

  it('takes the network status from Multus, by whatever name it goes, and from nobody in the namespace', () => {
    const { plane } = tenants
    plane.kubectl([
      'create',
      'clusterrole',
      'multus',
      '--verb=get,update,patch',
      '--resource=pods,pods/status',
    ])
    plane.kubectl(['create', 'clusterrolebinding', 'own', '--clusterrole=multus', '--user=own-multus'])
    plane.kubectl(['create', 'clusterrolebinding', 'nodes', '--clusterrole=multus', '--group=system:multus'])
    let count = 0
    const write = (...who: string[]) => writeStatus('books', `[{"name":"${count++}"}]`, ...who)
    expect(write('--as=own-multus')).toContain('patched')
    expect(write('--as=system:multus:node-1', '--as-group=system:multus')).toContain('patched')
    // alice may update the status of the pods of her namespace alone.
    expect(write('--as=alice')).toContain('[forged-network-status]')
    const onPod = ['-n', 'finance', 'annotate', '--overwrite', 'pod', 'books', `${STATUS}=[]`]
    expect(plane.said([...onPod, '--as=own-multus'])).toContain('[forged-network-status]')
  })

  it('takes a pod again as it was read from the cluster, without what belonged to the one before', () => {
    const { plane } = tenants
    apply(pod('copied', { [NETWORKS]: 'ledger' }), 'alice')
    expect(bind('copied')).toBe('')
    expect(writeStatus('copied', '[]', '--as=system:multus:node-1', '--as-group=system:multus')).toContain(
      'patched',
    )
    const stored = plane.kubectl(['-n', 'finance', 'get', 'pod', 'copied', '-o', 'json'])
    const uid = uidOf(plane, 'copied')
    // No kubelet is here that would end it.
    plane.kubectl(['-n', 'finance', 'delete', 'pod', 'copied', '--force', '--grace-period=0'])
    const answer = plane.said(['replace', '--force', '-f', '-'], stored, 'alice')
    expect(answer).toContain('pod/copied replaced')
    expect(answer).toContain(`Warning: [forged-network-status] ${STATUS} was left out`)
    const { metadata } = JSON.parse(plane.kubectl(['-n', 'finance', 'get', 'pod', 'copied', '-o', 'json']))
    expect([metadata.uid === uid, metadata.annotations[STATUS]]).toEqual([false, undefined])
    // It came with its node, so that no Binding binds its claim.
    expect(claimsOf('copied')).toMatchObject([{ pod: 'copied', nad: 'finance/ledger' }])
    expect(claimsOf('copied')).not.toMatchObject([{ uid: expect.anything() }])
  })

  it('warns of a pod that can tag frames itself on an interface with several VLANs', () => {
    const trunk = { type: 'macvlan', master: 'eth7', mode: 'bridge' }
    const able = pod('able', { [NETWORKS]: 'native' })
    const [container] = able.spec.containers
    const withRaw = { ...container, securityContext: { capabilities: { add: ['NET_RAW'] } } }
    const native = tenant('native', [{ ids: 'native', masters: ['eth7'] }])
    tenants.plane.kubectl(['create', 'namespace', 'native'])
    expect(apply(native)).toContain('created')
    expect(apply(network('native', trunk, 'native'))).toContain('created')
    const answer = apply({
      ...able,
      metadata: { ...able.metadata, namespace: 'native' },
      spec: { containers: [withRaw] },
    })
    expect(answer).toContain('Warning: [vlan-hopping-capability]')
  })

  it('refuses a Tenant that takes what another one has, by its schema or by its rules', () => {
    expect(apply(tenant('thieves', [{ ids: '110', masters: ['eth0'] }]))).toContain('[vlan-granted-twice]')
    expect(apply(tenant('thieves', [{ ids: '5', masters: ['eth0'] }], ['finance']))).toContain(
      '[namespace-claimed-twice]',
    )
    expect(apply({ ...tenant('thieves', []), spec: { namespaces: 5 } })).toMatch(
      /spec\.namespaces: Invalid value/,
    )
    expect(apply(tenant('thieves', [{ ids: '5000', masters: ['eth0'] }]))).toContain('5000')
    expect(tenants.plane.kubectl(['get', 'tnt'])).toMatch(
      /NAME +NAMESPACES +VLANS +MASTERS +AGE\nfinance +\["finance"\] +\["100,110-119"\]|NAME/,
    )
    expect(tenants.plane.kubectl(['explain', 'tenant.spec.vlans'])).toContain('masters')
  })

  it('lets only who may assign a Tenant label a namespace into it', () => {
    const retail = {
      ...tenant('retail', []),
      spec: {
        namespaceSelector: { matchLabels: { team: 'retail' } },
        vlans: [{ ids: '500', masters: ['eth0'] }],
      },
    }
    expect(apply(retail)).toContain('created')
    tenants.plane.kubectl([
      'create',
      'clusterrole',
      'namespaces',
      '--verb=get,patch,create',
      '--resource=namespaces',
    ])
    tenants.plane.kubectl([
      'create',
      'clusterrolebinding',
      'namespaces',
      '--clusterrole=namespaces',
      '--user=alice',
    ])
    const label = () => tenants.plane.said(['label', 'namespace', 'finance', 'team=retail'], '', 'alice')
    const make = () =>
      apply(
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'retail' } } },
        'alice',
      )
    expect([label(), make()]).toEqual([
      expect.stringContaining('[tenancy-changed]'),
      expect.stringContaining('[tenancy-changed]'),
    ])
    tenants.plane.kubectl([
      'create',
      'clusterrole',
      'assign',
      '--verb=assign',
      '--resource=tenants.socni.dev',
      '--resource-name=retail',
    ])
    tenants.plane.kubectl(['create', 'clusterrolebinding', 'assign', '--clusterrole=assign', '--user=alice'])
    expect(make()).toBe('namespace/shop created\n')
  })

  it('gives nobody the VLANs of a namespace that is not there yet, by being the first to make it', async () => {
    const make = (name: string) => tenants.plane.said(['create', 'namespace', name], '', 'alice')
    expect(apply(tenant('expected', [{ ids: '600', masters: ['eth0'] }], ['expected']))).toContain('created')
    expect(make('expected')).toContain('[tenancy-changed]')
    expect(make('whatever')).toBe('namespace/whatever created\n')
    // A Tenant for whatever namespace there may be is no reason to let nobody make one.
    const values = tenants.plane
      .kubectl(['get', 'namespaces', '-o', 'jsonpath={.items[*].metadata.name}'])
      .split(' ')
    const anyOther = {
      key: 'kubernetes.io/metadata.name',
      operator: 'NotIn',
      values: [...values, 'expected'],
    }
    const vlans = [{ ids: '601', masters: ['eth0'] }]
    const spec = { namespaceSelector: { matchExpressions: [anyOther] }, vlans }
    expect(apply({ ...tenant('rest', []), spec })).toContain('created')
    expect(make('more')).toBe('namespace/more created\n')
    tenants.plane.kubectl(['delete', 'tenants', 'rest', 'expected'])
    configure('exemptNamespaces: [kube-system, infra], namespaces: {trial: {enforcement: audit}}')
    await until(() => publishedTexts(tenants.plane)['facts.json']?.includes('"infra"') === true)
    expect(make('infra')).toContain('[tenancy-changed]')
    expect(make('trial')).toContain('other rules hold for namespace "trial" than for any other')
    configure('')
  })

  it('leaves everything else alone, even while nobody answers', async () => {
    const { spec, metadata } = pod('made', { [NETWORKS]: 'ledger' })
    const labels = { app: 'made' }
    const { annotations } = metadata
    expect(
      apply({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'made', namespace: 'finance' },
        spec: {
          replicas: 0,
          selector: { matchLabels: labels },
          template: { metadata: { labels, annotations }, spec },
        },
      }),
    ).toContain('created')
    await tenants.replica.end()
    const patch = (kind: string, name: string, change: object) =>
      tenants.plane.said(['-n', 'finance', 'patch', kind, name, '--type=merge', '-p', JSON.stringify(change)])
    // What keeps the networks as they are goes on, so that whatever has them can be changed, scaled and deleted.
    const marked = { metadata: { labels: { a: 'b' }, finalizers: ['example.com/held'] } }
    for (const [kind, name] of [
      ['pod', 'books'],
      ['deployment', 'made'],
      ['net-attach-def', 'fresh'],
    ] as const) {
      expect(patch(kind, name, marked)).toContain('patched')
      expect(patch(kind, name, { metadata: { finalizers: null } })).toContain('patched')
    }
    expect(patch('deployment', 'made', { spec: { replicas: 1 } })).toContain('patched')
    expect(patch('deployment', 'made', { spec: { replicas: 0 } })).toContain('patched')
    const other = { metadata: { annotations: { [NETWORKS]: 'logistics/fleet' } } }
    expect(patch('pod', 'books', other)).toContain('failed calling webhook')
    expect(patch('pod', 'books', { metadata: { annotations: { [NETWORKS]: null } } })).toContain(
      'failed calling',
    )
    expect(patch('deployment', 'made', { spec: { template: other } })).toContain('failed calling webhook')
    expect(patch('net-attach-def', 'fresh', { spec: { config: '{}' } })).toContain('failed calling webhook')
    expect(tenants.plane.said(['create', 'namespace', 'late'])).toContain('created')
    const maker = ['create', 'namespace', 'later', '--as=maker']
    tenants.plane.kubectl(['create', 'clusterrole', 'maker', '--verb=create', '--resource=namespaces'])
    tenants.plane.kubectl(['create', 'clusterrolebinding', 'maker', '--clusterrole=maker', '--user=maker'])
    expect(tenants.plane.said(maker)).toContain('failed calling webhook')
    expect(apply(pod('plain', {}))).toBe('pod/plain created\n')
    expect(tenants.plane.said(['-n', 'finance', 'label', 'pod', 'plain', 'a=b'])).toContain('labeled')
    expect(apply(pod('shut', { [NETWORKS]: 'ledger' }))).toContain('failed calling webhook')
    expect(apply(network('shut', ledger))).toContain('failed calling webhook')
    // Pods that are scheduled already start, also again after the node was off: Multus writes what it attached.
    const multus = ['--as=system:multus:node-1', '--as-group=system:multus']
    for (const name of ['plain', 'books'])
      expect(writeStatus(name, '[{"name":"cbr0"}]', ...multus)).toContain('patched')
    expect(writeStatus('books', '[]', '--as=alice')).toContain('failed calling webhook')
    expect(tenants.plane.said(['-n', 'finance', 'delete', 'pod', 'early', '--grace-period=0'])).toContain(
      'deleted',
    )
    tenants.replica = await startReplica(tenants.plane, tenants.replica.address)
    expect(tenants.plane.said(maker)).toContain('created')
    expect(apply(pod('reopened', { [NETWORKS]: 'ledger' }))).toBe('pod/reopened created\n')
  })

  it('rotates the signing key without refusing a pod, and tells the nodes first', async () => {
    const keys = async (...args: string[]) => {
      const flags = ['--kubeconfig', tenants.plane.kubeconfig('admin')]
      const { exit, stdout, stderr } = await ctl([...flags, 'keys', ...args])
      expect([exit, stderr]).toEqual([0, ''])
      return stdout
    }
    const published = () => publishedTexts(tenants.plane)['keys.json']
    expect(await keys('generate')).toMatch(/current {2}\*\n\S+ {2}next/)
    expect(published()).toContain('"next"')
    expect(apply(pod('between', { [NETWORKS]: 'ledger' }))).toContain('created')
    const [, next = ''] = /\n(\S+) {2}next/.exec(await keys('list')) ?? []
    expect(await keys('rotate')).toContain(`${next}  current  *`)
    let count = 0
    await until(() => {
      const name = `rotated-${count++}`
      expect(apply(pod(name, { [NETWORKS]: 'ledger' }))).toContain('created')
      return keyIdOf(tenants.plane, name) === next
    })
    // What was signed before still holds: the pod can be bound, updated and judged again.
    expect(bind('between')).toBe('')
    expect(JSON.parse(await keys('export')).keys).toHaveLength(2)
    const [, old = ''] = /(\S+) {2}retired/.exec(await keys('list')) ?? []
    expect(await keys('drop', old, '--yes')).not.toContain('retired')
    expect(published()).not.toContain(old)
  })

  it('has several replicas: keys and certificates are the same, one leads, another takes over', async () => {
    const second = await startReplica(tenants.plane, await freeAddress())
    const holder = () =>
      tenants.plane.kubectl([
        '-n',
        'socni-system',
        'get',
        'lease',
        'socni-webhook',
        '-o',
        'jsonpath={.spec.holderIdentity}',
      ])
    const first = holder()
    expect(first).not.toBe('')
    expect(await readiness(second.address)).toBe(200)
    const { address } = tenants.replica
    await tenants.replica.end()
    await until(() => holder() !== first && holder() !== '')
    tenants.replica = await startReplica(tenants.plane, address)
    await second.end('SIGKILL')
    expect(apply(pod('third', { [NETWORKS]: 'ledger' }))).toBe('pod/third created\n')
  })

  it('says so when the configuration is that of another cluster', async () => {
    const { address } = tenants.replica
    await tenants.replica.end()
    // As kubeadm has it, where K3s's ranges were left in the configuration.
    const kubeadm = { KUBERNETES_SERVICE_HOST: '10.96.0.1' }
    tenants.replica = await startReplica(tenants.plane, address, kubeadm)
    const wrong = '10.96.0.1, and \\"serviceCIDRs\\" has 10.43.0.0/16'
    await until(async () => (await ask(address, '/readyz')).text.includes(wrong))
    await until(() => tenants.replica.log().includes('the configuration is not that of this cluster'))
    expect(configure('serviceCIDRs: [10.97.0.0/16]')).toContain(
      'Warning: the service of the API server has 10.96.0.1, and "serviceCIDRs" has 10.97.0.0/16: write the range that the cluster has',
    )
    expect(configure('serviceCIDRs: [10.96.0.0/16]')).not.toContain('serviceCIDRs')
    await until(async () => !(await ask(address, '/readyz')).text.includes('serviceCIDRs'))
    await tenants.replica.end()
    tenants.replica = await startReplica(tenants.plane, address)
  })

  it('is applied again, as an upgrade does, without losing whom the API server trusts', () => {
    const before = caBundles(tenants.plane)
    tenants.plane.kubectl(['-n', 'socni-system', 'delete', 'networkpolicy', '--all'])
    // The configuration that was patched above stays, and everything else is applied.
    expect(() => applyManifests(tenants.plane)).toThrow('.data.cluster.yaml')
    const objects = tenants.plane.kubectl([
      '-n',
      'socni-system',
      'get',
      'networkpolicies,configmaps',
      '-o',
      'yaml',
    ])
    expect(objects).toContain('serviceCIDRs: [10.96.0.0/16]')
    expect(objects).toContain('kind: NetworkPolicy')
    expect(caBundles(tenants.plane)).toEqual(before)
    expect(apply(pod('upgraded', { [NETWORKS]: 'ledger' }))).toBe('pod/upgraded created\n')
  })

  it('takes a kustomization that has its Tenants first, and the order of kinds at the second time', () => {
    const directory = mkdtempSync(join(tmpdir(), 'socni-kustomization-'))
    const applyWith = (name: string, id: number, options: object) => {
      const config = {
        ...ledger,
        master: `eth0.${id}`,
        ipam: { type: 'whereabouts', range: `10.${id % 256}.0.0/24` },
      }
      const vlans = [{ ids: String(id), masters: ['eth0'] }]
      const resources = [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
        tenant(name, vlans),
        network('first', config, name),
      ]
      writeFileSync(
        join(directory, 'all.json'),
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items: resources }),
      )
      writeFileSync(
        join(directory, 'kustomization.yaml'),
        JSON.stringify({ resources: ['all.json'], ...options }),
      )
      return tenants.plane.said(['apply', '-k', directory])
    }
    expect(applyWith('in-order', 800, { sortOptions: { order: 'fifo' } })).not.toContain('denied')
    expect(applyWith('by-kind', 801, {})).toContain('namespace "by-kind" belongs to no tenant')
    expect(applyWith('by-kind', 801, {})).not.toContain('denied')
    rmSync(directory, { recursive: true })
  })

  it('differs from what was applied in nothing that a GitOps tool would put back', () => {
    const overlay = join(root, 'manifests/overlays/k3s')
    // Over what the tests before have configured.
    tenants.plane.kubectl(['apply', '--server-side', '--force-conflicts', '-k', overlay])
    for (const flags of [[], ['--server-side']])
      expect(tenants.plane.said(['diff', ...flags, '-k', overlay])).toBe('')
  })

  it('stores a Tenant as it was written, so that the next apply finds it unchanged', () => {
    const { kubectl } = tenants.plane
    const treasury = JSON.stringify({
      apiVersion: 'socni.dev/v1alpha1',
      kind: 'Tenant',
      metadata: { name: 'treasury' },
      spec: { namespaces: ['treasury'], vlans: [{ ids: '3100', masters: ['eth9'] }] },
    })
    kubectl(['apply', '-f', '-'], treasury)
    expect(kubectl(['apply', '-f', '-'], treasury)).toBe('tenant.socni.dev/treasury unchanged\n')
    kubectl(['delete', 'tenant', 'treasury'])
  })

  it('serves a new certificate without a restart when the one that it has is gone', async () => {
    const before = await servedSerial(tenants.replica.address)
    tenants.plane.kubectl(['-n', 'socni-system', 'delete', 'secret', 'socni-webhook-tls'])
    await until(async () => (await servedSerial(tenants.replica.address)) !== before)
    await until(() => apply(pod('renewed', { [NETWORKS]: 'ledger' })).includes('created'))
  })
})
