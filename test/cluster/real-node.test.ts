import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Manifest } from '../../src/kube/manifest.ts'
import {
  findBinaries,
  findMultus,
  findPause,
  findWhereabouts,
  MULTUS_IMAGE,
  multusManifest,
} from './binaries.ts'
import { Images } from './images.ts'
import { applyManifests, caBundles, PATCHED_LAST, until } from './installation.ts'
import { nodeObstacle } from './machine.ts'
import { K3S, type RealNode, startRealNode } from './real-node.ts'

const root = join(import.meta.dirname, '../..')
const reason = nodeObstacle === undefined ? '' : ` (${nodeObstacle})`

const PAUSE = 'registry.k8s.io/pause:tests'
/** The kubelet brings what changed in a ConfigMap when it looks at the pod again: after a minute, and a half of one more. */
const KUBELET_SECONDS = 120
const HOST_LOCAL = { type: 'host-local', subnet: '10.100.0.0/24' }

const world = [
  {
    apiVersion: 'socni.dev/v1alpha1',
    kind: 'Tenant',
    metadata: { name: 'finance' },
    spec: {
      namespaces: ['finance'],
      vlans: [{ ids: '100', masters: ['eth0'], subnets: ['10.100.0.0/16'] }],
    },
  },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'finance' } },
  network('storage', 'eth0.100'),
]

function network(name: string, master: string, ipam: object = HOST_LOCAL): Manifest {
  const config = { cniVersion: '1.0.0', name, type: 'macvlan', master, ipam }
  return {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name, namespace: 'finance' },
    spec: { config: JSON.stringify(config) },
  }
}

function podOf(networks: string, app = 'teller') {
  return {
    metadata: { labels: { app }, annotations: { 'k8s.v1.cni.cncf.io/networks': networks } },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'teller', image: PAUSE }] },
  }
}

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'teller', namespace: 'finance' },
  spec: { replicas: 2, selector: { matchLabels: { app: 'teller' } }, template: podOf('storage') },
}

