import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openKeys } from '../../src/claims/files.ts'
import { printKeySet } from '../../src/claims/keys.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { printManifest } from '../../src/yaml/edit.ts'
import { Node, obstacle, PLUGINS } from '../plugin/node.ts'
import { ctl } from '../socni-ctl.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { filesOf, Kubelet } from './kubelet.ts'
import { metadataOf, uidOf } from './tenants.ts'

const plugin = {
  type: 'macvlan',
  master: 'eth0.100',
  mode: 'bridge',
  ipam: { type: 'host-local', subnet: '10.100.1.0/24' },
}

const CONFIGS: Readonly<Record<string, object>> = {
  ledger: { cniVersion: '1.0.0', ...plugin },
  chain: { cniVersion: '1.0.0', name: 'chain', plugins: [plugin, { type: 'tuning', mtu: 1400 }] },
}

function network(name: string, config: object): Manifest {
  return {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name, namespace: 'finance' },
    spec: { config: JSON.stringify(config) },
  }
}

function podWith(name: string, networks: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'finance', annotations: { 'k8s.v1.cni.cncf.io/networks': networks } },
    spec: { containers: [{ name: 'a', image: 'b' }] },
  }
}

const modes = obstacle === undefined ? (['thin', 'thick'] as const) : []

describe.each(modes)('real Multus, %s, with the guard in the place of macvlan', mode => {
  let plane: ControlPlane
  let node: Node
  let kubelet: Kubelet
  let count = 0
  const state = () => join(plane.directory, 'socni')
  const flags = () => ['--policy-dir', join(state(), 'policy'), '--keys-dir', join(state(), 'keys')]

  beforeAll(async () => {
    plane = await startControlPlane()
    plane.kubectl(['create', 'namespace', 'finance'])
    plane.kubectl(['apply', '-f', join(import.meta.dirname, 'nad-crd.yaml')])
    plane.kubectl([
      'wait',
      '--for=condition=Established',
      'crd/network-attachment-definitions.k8s.cni.cncf.io',
      '--timeout=30s',
    ])
    const { signing, keys } = openKeys(join(state(), 'keys'))
    node = await Node.start(signing)
    node.trust(printKeySet(keys))
    kubelet = await Kubelet.start(plane, node, 'admin', mode)
    for (const [name, config] of Object.entries(CONFIGS))
      plane.kubectl(['apply', '-f', '-'], JSON.stringify(network(name, config)))
    await ctl([...flags(), '--tenant-id', 'finance', 'create', '--id', '100', '--master', 'eth0'])
    const known = plane.kubectl(['-n', 'finance', 'get', 'net-attach-def', '-o', 'json'])
    writeFileSync(join(state(), 'policy/networks.json'), known)
  })
  afterAll(async () => {
    await kubelet?.[Symbol.asyncDispose]()
    await plane?.[Symbol.asyncDispose]()
  })

  /** Admits a pod as the webhook does, stores it, and has Multus attach it as a kubelet would. */
  const attach = async (networks: string, change: (text: string) => string = text => text) => {
    const name = `books-${count++}`
    const issued = await ctl([...flags(), 'claim', 'issue', '-'], {
      input: printManifest(podWith(name, networks)),
    })
    expect(issued.stderr).toBe('')
    plane.kubectl(['apply', '-f', '-'], change(issued.stdout))
    const uid = uidOf(plane, name)
    const call = (command: string) => kubelet.call(command, name, uid)
    return { name, added: kubelet.attach(name, uid), call }
  }

  it.each(['ledger', '[{"name": "chain", "interface": "vlan100"}]'])(
    'hands the claim on, for %s: eth0 is the cluster’s, the other is the tenant’s',
    async networks => {
      const { name, added, call } = await attach(networks)
      expect([added.exit, added.exit === 0 ? '' : added.stdout + added.stderr]).toEqual([0, ''])
      const links = node.run('ip', '-n', name, '-o', '-4', 'addr')
      expect(links).toMatch(/eth0 +inet 10\.42\.0\./)
      expect(links).toMatch(/(?:net1|vlan100) +inet 10\.100\.1\./)
      expect(node.run('ip', '-n', name, 'route', 'show', 'default')).toContain('dev eth0')
      const status = metadataOf(plane, name, 'annotations.k8s\\.v1\\.cni\\.cncf\\.io/network-status')
      expect(JSON.parse(status).map(({ name: network }: { name: string }) => network)).toEqual([
        'cbr0',
        expect.stringMatching(/^finance\/(ledger|chain)$/),
      ])
      expect(call('DEL').exit).toBe(0)
      expect(node.run('ip', '-n', name, '-o', 'link')).not.toMatch(/net1|vlan100/)
    },
  )

  it('refuses a pod whose claim is gone, and leaves it without any network', async () => {
    const { name, added } = await attach('ledger', text => text.replace(/,?"cni-args":\{[^}]*\}/, ''))
    expect(added.exit).not.toBe(0)
    expect(added.stdout).toContain('there is no claim for VLAN 100')
    expect(node.run('ip', '-n', name, '-o', 'link')).not.toMatch(/net1/)
  })

  it('refuses the claim of another pod', async () => {
    const { stdout } = await ctl([...flags(), 'claim', 'issue', '-'], {
      input: printManifest(podWith('victim', 'ledger')),
    })
    const [stolen = ''] = /eyJ[\w.-]+/.exec(stdout) ?? []
    const { added } = await attach('ledger', text => text.replace(/eyJ[\w.-]+/, stolen))
    expect(added.exit).not.toBe(0)
    expect(added.stdout).toMatch(/it was signed for pod .*victim/)
  })

  // The controller that attaches networks to running pods asks the daemon (k8snetworkplumbingwg/multus-dynamic-networks-controller).
  if (mode === 'thick')
    it.each(Object.entries(CONFIGS))(
      'takes the claim of a network that is put into a running pod: %s',
      async (name, config) => {
        const { name: pod, added, call } = await attach('')
        expect(added.exit).toBe(0)
        const issued = await ctl([...flags(), 'claim', 'issue', '-'], {
          input: printManifest(podWith(pod, `${name}@net1`)),
        })
        const [jws = ''] = /eyJ[\w.-]+/.exec(issued.stdout) ?? []
        const uid = uidOf(plane, pod)
        const plug = (command: 'ADD' | 'DEL', claim: string) =>
          kubelet.plug(command, pod, uid, {
            interface: 'net1',
            // The controller names what has no name after its NAD (GetCNIConfigFromSpec).
            config: { name, ...config },
            cniArgs: { 'socni.dev/claim': claim },
          })
        expect(plug('ADD', jws.slice(0, -8))).toContain('the claim does not hold')
        expect(plug('ADD', jws)).toContain('"address":"10.100.1.')
        expect(node.run('ip', '-n', pod, '-o', '-4', 'addr')).toContain('net1    inet 10.100.1.')
        plug('DEL', jws)
        expect(node.run('ip', '-n', pod, '-o', 'link')).not.toContain('net1')
        expect(call('DEL').exit).toBe(0)
      },
    )

  // A daemon is told where plugins are by its own configuration.
  if (mode === 'thin')
    it.each<[what: string, runtimePath: () => string, prepare: string, said: string]>([
      [
        'where Multus looks before the runtime does',
        () => node.binDir,
        `cp ${join(PLUGINS, 'macvlan')} /opt/cni/bin/`,
        'put the guard in the place of /opt/cni/bin/macvlan',
      ],
      [
        'where the runtime looks behind what the installation was told of',
        () => PLUGINS,
        'true',
        'under the names of plugins that are not in /opt/cni/bin: vlan, macvlan,',
      ],
    ])('runs no plugin past the guard %s', async (_, runtimePath, prepare, said) => {
      node.run('sh', '-ec', `mount -t tmpfs none /opt; mkdir -p /opt/cni/bin; ${prepare}`)
      const withoutClaim = (text: string) => text.replace(/,?"cni-args":\{[^}]*\}/, '')
      kubelet.runtimePath = runtimePath()
      try {
        const unguarded = await attach('ledger', withoutClaim)
        expect(unguarded.added.exit).toBe(0)
        unguarded.call('DEL')
        const directories = ['CNI_BIN_DIR=/opt/cni/bin', `CNI_CONF_DIR=${node.confDir}`]
        const installed = node.run('env', ...directories, join(node.binDir, 'socni'), 'install')
        expect(installed).toContain(said)
        const refused = await attach('ledger', withoutClaim)
        expect(refused.added.stdout).toContain('there is no claim for VLAN 100')
        const admitted = await attach('ledger')
        expect(admitted.added.exit).toBe(0)
        expect(admitted.call('DEL').exit).toBe(0)
        expect(node.run('ip', '-n', admitted.name, '-o', 'link')).not.toContain('net1')
      } finally {
        kubelet.runtimePath = undefined
        node.run('umount', '/opt')
      }
    })

  // A daemon takes such files from the directory that is built into it.
  if (mode === 'thin')
    it('leaves to the node what an administrator named, and into no VLAN', async () => {
      const configuration = {
        apiVersion: 'socni.dev/v1alpha1',
        kind: 'ClusterConfiguration',
        metadata: { name: 'cluster' },
        spec: { nodeNetworks: ['mesh'] },
      }
      writeFileSync(join(state(), 'policy/cluster.json'), JSON.stringify(configuration))
      const { apiVersion, kind, metadata } = network('mesh', {})
      const mesh = JSON.stringify({ apiVersion, kind, metadata })
      writeFileSync(join(state(), 'policy/mesh.json'), mesh)
      plane.kubectl(['apply', '-f', '-'], mesh)
      mkdirSync(filesOf(node))
      const onNode = (config: object) =>
        writeFileSync(
          join(filesOf(node), 'mesh.conf'),
          JSON.stringify({ cniVersion: '1.0.0', name: 'mesh', ...config }),
        )

      onNode({
        type: 'ptp',
        ipam: { type: 'static', addresses: [{ address: '198.18.0.7/24', gateway: '198.18.0.1' }] },
      })
      const { name, added, call } = await attach('ledger, mesh')
      expect([added.exit, added.exit === 0 ? '' : added.stdout + added.stderr]).toEqual([0, ''])
      expect(node.run('ip', '-n', name, '-o', '-4', 'addr')).toMatch(
        /net1 +inet 10\.100\.1\..*net2 +inet 198\.18\.0\.7/s,
      )
      expect(call('DEL').exit).toBe(0)

      onNode(plugin)
      const led = await attach('mesh')
      expect(led.added.stdout).toContain('there is no claim for VLAN 100')
    })

  it('refuses a network that was edited behind the webhook’s back', async () => {
    plane.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify(network('ledger', { cniVersion: '1.0.0', ...plugin, master: 'eth0' })),
    )
    const { added } = await attach('ledger')
    expect(added.exit).not.toBe(0)
    expect(added.stdout).toContain('it was signed for uplinks')
    plane.kubectl(['apply', '-f', '-'], JSON.stringify(network('ledger', { cniVersion: '1.0.0', ...plugin })))
  })
})
