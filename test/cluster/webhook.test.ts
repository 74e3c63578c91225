import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeClaim } from '../../src/claims/claim.ts'
import { readUnverified } from '../../src/claims/jws.ts'
import { ctl } from '../socni-ctl.ts'
import { type ControlPlane, freeAddress, startControlPlane, type User } from './control-plane.ts'
import { applyManifests, caBundles, install, type Replica, startReplica, until } from './installation.ts'
import { readiness } from './readiness.ts'

const root = join(import.meta.dirname, '../..')
const seeds = join(root, 'examples/seeds')
const NETWORKS = 'k8s.v1.cni.cncf.io/networks'

const network = (name: string, config: object, namespace = 'finance') => ({
  apiVersion: 'k8s.cni.cncf.io/v1',
  kind: 'NetworkAttachmentDefinition',
  metadata: { name, namespace },
  spec: { config: JSON.stringify({ cniVersion: '1.0.0', ...config }) },
})

const ledger = {
  type: 'macvlan',
  master: 'eth0.110',
  mode: 'bridge',
  ipam: { type: 'whereabouts', range: '10.110.1.0/24' },
}

const pod = (name: string, annotations: Record<string, string>, namespace = 'finance') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, annotations },
  spec: { containers: [{ name: 'a', image: 'b' }] },
})

const tenant = (name: string, vlans: object[], namespaces = [name]) => ({
  apiVersion: 'socni.dev/v1alpha1',
  kind: 'Tenant',
  metadata: { name },
  spec: { namespaces, vlans },
})

