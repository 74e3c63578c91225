import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ledger, NETWORKS, network, pod, Tenants, tenant } from './tenants.ts'

/** Each row of the threats in docs/threats.md that reaches the API server, by a user with the rights of a namespace's administrator. */
describe('who administers a namespace, and means harm,', () => {
  const tenants = new Tenants()
  const { apply, claimsOf, bind } = tenants

  beforeAll(async () => {
    await tenants.start()
    expect(apply(pod('books', { [NETWORKS]: 'ledger' }), 'alice')).toBe('pod/books created\n')
    expect(bind('books')).toBe('')
    const portmap = { type: 'portmap', capabilities: { portMappings: true } }
    const tagged = { ...ledger, type: 'vlan', master: 'enp59s0f1', vlanId: 300, linkInContainer: true }
    expect(apply(network('tagged', tagged), 'alice')).toContain('created')
    expect(apply(network('published', { plugins: [ledger, portmap] }), 'alice')).toContain('created')
  })
  afterAll(() => tenants[Symbol.asyncDispose]())

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
    [
      'an interface of the node in the place of the pod’s',
      () => network('x', { ...ledger, master: 'eth0.300', linkInContainer: true }),
      'ambiguous-config',
    ],
    [
      'a tag on an interface that only the node knows',
      () => pod('x', { [NETWORKS]: 'ledger,tagged' }),
      'pod-vlan-not-granted',
    ],
    ['commands on the host', () => network('x', { type: 'debug', addHooks: [['sh']] }), 'host-path'],
    [
      'rules for the firewall of the node',
      () => network('x', { plugins: [ledger, { type: 'portmap', conditionsV4: ['return\nflush ruleset'] }] }),
      'host-path',
    ],
    [
      'addresses that the node would route',
      () => network('x', { type: 'ptp', ipam: { type: 'whereabouts', range: '8.8.8.0/24' } }),
      'host-route',
    ],
    [
      'ports of the node',
      () =>
        pod('x', {
          [NETWORKS]: '[{"name":"published","portMappings":[{"hostPort":22,"containerPort":22}]}]',
        }),
      'host-port',
    ],
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
  ])('refuses %s, of an administrator of the namespace', (_, object, rule) => {
    const answer = apply(object(), 'alice')
    expect(answer).toContain(`[${rule}]`)
    expect(answer).not.toMatch(/created|configured/)
  })

  const stealing = {
    metadata: { labels: { app: 'x' }, annotations: { [NETWORKS]: 'logistics/fleet' } },
    spec: { restartPolicy: 'Always', containers: [{ name: 'a', image: 'b' }] },
  }
  const once = { ...stealing, spec: { ...stealing.spec, restartPolicy: 'Never' } }
  const selector = { matchLabels: { app: 'x' } }

  it.each<[apiVersion: string, kind: string, rest: object]>([
    ['apps/v1', 'Deployment', { spec: { selector, template: stealing } }],
    ['apps/v1', 'ReplicaSet', { spec: { selector, template: stealing } }],
    ['apps/v1', 'DaemonSet', { spec: { selector, template: stealing } }],
    ['apps/v1', 'StatefulSet', { spec: { selector, serviceName: 'x', template: stealing } }],
    ['batch/v1', 'Job', { spec: { template: once } }],
    ['batch/v1', 'CronJob', { spec: { schedule: '* * * * *', jobTemplate: { spec: { template: once } } } }],
    ['v1', 'ReplicationController', { spec: { selector: { app: 'x' }, template: stealing } }],
    ['v1', 'PodTemplate', { template: stealing }],
  ])('refuses it of a workload as well: %s %s', (apiVersion, kind, rest) => {
    const answer = apply({ apiVersion, kind, metadata: { name: 'x', namespace: 'finance' }, ...rest })
    expect(answer).toContain('[foreign-attachment]')
    expect(answer).not.toMatch(/created|configured|no rules/)
  })

  it('replaces a claim that somebody wrote, also one that holds for another pod', () => {
    const [stolen = ''] =
      /eyJ[\w.-]+/.exec(tenants.plane.kubectl(['-n', 'finance', 'get', 'pod', 'books', '-o', 'json'])) ?? []
    const networks = JSON.stringify([{ name: 'ledger', 'cni-args': { 'socni.dev/claim': stolen } }])
    expect(apply(pod('thief', { [NETWORKS]: networks }), 'alice')).toContain('created')
    expect(claimsOf('thief')).toMatchObject([{ pod: 'thief' }])
  })

  const patchPod = (name: string, subresource: string, change: object) =>
    tenants.plane.said(
      [
        ...['-n', 'finance', 'patch', 'pod', name, `--subresource=${subresource}`],
        ...['--type=strategic', '-p', JSON.stringify(change)],
      ],
      '',
      'alice',
    )

  it('lets nobody change the networks of a pod past the rules, by update, status or Binding', () => {
    const annotate = (value: string, ...flags: string[]) =>
      tenants.plane.said(
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
    // Also of a pod without networks, of whose Binding the mutating phase makes nothing.
    apply(pod('plain', {}), 'alice')
    for (const key of ['k8s.v1.cni.cncf.io/network-status', 'k8s.v1.cni.cncf.io/networks-status'])
      for (const resource of ['pods/plain/binding', 'bindings'])
        expect(bind('plain', { [key]: '[]' }, 'alice', resource)).toContain('[forged-binding]')
    expect(bind('plain', {}, 'alice')).toBe('')
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
    const { spec } = JSON.parse(tenants.plane.kubectl(['-n', 'finance', 'get', 'pod', 'small', '-o', 'json']))
    expect(spec).toMatchObject({ ...sized('20m'), ...added })
    expect(claimsOf('small')).toEqual(before)
  })

  it.each(['namespaces/finance', 'namespaces/finance/status', 'namespaces/finance/finalize'])(
    'keeps a namespace out of a tenant that selects it, of who has all rights in it: %s',
    path => {
      const { plane } = tenants
      const selecting = {
        ...tenant('retail', []),
        spec: {
          namespaceSelector: { matchLabels: { team: 'retail' } },
          vlans: [{ ids: '500', masters: ['eth0'] }],
        },
      }
      apply(selecting)
      const rights = ['rolebinding', 'all', '--clusterrole=cluster-admin', '--user=alice']
      plane.said(['-n', 'finance', 'create', ...rights])
      const finance = JSON.parse(plane.kubectl(['get', 'namespace', 'finance', '-o', 'json']))
      const labels = { ...finance.metadata.labels, team: 'retail' }
      const changed = JSON.stringify({ ...finance, metadata: { ...finance.metadata, labels } })
      const said = plane.said(['replace', '--raw', `/api/v1/${path}`, '-f', '-'], changed, 'alice')
      expect(said).toContain('[tenancy-changed]')
      expect(plane.kubectl(['get', 'namespace', 'finance', '-o', 'json'])).not.toContain('"retail"')
    },
  )

  it('judges a new namespace that calls itself one that nobody judges', () => {
    const { plane } = tenants
    const create = ['create', 'clusterrole', 'makers', '--verb=create', '--resource=namespaces']
    plane.kubectl(create)
    plane.kubectl(['create', 'clusterrolebinding', 'makers', '--clusterrole=makers', '--user=alice'])
    // The API server writes this label over, of a namespace whose name is yet to be made at the last moment.
    const labels = { team: 'retail', 'kubernetes.io/metadata.name': 'kube-system' }
    for (const name of [{ name: 'mine' }, { generateName: 'mine-' }]) {
      const made = { apiVersion: 'v1', kind: 'Namespace', metadata: { ...name, labels } }
      const said = plane.said(['create', '-f', '-'], JSON.stringify(made), 'alice')
      expect(said).toContain('[tenancy-changed]')
    }
  })

  it('is in the audit log of the API server', () => {
    const lines = readFileSync(join(tenants.plane.directory, 'audit.log'), 'utf8').trim().split('\n')
    const annotations = lines.map(line => JSON.parse(line).annotations ?? {})
    expect(annotations).toContainEqual(
      expect.objectContaining({ 'networks.socni.dev/denied': 'vlan-not-granted' }),
    )
  })
})