describe.skipIf(reason !== '')(`a real node, as K3s has it${reason}`, () => {
  let node: RealNode
  let images: Images

  const kubectl = (...args: readonly string[]) => node.plane.kubectl(args)
  const create = (object: object) => node.plane.said(['create', '-f', '-'], JSON.stringify(object))
  const isRolledOut = (workload: string, namespace = 'socni-system') =>
    kubectl('-n', namespace, 'rollout', 'status', workload, '--timeout=90s')
  const files = (directory: string) => node.machine.run('ls', directory).trim().split('\n')
  const leases = () => files('/var/lib/cni/networks/storage').filter(name => name.startsWith('10.'))
  /** Addresses of the pods of a Deployment in their VLAN, as Multus tells them. */
  const attached = (app = 'teller') => {
    const { items } = JSON.parse(kubectl('-n', 'finance', 'get', 'pods', '-l', `app=${app}`, '-o', 'json'))
    return (items as Manifest[]).flatMap(({ metadata }) => {
      const status = JSON.parse(metadata.annotations?.['k8s.v1.cni.cncf.io/network-status'] ?? '[]')
      return (status as { interface?: string; ips?: string[] }[])
        .filter(element => element.interface === 'net1')
        .flatMap(element => element.ips ?? [])
    })
  }

  beforeAll(async () => {
    images = new Images()
    images.makeBases()
    images.build('webhook')
    images.build('guard')
    images.assemble('pause', { pause: findPause() }, '/pause')
    const programs = MULTUS_IMAGE.map(name => [name, findMultus(name)] as const)
    const multus = Object.fromEntries([
      // Where its own Dockerfile puts them.
      ...programs.map(([name, file]) => [`usr/src/multus-cni/bin/${name.replace('-cni', '')}`, file]),
      ...programs,
    ])
    images.assemble('multus', multus, '/thin_entrypoint')
    images.assembleWithShell('whereabouts', findWhereabouts().files)
    node = await startRealNode(PAUSE)
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    node.importImage(images.save('pause', PAUSE))
    node.importImage(images.save('multus', 'ghcr.io/k8snetworkplumbingwg/multus-cni:snapshot'))
    node.importImage(images.save('whereabouts', 'ghcr.io/k8snetworkplumbingwg/whereabouts:v0.9.4'))
    for (const name of ['webhook', 'guard'] as const)
      node.importImage(images.save(name, `ghcr.io/socni/socni-${name}:${version}`))
  }, 1_200_000)
  afterAll(async () => {
    await node?.[Symbol.asyncDispose]()
    images?.[Symbol.dispose]()
  })

  /** Changes a manifest that was downloaded, by the commands of docs/install.md that change it, and applies it. */
  const applyChanged = (name: string, manifest: string) => {
    const blocks = readFileSync(join(root, 'docs/install.md'), 'utf8').match(/```sh\n[^`]*```/g) ?? []
    const lines =
      blocks
        .find(block => block.includes(`/${name}\n`))
        ?.split('\n')
        .slice(1, -1) ?? []
    const commands = lines.filter(line => !/curl|doctor|apply/.test(line))
    expect(commands.join()).toContain('sed -i')
    writeFileSync(join(node.machine.directory, name), manifest)
    execFileSync('sh', ['-ec', commands.join('\n')], { cwd: node.machine.directory })
    kubectl('apply', '-f', join(node.machine.directory, name))
  }

  it('takes Multus as docs/install.md says', () => {
    applyChanged('multus-daemonset.yml', multusManifest())
    isRolledOut('daemonset/kube-multus-ds', 'kube-system')
  }, 120_000)

  it('runs what is installed: replicas, and the guard in the places of the plugins', async () => {
    applyManifests(node.plane)
    isRolledOut('deployment/socni-webhook')
    isRolledOut('daemonset/socni-guard')
    await until(() => caBundles(node.plane, PATCHED_LAST).size > 0)
    // Of the configuration, what the guard has to know.
    const guard = () => JSON.parse(node.machine.run('cat', `${K3S.conf}/socni.d/guard.json`))
    await until(() => guard().exemptNamespaces.includes('kube-system'), KUBELET_SECONDS)
    expect(guard()).toMatchObject({ mode: 'enforce', node: 'node-1' })
    for (const name of ['bridge', 'macvlan'])
      expect(node.machine.run('cat', `${K3S.bin}/${name}`)).toBe(`#!${K3S.bin}/socni\n`)
    expect(kubectl('-n', 'socni-system', 'logs', 'daemonset/socni-guard')).toContain('copy the guard')
  }, 240_000)

  it('gives the pods of a Deployment their network', async () => {
    for (const object of world) await until(() => /created/.test(create(object)))
    await until(() => /created/.test(create(deployment)))
    isRolledOut('deployment/teller', 'finance')
    expect(attached().sort()).toEqual(['10.100.0.2', '10.100.0.3'])
    expect(leases()).toEqual(['10.100.0.2', '10.100.0.3'])
  }, 120_000)

  it('takes whereabouts as docs/install.md says, for addresses that are given back with the pod', async () => {
    const { manifests } = findWhereabouts()
    applyChanged('daemonset-install.yaml', readFileSync(join(manifests, 'daemonset-install.yaml'), 'utf8'))
    for (const kind of ['ippools', 'overlappingrangeipreservations', 'nodeslicepools'])
      kubectl('apply', '-f', join(manifests, `whereabouts.cni.cncf.io_${kind}.yaml`))
    isRolledOut('daemonset/whereabouts', 'kube-system')
    create(network('pool', 'eth0.100', { type: 'whereabouts', range: '10.100.9.0/24' }))
    const { metadata, spec } = podOf('pool', 'saver')
    const pod = { ...metadata, name: 'saver', namespace: 'finance' }
    create({ apiVersion: 'v1', kind: 'Pod', metadata: pod, spec })
    kubectl('-n', 'finance', 'wait', 'pod/saver', '--for=condition=Ready', '--timeout=60s')
    expect(attached('saver')).toEqual(['10.100.9.1'])
    const reserved = () =>
      JSON.parse(kubectl('get', 'ippools.whereabouts.cni.cncf.io', '-A', '-o', 'json')).items.flatMap(
        ({ spec: { allocations } }: { spec: { allocations: Record<string, { podref: string }> } }) =>
          Object.values(allocations).map(({ podref }) => podref),
      )
    expect(reserved()).toEqual(['finance/saver'])
    kubectl('-n', 'finance', 'delete', 'pod/saver')
    await until(() => reserved().length === 0)
  }, 240_000)

  it('replaces all replicas while pods are made, and none is refused', async () => {
    const at = (name: string) => join(node.machine.directory, name)
    const pods = Array.from({ length: 50 }, () => {
      const { metadata, spec } = podOf('storage')
      return {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...metadata, generateName: 'stream-', namespace: 'finance' },
        spec,
      }
    })
    writeFileSync(at('pods.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: pods }))
    const command = `${findBinaries().kubectl} --kubeconfig ${node.plane.kubeconfig('admin')} create --dry-run=server`
    const loop = `while [ ! -e ${at('stop')} ]; do ${command} -f ${at('pods.json')}; done`
    const ended = once(node.plane.start('stream', '/bin/sh', ['-c', loop]), 'exit')
    kubectl('-n', 'socni-system', 'rollout', 'restart', 'deployment/socni-webhook')
    isRolledOut('deployment/socni-webhook')
    writeFileSync(at('stop'), '')
    await ended
    const said = readFileSync(join(node.plane.directory, 'stream.log'), 'utf8').trim().split('\n')
    expect(said.length).toBeGreaterThan(pods.length)
    expect(said.filter(line => !line.endsWith('created (server dry run)'))).toEqual([])
  }, 120_000)

  it('gives them back after a power cut, without the webhook', async () => {
    kubectl('-n', 'socni-system', 'scale', 'deployment/socni-webhook', '--replicas=0')
    await until(() => kubectl('-n', 'socni-system', 'get', 'pods', '-o', 'name').split('\n').length === 2)
    const before = attached()
    await node.reboot()
    const restarted = 'jsonpath={.status.containerStatuses[0].restartCount}=1'
    kubectl('-n', 'finance', 'wait', 'pods', '-l', 'app=teller', `--for=${restarted}`, '--timeout=120s')
    expect(attached()).toHaveLength(before.length)
    // The addresses from before are given back as well.
    expect(leases().sort()).toEqual(attached().sort())
    kubectl('-n', 'socni-system', 'scale', 'deployment/socni-webhook', '--replicas=3')
    isRolledOut('deployment/socni-webhook')
  }, 240_000)

  it('refuses a raw network that was written while nobody judged, in words that kubectl shows', async () => {
    kubectl('delete', 'validatingwebhookconfigurations,mutatingwebhookconfigurations', 'zz-socni')
    create(network('foreign', 'eth0.200'))
    const metadata = { name: 'thief', namespace: 'finance' }
    const { metadata: template, spec } = podOf('foreign')
    create({ apiVersion: 'v1', kind: 'Pod', metadata: { ...template, ...metadata, labels: {} }, spec })
    const events = () =>
      kubectl('-n', 'finance', 'get', 'events', '--field-selector=involvedObject.name=thief')
    await until(() => /there is no claim for VLAN 200 on "eth0"/.test(events()))
    kubectl('-n', 'finance', 'delete', 'pod/thief', 'network-attachment-definitions/foreign')
  }, 120_000)

  it('is left as it was, by the commands of docs/install.md', async () => {
    const patch = ['--type=json', '--patch-file', join(root, 'manifests/uninstall.json')]
    kubectl('-n', 'socni-system', 'patch', 'daemonset', 'socni-guard', ...patch)
    isRolledOut('daemonset/socni-guard')
    kubectl('delete', '--ignore-not-found', '-k', join(root, 'manifests/overlays/k3s'))
    kubectl('-n', 'finance', 'delete', 'deployment', 'teller')
    await until(() => leases().length === 0)
    expect(files(K3S.conf)).toEqual(['00-multus.conf', '10-flannel.conflist', 'multus.d'])
    expect(files(K3S.bin).filter(name => /socni|vlan|bridge/.test(name))).toEqual(['bridge', 'macvlan'])
    expect(files('/opt/cni/bin')).toEqual([''])
  }, 240_000)
})
