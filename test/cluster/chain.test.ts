import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPlugin } from '../../scripts/build-plugin.ts'
import { Node, obstacle } from '../plugin/node.ts'
import { ctl } from '../socni-ctl.ts'
import { type ControlPlane, startControllers, startControlPlane } from './control-plane.ts'
import { install, publishedTexts, type Replica, until } from './installation.ts'
import { Kubelet } from './kubelet.ts'
import { uidOf } from './tenants.ts'

const plugin = {
  cniVersion: '1.0.0',
  type: 'macvlan',
  master: 'eth0.100',
  mode: 'bridge',
  ipam: { type: 'host-local', subnet: '10.100.1.0/24' },
}

/** From a Tenant to an address in a pod's namespace: every part is the real one, but for the kubelet. */
describe.skipIf(obstacle !== undefined)('the whole chain, from Tenant to address', () => {
  let plane: ControlPlane
  let controllers: AsyncDisposable
  let replica: Replica
  let kubelet: Kubelet
  let node: Node
  const apply = (object: object) => plane.kubectl(['apply', '-f', '-'], JSON.stringify(object))
  const network = (config: object = plugin, name = 'ledger') => ({
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name, namespace: 'finance' },
    spec: { config: JSON.stringify(config) },
  })

  beforeAll(async () => {
    plane = await startControlPlane()
    controllers = startControllers(plane)
    replica = await install(plane)
    plane.kubectl(['create', 'namespace', 'finance'])
    // Multus's own rights, as its manifests give them.
    plane.kubectl([
      ...['create', 'clusterrole', 'multus', '--verb=get,list,watch,update,patch'],
      '--resource=pods,pods/status,network-attachment-definitions.k8s.cni.cncf.io',
    ])
    plane.kubectl([
      'create',
      'clusterrolebinding',
      'multus',
      '--clusterrole=multus',
      '--serviceaccount=kube-system:multus',
    ])
    apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } })
    const status = {
      conditions: [{ type: 'Ready', status: 'True', reason: 'Test', message: 'it is' }],
      ...Object.fromEntries(
        ['capacity', 'allocatable'].map(key => [key, { cpu: '8', memory: '8Gi', pods: '110' }]),
      ),
    }
    plane.kubectl([
      'patch',
      'node',
      'node-1',
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify({ status }),
    ])
    plane.kubectl([
      'patch',
      'node',
      'node-1',
      '--type=json',
      '-p',
      '[{"op":"replace","path":"/spec/taints","value":[]}]',
    ])
    node = await Node.start()
    node.configure({ node: 'node-1' })
    kubelet = await Kubelet.start(plane, node, 'multus')
    await until(() => published().includes('primaryInterface'))
    bringKeys()
  }, 900_000)
  afterAll(async () => {
    await kubelet?.[Symbol.asyncDispose]()
    await replica?.end()
    await controllers?.[Symbol.asyncDispose]()
    await plane?.[Symbol.asyncDispose]()
  })

  const published = () =>
    plane.kubectl(['-n', 'socni-system', 'get', 'configmap', 'socni-keys', '-o', 'yaml'])

  /** What the guard's DaemonSet does with the ConfigMap that it mounts. */
  function bringKeys(withFacts = true): void {
    const texts = publishedTexts(plane)
    node.trust(texts['keys.json'] ?? '')
    if (texts['revocations.json'] !== undefined) node.revoke(texts['revocations.json'])
    node.configure({ node: 'node-1', ...(withFacts && JSON.parse(texts['facts.json'] ?? '')) })
  }

  interface Scheduled {
    readonly name: string
    readonly uid: string
  }

  /** A Deployment's pod, once the scheduler has bound it. */
  async function deploy(name: string): Promise<Scheduled> {
    const labels = { app: name }
    apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'finance' },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, annotations: { 'k8s.v1.cni.cncf.io/networks': 'ledger' } },
          spec: { containers: [{ name: 'a', image: 'b' }] },
        },
      },
    })
    let found: Scheduled | undefined
    await until(() => {
      const { items } = JSON.parse(
        plane.kubectl(['-n', 'finance', 'get', 'pods', '-l', `app=${name}`, '-o', 'json']),
      )
      const [pod] = items
      found = pod?.spec.nodeName === 'node-1' ? { name: pod.metadata.name, uid: pod.metadata.uid } : undefined
      return found !== undefined
    })
    return found ?? { name: '', uid: '' }
  }

  it('gives a Deployment its address in the VLAN, and leaves it its default route', async () => {
    const created = await ctl([
      '--kubeconfig',
      plane.kubeconfig('admin'),
      '--tenant-id',
      'finance',
      'create',
      '--id',
      '100',
      '--master',
      'eth0',
    ])
    const note = 'note: made tenant finance, for namespace finance\n'
    expect([created.exit, created.stderr]).toEqual([0, note])
    await until(() => apply(network()).includes('created'))
    const { name } = await deploy('books')
    const claim = plane.kubectl(['-n', 'finance', 'get', 'pod', name, '-o', 'json'])
    expect(claim).toContain('socni.dev/claim')
    const [added] = kubelet.look('node-1')
    expect(added).toMatchObject({ pod: name, command: 'ADD', result: { exit: 0 } })
    const addresses = node.run('ip', '-n', name, '-o', '-4', 'addr')
    expect(addresses).toMatch(/eth0 +inet 10\.42\.0\./)
    expect(addresses).toMatch(/net1 +inet 10\.100\.1\./)
    expect(node.run('ip', '-n', name, 'route', 'show', 'default')).toContain('dev eth0')
    const stored = plane.kubectl(['-n', 'finance', 'get', 'pod', name, '-o', 'json'])
    expect(JSON.parse(stored).metadata.annotations['k8s.v1.cni.cncf.io/network-status']).toContain(
      'finance/ledger',
    )
    expect(kubelet.look('node-1')).toEqual([])
    plane.kubectl(['-n', 'finance', 'scale', 'deployment', 'books', '--replicas=0'])
    let removed: ReturnType<typeof kubelet.look> = []
    await until(() => {
      removed = kubelet.look('node-1')
      return removed.length > 0
    })
    expect(removed).toMatchObject([{ pod: name, command: 'DEL', result: { exit: 0 } }])
    expect(node.run('ip', '-n', name, '-o', 'link')).not.toContain('net1')
    expect(plane.said(['-n', 'finance', 'get', 'pod', name])).toContain('not found')
  })

  it('refuses at the node a claim that was bound to another pod', async () => {
    const { name } = await deploy('victim')
    const { name: other, uid } = await deploy('thief')
    // Somebody with all rights copies it past the webhook, which is away for that.
    const annotations = (pod: string) =>
      JSON.parse(plane.kubectl(['-n', 'finance', 'get', 'pod', pod, '-o', 'json'])).metadata.annotations
    const stolen = annotations(name)['k8s.v1.cni.cncf.io/networks']
    const hooks = plane.kubectl([
      'get',
      'mutatingwebhookconfigurations,validatingwebhookconfigurations',
      'zz-socni',
      '-o',
      'json',
    ])
    plane.kubectl(['delete', 'mutatingwebhookconfigurations,validatingwebhookconfigurations', 'zz-socni'])
    plane.kubectl([
      '-n',
      'finance',
      'annotate',
      '--overwrite',
      'pod',
      other,
      `k8s.v1.cni.cncf.io/networks=${stolen}`,
    ])
    const refused = kubelet.attach(other, uid)
    expect(refused.stdout).toMatch(/it was signed for (pod|uid)/)
    expect(node.run('ip', '-n', other, '-o', 'link')).not.toContain('net1')

    // And a network that is written while no webhook stands in the way attaches nothing.
    apply(network({ ...plugin, master: 'eth0.300' }, 'raw'))
    apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'raw', namespace: 'finance', annotations: { 'k8s.v1.cni.cncf.io/networks': 'raw' } },
      spec: { containers: [{ name: 'a', image: 'b' }] },
    })
    const uidOfRaw = uidOf(plane, 'raw')
    expect(kubelet.attach('raw', uidOfRaw).stdout).toContain('there is no claim for VLAN 300')
    const { items } = JSON.parse(hooks)
    for (const { metadata, ...hook } of items) apply({ ...hook, metadata: { name: metadata.name } })
  })

  it('refuses at the node a network that was edited behind the back of the webhook', async () => {
    const { name, uid } = await deploy('edited')
    // An administrator of etcd, or of the webhook configurations, would do it so.
    apply(network({ ...plugin, mtu: 1400 }))
    expect(kubelet.attach(name, uid).stdout).toContain('it was signed for configuration')
    apply(network())
  })

  /** A pod of its own, on a network beside it. */
  function bare(name: string, namespace: string, config: object): string {
    const metadata = { name, namespace }
    const annotations = { 'k8s.v1.cni.cncf.io/networks': name }
    apply({ ...network(config), metadata })
    apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, annotations },
      spec: { nodeName: 'node-1', containers: [{ name: 'a', image: 'b' }] },
    })
    return uidOf(plane, name, namespace)
  }

  it('reads at the node what the configuration explains, as the webhook did', async () => {
    const text = JSON.stringify({
      apiVersion: 'socni.dev/v1alpha1',
      kind: 'ClusterConfiguration',
      metadata: { name: 'cluster' },
      spec: { interfaces: { lan: { parent: 'eth0', vlan: 100 } } },
    })
    plane.kubectl([
      ...['-n', 'socni-system', 'patch', 'configmap', 'socni-configuration', '--type=merge', '-p'],
      JSON.stringify({ data: { 'cluster.yaml': text } }),
    ])
    await until(() => published().includes('"lan"'))
    node.run(
      'sh',
      '-ec',
      'ip link add lan type veth peer name farlan; ip link set lan up; ip link set farlan up',
    )
    const uid = bare('explained', 'finance', { ...plugin, master: 'lan' })
    bringKeys(false)
    expect(kubelet.attach('explained', uid).stdout).toContain('it was signed for uplinks')
    bringKeys()
    kubelet.call('DEL', 'explained', uid)
    expect(kubelet.call('ADD', 'explained', uid)).toMatchObject({ exit: 0 })
    expect(node.run('ip', '-n', 'explained', '-o', '-4', 'addr')).toMatch(/net1 +inet 10\.100\.1\./)
  })

  it('lets pass at the node what nobody judges, and has no claim', () => {
    const uid = bare('exempt', 'kube-system', plugin)
    bringKeys(false)
    expect(kubelet.attach('exempt', uid, 'kube-system').stdout).toContain('there is no claim')
    bringKeys()
    kubelet.call('DEL', 'exempt', uid, 'kube-system')
    expect(kubelet.call('ADD', 'exempt', uid, 'kube-system')).toMatchObject({ exit: 0 })
    // And nobody else's, whatever is said of the namespace besides.
    const foreign = {
      CNI_NETNS: '/run/netns/exempt',
      CNI_ARGS: 'K8S_POD_NAMESPACE=kube-system;K8S_POD_NAME=x;K8S_POD_NAMESPACE=finance',
    }
    const config = { ...plugin, name: 'exempt' }
    const { exit, stdout } = node.call({ plugin: 'macvlan', command: 'ADD', config, environment: foreign })
    expect([exit, stdout]).toEqual([1, expect.stringContaining('K8S_POD_NAMESPACE twice')])
  })

  it('verifies claims, and installs a node, for whoever may read what nodes get and no secret', async () => {
    const { name } = await deploy('verified')
    const rights = (kind: string, resource: string, ...flags: string[]) => {
      const role = `reader-of-${resource.replace(/\W.*/, '')}`
      plane.kubectl([...flags, 'create', kind, role, '--verb=get,list', `--resource=${resource}`])
      plane.kubectl([...flags, 'create', `${kind}binding`, role, `--${kind}=${role}`, '--user=alice'])
    }
    rights('clusterrole', 'tenants.socni.dev,namespaces,pods,network-attachment-definitions.k8s.cni.cncf.io')
    rights('role', 'configmaps', '-n', 'socni-system')
    const alice = ['--kubeconfig', plane.kubeconfig('alice')]
    const pod = plane.kubectl(['-n', 'finance', 'get', 'pod', name, '-o', 'json'], '', 'alice')
    const verify = (input: string) => ctl([...alice, 'claim', 'verify', '-'], { input })
    expect(await verify(pod)).toEqual({
      exit: 0,
      stdout: `${name}: finance/ledger as net1: valid\n`,
      stderr: '',
    })
    expect(await verify(pod.replaceAll(uidOf(plane, name), 'another'))).toMatchObject({
      exit: 1,
      stdout: expect.stringContaining('it was signed for uid'),
    })
    const reviewed = await ctl([...alice, 'review', '-'], { input: JSON.stringify(network()) })
    expect([reviewed.exit, reviewed.stdout]).toEqual([
      0,
      expect.stringContaining('NetworkAttachmentDefinition finance/ledger: allowed'),
    ])
    expect(await ctl([...alice, 'keys', 'list'])).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('cannot get resource "secrets"'),
    })

    const texts = publishedTexts(plane)
    expect(await ctl([...alice, 'keys', 'export'])).toMatchObject({ exit: 0, stdout: texts['keys.json'] })
    const root = mkdtempSync(join(tmpdir(), 'socni-chain-'))
    mkdirSync(join(root, 'opt/cni/bin'), { recursive: true })
    mkdirSync(join(root, 'etc/cni/net.d'), { recursive: true })
    writeFileSync(join(root, 'opt/cni/bin/macvlan'), 'the real one')
    const where = ['--root', root, '--bin-dir', '/opt/cni/bin', '--config-dir', '/etc/cni/net.d']
    const guard = ['--plugin', buildPlugin('linux-x64-glibc')]
    expect(await ctl([...alice, 'install', ...where, ...guard])).toMatchObject({ exit: 0 })
    const installed = (file: string) => readFileSync(join(root, 'etc/cni/net.d/socni.d', file), 'utf8')
    expect(installed('keys.json')).toBe(texts['keys.json'])
    expect(JSON.parse(installed('guard.json'))).toMatchObject(JSON.parse(texts['facts.json'] ?? ''))
    rmSync(root, { recursive: true })
  })

  it('refuses at the node what was revoked, once the node has heard of it', async () => {
    const { name, uid } = await deploy('revoked')
    const flags = ['--kubeconfig', plane.kubeconfig('admin'), '--tenant-id', 'finance']
    const { stderr, exit } = await ctl([
      ...flags,
      'revoke',
      '--vlan-id',
      '100',
      '--target-tenant',
      'finance',
      '--yes',
    ])
    expect([exit, exit === 0 ? '' : stderr]).toEqual([0, ''])
    bringKeys()
    expect(kubelet.attach(name, uid).stdout).toContain('were revoked')
    await until(() => {
      try {
        plane.kubectl(['apply', '--dry-run=server', '-f', '-'], JSON.stringify(network(plugin, 'again')))
        return false
      } catch (error) {
        return String(error).includes('[interface-not-granted]')
      }
    })
  })

  it('refuses at the node what a Tenant has lost, by whatever means, and not what it lost for a moment', async () => {
    const spec = { namespaces: ['finance'], vlans: [{ ids: '100,150', masters: ['eth0'] }] }
    const tenant = (ids: string) => ({
      apiVersion: 'socni.dev/v1alpha1',
      kind: 'Tenant',
      metadata: { name: 'finance' },
      spec: { ...spec, vlans: [{ ids, masters: ['eth0'] }] },
    })
    // Of its data alone: a UID or a version may hold any digits.
    const data = 'jsonpath={.data.held\\.json}'
    const held = () => plane.said(['-n', 'socni-system', 'get', 'configmap', 'socni-held', '-o', data])
    const revocations = (): { vlans: string; master?: string; notBefore: number }[] =>
      JSON.parse(publishedTexts(plane)['revocations.json'] ?? '').revocations
    // As whoever keeps Tenants in Git: nobody runs socni-ctl.
    apply(tenant('100,150'))
    await until(() => held().includes('100,150'))
    const { name, uid } = await deploy('withdrawn')
    bringKeys()
    expect(kubelet.attach(name, uid)).toMatchObject({ exit: 0 })
    const before = revocations()
    plane.kubectl(['delete', 'tenant', 'finance'])
    apply(tenant('150'))
    // One of before that says the same, from earlier on, gives way.
    const latest = Math.max(...before.map(({ notBefore }) => notBefore))
    const taken = () => revocations().filter(({ notBefore }) => notBefore > latest)
    await sleep(60_000)
    await until(() => taken().length > 0)
    // Also what is tagged inside of it, on the interface that the configuration explains.
    expect(taken().map(({ vlans, master }) => `${vlans} on ${master}`)).toEqual([
      '100 on eth0',
      'native,1-4094 on lan',
    ])
    await until(() => !held().includes('100'))
    kubelet.call('DEL', name, uid)
    bringKeys()
    expect(kubelet.call('ADD', name, uid).stdout).toContain('were revoked')
  }, 180_000)
})