describe('the webhook in a real cluster', () => {
  let plane: ControlPlane
  let replica: Replica
  const apply = (object: object, user: User = 'admin', ...flags: string[]) =>
    plane.said(['apply', ...flags, '-f', '-'], JSON.stringify(object), user)
  const claimsOf = (name: string) => {
    const path = `jsonpath={.metadata.annotations.${NETWORKS.replaceAll('.', '\\.')}}`
    const text = plane.kubectl(['-n', 'finance', 'get', 'pod', name, '-o', path])
    return [...text.matchAll(/eyJ[\w.-]+/g)].map(([jws]) => decodeClaim(readUnverified(jws)?.payload ?? null))
  }

  beforeAll(async () => {
    plane = await startControlPlane()
    replica = await install(plane)
    for (const namespace of ['finance', 'logistics', 'secure-zone-1'])
      plane.kubectl(['create', 'namespace', namespace])
    for (const object of [
      tenant('finance', [{ ids: '110-119', masters: ['eth0'] }]),
      tenant('logistics', [{ ids: '300', masters: ['eth0'] }]),
    ])
      plane.kubectl(['apply', '-f', '-'], JSON.stringify(object))
    plane.kubectl(['apply', '-f', join(root, 'examples/policy/tenants.yaml')])
    // A tenant's own administrator: what the role "admin" is made of, NADs, and more of pods than most would give.
    const onFinance = (...args: string[]) => plane.kubectl(['-n', 'finance', 'create', ...args])
    for (const role of ['view', 'edit', 'admin'])
      onFinance('rolebinding', role, `--clusterrole=system:aggregate-to-${role}`, '--user=alice')
    const resources = [
      'network-attachment-definitions.k8s.cni.cncf.io',
      ...['pods/status', 'pods/binding', 'bindings', 'pods/resize', 'pods/ephemeralcontainers'],
    ]
    onFinance('role', 'owner', '--verb=*', `--resource=${resources.join()}`)
    onFinance('rolebinding', 'owner', '--role=owner', '--user=alice')
    await until(() => apply(network('ledger', ledger)).startsWith('networkattachmentdefinition'))
    plane.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify(network('fleet', { ...ledger, master: 'eth0.300', ipam: {} }, 'logistics')),
    )
  }, 600_000)
  afterAll(async () => {
    await replica?.end()
    await plane?.[Symbol.asyncDispose]()
  })

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
      ['apply', '-f', '004-macvlan-conf.yaml'],
      ['apply', '-f', '004-thor.yaml'],
    ]
    const transcript = steps.map(args => {
      const answer = plane.said(args.map(arg => (arg.endsWith('.yaml') ? join(seeds, arg) : arg)))
      const isDiff = args.includes('diff')
      return `$ kubectl ${args.join(' ')}\n${
        isDiff
          ? `${answer
              .split('\n')
              .filter(line => line.startsWith('+kind'))
              .join('\n')}\n`
          : answer.replaceAll(`${seeds}/`, '')
      }`
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
    const uid = plane.kubectl(['-n', 'finance', 'get', 'pod', 'books', '-o', 'jsonpath={.metadata.uid}'])
    expect(claimsOf('books')).toMatchObject([{ pod: 'books', uid, node: 'node-1' }])
    // Labels of a running pod are its owner's.
    expect(plane.said(['-n', 'finance', 'label', 'pod', 'books', 'a=b'], '', 'alice')).toContain('labeled')
    expect(claimsOf('books')).toMatchObject([{ uid, node: 'node-1' }])
  })

  const bind = (
    name: string,
    annotations: Record<string, string> = {},
    user: User = 'admin',
    resource = `pods/${name}/binding`,
  ) => {
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace: 'finance', annotations },
      target: { apiVersion: 'v1', kind: 'Node', name: 'node-1' },
    }
    const path = `/api/v1/namespaces/finance/${resource}`
    return plane
      .said(['create', '--raw', path, '-f', '-'], JSON.stringify(binding), user)
      .replace(/^\{.*"Success".*\}\n?$/s, '')
  }

  it('runs under the restricted Pod Security Standard', () => {
    plane.kubectl(['create', 'namespace', 'restricted'])
    plane.kubectl(['label', 'namespace', 'restricted', 'pod-security.kubernetes.io/enforce=restricted'])
    const deployment = plane.kubectl([
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

  it.each<[attack: string, object: () => object, rule: string]>([
    ['another VLAN', () => network('x', { ...ledger, master: 'eth0.300' }), 'vlan-not-granted'],
    ['the untagged network', () => network('x', { ...ledger, master: 'eth0' }), 'vlan-not-granted'],
    [
      'a trunk',
      () => network('x', { type: 'bridge', bridge: 'eth0', vlanTrunk: [{ minID: 1, maxID: 4094 }] }),
      'vlan-not-granted',
    ],
    [
      'a nested delegate',
      () => network('x', { type: 'socni', delegate: { ...ledger, master: 'eth0.300' } }),
      'vlan-not-granted',
    ],
    ['commands on the host', () => network('x', { type: 'debug', addHooks: [['sh']] }), 'host-path'],
    [
      'a default route',
      () => network('x', { ...ledger, ipam: { ...ledger.ipam, routes: [{ dst: '0.0.0.0/0' }] } }),
      'default-route',
    ],
    [
      'half a default route',
      () => network('x', { ...ledger, ipam: { ...ledger.ipam, routes: [{ dst: '0.0.0.0/1' }] } }),
      'cluster-route',
    ],
    [
      'a key in other letters',
      () => ({
        ...network('x', ledger),
        spec: { config: JSON.stringify({ cniVersion: '1.0.0', ...ledger }).replace('"master"', '"Master"') },
      }),
      'ambiguous-config',
    ],
    ["another tenant's network", () => pod('x', { [NETWORKS]: 'logistics/fleet' }), 'foreign-attachment'],
    [
      'a network in place of Flannel',
      () => pod('x', { 'v1.multus-cni.io/default-network': 'finance/ledger' }),
      'default-network-override',
    ],
    [
      'a default route of its own',
      () => pod('x', { [NETWORKS]: '[{"name":"ledger","default-route":["10.110.1.1"]}]' }),
      'default-route-request',
    ],
    [
      'the name of its first interface',
      () => pod('x', { [NETWORKS]: 'ledger@eth0' }),
      'taken-interface-name',
    ],
    [
      'arguments for the plugin',
      () => pod('x', { [NETWORKS]: '[{"name":"ledger","cni-args":{"ips":["10.110.1.9"]}}]' }),
      'cni-args-not-allowed',
    ],
    [
      'the address of another tenant',
      () => pod('x', { [NETWORKS]: '[{"name":"ledger","ips":["10.130.0.9/24"]}]' }),
      'address-not-granted',
    ],
    [
      'an address of the cluster',
      () => pod('x', { [NETWORKS]: '[{"name":"ledger","ips":["10.42.0.9/16"]}]' }),
      'address-not-granted',
    ],
    [
      'a MAC address that is no host’s',
      () => pod('x', { [NETWORKS]: '[{"name":"ledger","mac":"01:00:5e:00:00:01"}]' }),
      'invalid-mac',
    ],
    [
      'a device of its choice',
      () => pod('x', { [NETWORKS]: '[{"name":"ledger","deviceID":"0000:3b:02.1"}]' }),
      'device-request',
    ],
    [
      'a status that Multus did not write',
      () => pod('x', { 'k8s.v1.cni.cncf.io/network-status': '[]' }),
      'forged-network-status',
    ],
    [
      'a workload that does so',
      () => ({
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name: 'x', namespace: 'finance' },
        spec: {
          schedule: '* * * * *',
          jobTemplate: {
            spec: {
              template: {
                metadata: { annotations: { [NETWORKS]: 'logistics/fleet' } },
                spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'b' }] },
              },
            },
          },
        },
      }),
      'foreign-attachment',
    ],
  ])('refuses %s, of an administrator of the namespace', (_, object, rule) => {
    const answer = apply(object(), 'alice')
    expect(answer).toContain(`[${rule}]`)
    expect(answer).not.toMatch(/created|configured/)
  })

  it('replaces a claim that somebody wrote, also one that holds for another pod', () => {
    const [stolen = ''] =
      /eyJ[\w.-]+/.exec(plane.kubectl(['-n', 'finance', 'get', 'pod', 'books', '-o', 'json'])) ?? []
    const networks = JSON.stringify([{ name: 'ledger', 'cni-args': { 'socni.dev/claim': stolen } }])
    expect(apply(pod('thief', { [NETWORKS]: networks }), 'alice')).toContain('created')
    expect(claimsOf('thief')).toMatchObject([{ pod: 'thief' }])
  })

  const patchPod = (name: string, subresource: string, change: object) =>
    plane.said(
      [
        ...['-n', 'finance', 'patch', 'pod', name, `--subresource=${subresource}`],
        ...['--type=strategic', '-p', JSON.stringify(change)],
      ],
      '',
      'alice',
    )

  it('lets nobody change the networks of a pod past the rules, by update, status or Binding', () => {
    const annotate = (value: string, ...flags: string[]) =>
      plane.said(
        ['-n', 'finance', 'annotate', '--overwrite', ...flags, 'pod', 'books', `${NETWORKS}=${value}`],
        '',
        'alice',
      )
    expect(annotate('logistics/fleet')).toContain('[foreign-attachment]')
    const forged = { annotations: { 'k8s.v1.cni.cncf.io/network-status': '[]' } }
    expect(patchPod('books', 'status', { metadata: forged })).toContain('[forged-network-status]')
    for (const name of ['unbound', 'moved', 'older']) apply(pod(name, { [NETWORKS]: 'ledger' }), 'alice')
    const other = { 'v1.multus-cni.io/default-network': 'finance/ledger' }
    expect(bind('moved', other, 'alice')).toContain('[forged-binding]')
    expect(bind('moved', other, 'alice', 'bindings')).toContain('[forged-binding]')
    // The webhook writes the pod's own networks over those of the Binding.
    expect(bind('unbound', { [NETWORKS]: 'logistics/fleet' }, 'alice')).toBe('')
    expect(claimsOf('unbound')).toMatchObject([{ nad: 'finance/ledger', node: 'node-1' }])
    expect(bind('older', { [NETWORKS]: 'logistics/fleet' }, 'alice', 'bindings')).toBe('')
    expect(claimsOf('older')).toMatchObject([{ nad: 'finance/ledger', node: 'node-1' }])
  })

  it('leaves containers that are resized, or added for debugging, alone, which change no network', () => {
    const sized = (cpu: string) => ({ containers: [{ name: 'main', resources: { requests: { cpu } } }] })
    const small = pod('small', { [NETWORKS]: 'ledger' })
    const [container] = small.spec.containers
    const [main] = sized('10m').containers
    expect(apply({ ...small, spec: { containers: [{ ...container, ...main }] } }, 'alice')).toContain(
      'created',
    )
    const before = claimsOf('small')
    const metadata = { annotations: { [NETWORKS]: 'logistics/fleet' } }
    expect(patchPod('small', 'resize', { metadata, spec: sized('20m') })).toContain('patched')
    const added = { ephemeralContainers: [{ name: 'debugger', image: 'busybox' }] }
    expect(patchPod('small', 'ephemeralcontainers', { metadata, spec: added })).toContain('patched')
    const { spec } = JSON.parse(plane.kubectl(['-n', 'finance', 'get', 'pod', 'small', '-o', 'json']))
    expect(spec).toMatchObject({ ...sized('20m'), ...added })
    expect(claimsOf('small')).toEqual(before)
  })

  it('gives a running pod a bound claim for a network that it attaches to later', () => {
    const uid = plane.kubectl(['-n', 'finance', 'get', 'pod', 'books', '-o', 'jsonpath={.metadata.uid}'])
    const patch = (networks: string) =>
      plane.said(
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

  it('warns of a pod that can tag frames itself on an interface with several VLANs', () => {
    const trunk = { type: 'macvlan', master: 'eth7', mode: 'bridge' }
    const able = pod('able', { [NETWORKS]: 'native' })
    const [container] = able.spec.containers
    const withRaw = { ...container, securityContext: { capabilities: { add: ['NET_RAW'] } } }
    const native = tenant('native', [{ ids: 'native', masters: ['eth7'] }])
    plane.kubectl(['create', 'namespace', 'native'])
    expect(apply(native)).toContain('created')
    expect(apply(network('native', trunk, 'native'))).toContain('created')
    const answer = apply({
      ...able,
      metadata: { ...able.metadata, namespace: 'native' },
      spec: { containers: [withRaw] },
    })
    expect(answer).toContain('Warning: [vlan-hopping-capability]')
  })

  it('leaves its decisions in the audit log of the API server', () => {
    const lines = readFileSync(join(plane.directory, 'audit.log'), 'utf8').trim().split('\n')
    const annotations = lines.map(line => JSON.parse(line).annotations ?? {})
    expect(annotations).toContainEqual(
      expect.objectContaining({ 'networks.socni.dev/denied': 'vlan-not-granted' }),
    )
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
    expect(plane.kubectl(['get', 'tnt'])).toMatch(
      /NAME +NAMESPACES +VLANS +MASTERS +AGE\nfinance +\["finance"\] +\["100,110-119"\]|NAME/,
    )
    expect(plane.kubectl(['explain', 'tenant.spec.vlans'])).toContain('masters')
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
    plane.kubectl(['create', 'clusterrole', 'namespaces', '--verb=get,patch,create', '--resource=namespaces'])
    plane.kubectl(['create', 'clusterrolebinding', 'namespaces', '--clusterrole=namespaces', '--user=alice'])
    const label = () => plane.said(['label', 'namespace', 'finance', 'team=retail'], '', 'alice')
    const make = () =>
      apply(
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'retail' } } },
        'alice',
      )
    expect([label(), make()]).toEqual([
      expect.stringContaining('[tenancy-changed]'),
      expect.stringContaining('[tenancy-changed]'),
    ])
    plane.kubectl([
      'create',
      'clusterrole',
      'assign',
      '--verb=assign',
      '--resource=tenants.socni.dev',
      '--resource-name=retail',
    ])
    plane.kubectl(['create', 'clusterrolebinding', 'assign', '--clusterrole=assign', '--user=alice'])
    expect(make()).toBe('namespace/shop created\n')
  })

  it('leaves everything else alone, even while nobody answers', async () => {
    await replica.end()
    expect(apply(pod('plain', {}))).toBe('pod/plain created\n')
    expect(plane.said(['-n', 'finance', 'label', 'pod', 'plain', 'a=b'])).toContain('labeled')
    expect(apply(pod('shut', { [NETWORKS]: 'ledger' }))).toContain('failed calling webhook')
    expect(apply(network('shut', ledger))).toContain('failed calling webhook')
    expect(plane.said(['-n', 'finance', 'delete', 'pod', 'early', '--grace-period=0'])).toContain('deleted')
    replica = await startReplica(plane, replica.address)
    expect(apply(pod('reopened', { [NETWORKS]: 'ledger' }))).toBe('pod/reopened created\n')
  })

  it('rotates the signing key without refusing a pod, and tells the nodes first', async () => {
    const keys = async (...args: string[]) => {
      const flags = ['--kubeconfig', plane.kubeconfig('admin')]
      const { exit, stdout, stderr } = await ctl([...flags, 'keys', ...args])
      expect([exit, stderr]).toEqual([0, ''])
      return stdout
    }
    const published = () =>
      plane.kubectl([
        '-n',
        'socni-system',
        'get',
        'configmap',
        'socni-keys',
        '-o',
        'jsonpath={.data.keys\\.json}',
      ])
    expect(await keys('generate')).toMatch(/current {2}\*\n\S+ {2}next/)
    expect(published()).toContain('"next"')
    expect(apply(pod('between', { [NETWORKS]: 'ledger' }))).toContain('created')
    const [, next = ''] = /\n(\S+) {2}next/.exec(await keys('list')) ?? []
    expect(await keys('rotate')).toContain(`${next}  current  *`)
    const kidOf = (name: string) => {
      const [jws = ''] =
        /eyJ[\w.-]+/.exec(plane.kubectl(['-n', 'finance', 'get', 'pod', name, '-o', 'json'])) ?? []
      return (readUnverified(jws)?.header as { kid?: string } | undefined)?.kid
    }
    let count = 0
    await until(() => {
      const name = `rotated-${count++}`
      expect(apply(pod(name, { [NETWORKS]: 'ledger' }))).toContain('created')
      return kidOf(name) === next
    })
    // What was signed before still holds: the pod can be bound, updated and judged again.
    expect(bind('between')).toBe('')
    expect(JSON.parse(await keys('export')).keys).toHaveLength(2)
    const [, old = ''] = /(\S+) {2}retired/.exec(await keys('list')) ?? []
    expect(await keys('drop', old)).not.toContain('retired')
    expect(published()).not.toContain(old)
  })

  it('has several replicas: keys and certificates are the same, one leads, another takes over', async () => {
    const second = await startReplica(plane, await freeAddress())
    const holder = () =>
      plane.kubectl([
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
    const { address } = replica
    await replica.end()
    await until(() => holder() !== first && holder() !== '')
    replica = await startReplica(plane, address)
    await second.end('SIGKILL')
    expect(apply(pod('third', { [NETWORKS]: 'ledger' }))).toBe('pod/third created\n')
  })

  /** The number of the certificate that is served. */
  const serial = () =>
    new Promise<string>(resolve => {
      const socket = connect({ ...replica.address, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerCertificate().serialNumber)
        socket.destroy()
      })
    })

  it('is applied again, as an upgrade does, without losing whom the API server trusts', () => {
    const before = caBundles(plane)
    applyManifests(plane)
    expect(caBundles(plane)).toEqual(before)
    expect(apply(pod('upgraded', { [NETWORKS]: 'ledger' }))).toBe('pod/upgraded created\n')
  })

  it('serves a new certificate without a restart when the one that it has is gone', async () => {
    const before = await serial()
    plane.kubectl(['-n', 'socni-system', 'delete', 'secret', 'socni-webhook-tls'])
    await until(async () => (await serial()) !== before)
    await until(() => apply(pod('renewed', { [NETWORKS]: 'ledger' })).includes('created'))
  })
})
