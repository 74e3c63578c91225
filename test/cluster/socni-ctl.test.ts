import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ctl } from '../socni-ctl.ts'
import { findBinaries } from './binaries.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { publishedTexts } from './installation.ts'

const root = join(import.meta.dirname, '..', '..')
const seeds = join(root, 'examples/seeds')

let plane: ControlPlane
const cluster = (...args: string[]) => ctl(['--kubeconfig', plane.kubeconfig('admin'), ...args])

beforeAll(async () => {
  plane = await startControlPlane()
  for (const namespace of ['secure-zone-1', 'socni-system', 'finance'])
    plane.kubectl(['create', 'namespace', namespace])
})
afterAll(async () => {
  await plane?.[Symbol.asyncDispose]()
})

describe('socni-ctl on a cluster', () => {
  it('lists nothing, and says so, before anything is installed', async () => {
    expect(await cluster('list')).toEqual({
      exit: 0,
      stdout: `no VLAN is granted in the cluster at ${plane.server}: the definition of Tenant is not installed (docs/install.md)\n`,
      stderr: '',
    })
    expect(await cluster('create', '--id', '200', '--master', 'eth0')).toEqual({
      exit: 3,
      stdout: '',
      stderr: `socni-ctl: ${plane.server}: Tenant "admin" cannot be created: the definition of Tenant is not installed (docs/install.md)\n`,
    })
  })

  it('makes, shares and takes away VLANs in Tenants that kubectl shows', async () => {
    plane.kubectl([
      'apply',
      '-f',
      join(root, 'manifests/crds/tenant.yaml'),
      '-f',
      join(import.meta.dirname, 'nad-crd.yaml'),
    ])
    plane.kubectl(['wait', '--for=condition=Established', 'crd/tenants.socni.dev', '--timeout=30s'])
    plane.kubectl([
      'wait',
      '--for=condition=Established',
      'crd/network-attachment-definitions.k8s.cni.cncf.io',
      '--timeout=30s',
    ])
    expect(
      await cluster('create', '--id', '200', '--master', 'eth0', '--label', 'environment=production'),
    ).toEqual({
      exit: 0,
      stdout: `VLAN 200 on eth0 for tenant admin (the cluster at ${plane.server})\n`,
      stderr: 'note: made tenant admin, for namespace admin (not there yet)\n',
    })
    expect((await cluster('--tenant-id', 'other', 'create', '--id', '200', '--master', 'eth0')).exit).toBe(1)
    expect(await cluster('grant', '--vlan-id', '200', '--target-tenant', 'finance')).toMatchObject({
      exit: 0,
      stderr: 'note: made tenant finance, for namespace finance\n',
    })
    const tenant = JSON.parse(plane.kubectl(['get', 'tenant', 'finance', '-o', 'json']))
    expect(tenant.spec).toMatchObject({
      namespaces: ['finance'],
      vlans: [{ ids: '200', masters: ['eth0'], labels: { environment: 'production' }, shared: true }],
    })
    const dry = await cluster('revoke', '--vlan-id', '200', '--target-tenant', 'finance', '--dry-run')
    expect(parse(dry.stdout.slice(dry.stdout.indexOf('\n')))).toEqual({
      apiVersion: 'socni.dev/v1alpha1',
      kind: 'Tenant',
      metadata: { name: 'finance' },
      spec: { namespaces: ['finance'], vlans: [] },
    })
    expect((await cluster('revoke', '--vlan-id', '200', '--target-tenant', 'finance', '--yes')).exit).toBe(0)
    expect(JSON.parse(plane.kubectl(['get', 'tenant', 'finance', '-o', 'json'])).spec.vlans).toEqual([])
    expect(JSON.parse(publishedTexts(plane)['revocations.json'] ?? '').revocations).toMatchObject([
      { tenant: 'finance', vlans: '200' },
    ])
  })

  it('adds a second revocation to the first', async () => {
    await cluster('create', '--id', '300', '--master', 'eth0')
    await cluster('delete', '--id', '300', '--yes')
    expect(JSON.parse(publishedTexts(plane)['revocations.json'] ?? '').revocations).toHaveLength(2)
  })

  it('shows networks and pods that use a VLAN, and refuses to delete it', async () => {
    await cluster(
      '--tenant-id',
      'secure',
      'create',
      '--id',
      '100',
      '--master',
      'eth0',
      '--namespace',
      'secure-zone-1',
    )
    plane.kubectl(['-n', 'secure-zone-1', 'apply', '-f', join(seeds, '000-vlan100-network.yaml')])
    plane.kubectl(['-n', 'secure-zone-1', 'apply', '-f', join(seeds, '000-dual-net-pod.yaml')])
    const { stdout } = await cluster('status', '--id', '100', '--format', 'json')
    expect(JSON.parse(stdout).grants).toMatchObject([
      { tenant: 'secure', networks: ['secure-zone-1/vlan100-network'], pods: ['secure-zone-1/dual-net-pod'] },
    ])
    expect(await cluster('--tenant-id', 'secure', 'delete', '--id', '100', '--yes')).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('in use by secure-zone-1/vlan100-network'),
    })
    expect((await cluster('map')).stdout).toMatch(
      /eth0 +100 +in use +secure +secure-zone-1\/vlan100-network +1\n/,
    )
  })

  it('lints with the Tenants and NADs of the cluster, and changes nothing there', async () => {
    const before = plane.kubectl(['get', 'tenants,net-attach-def,pods', '-A', '-o', 'json'])
    const pod = join(seeds, '000-dual-net-pod.yaml')
    const args = ['lint', '--no-config', '--cluster', pod]
    expect(await cluster(...args, '-n', 'secure-zone-1')).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('0 errors'),
    })
    expect((await cluster(...args)).stdout).toContain('[unknown-attachment]')
    expect(plane.kubectl(['get', 'tenants,net-attach-def,pods', '-A', '-o', 'json'])).toBe(before)
  })

  it('gives a tenant namespaces, takes them away, and deletes it when it is empty, unless somebody was quicker', async () => {
    const lab = (...args: string[]) => cluster('--tenant-id', 'lab', ...args)
    expect((await lab('create', '--id', '400', '--master', 'eth0')).exit).toBe(0)
    expect(await lab('tenant', 'add-namespace', 'bench')).toMatchObject({
      exit: 0,
      stderr: 'note: namespace bench is not there yet\n',
    })
    const namespaces = () => plane.kubectl(['get', 'tenant', 'lab', '-o', 'jsonpath={.spec.namespaces}'])
    expect(namespaces()).toBe('["lab","bench"]')
    expect((await lab('tenant', 'remove-namespace', 'lab', '--yes')).exit).toBe(0)
    expect(namespaces()).toBe('["bench"]')
    expect(JSON.parse(publishedTexts(plane)['revocations.json'] ?? '').revocations).toContainEqual(
      expect.objectContaining({ tenant: 'lab', namespace: 'lab', vlans: 'native,1-4094' }),
    )
    expect((await lab('tenant', 'delete', '--yes')).stderr).toContain('holds VLAN 400')
    expect((await lab('delete', '--id', '400', '--yes')).exit).toBe(0)
    // Somebody grants it a VLAN while the question stands.
    const confirm = () => {
      const grant = '[{"op": "add", "path": "/spec/vlans/-", "value": {"ids": "401", "masters": ["eth0"]}}]'
      plane.kubectl(['patch', 'tenant', 'lab', '--type=json', '-p', grant])
      return true
    }
    const flags = ['--kubeconfig', plane.kubeconfig('admin'), '--tenant-id', 'lab']
    expect(await ctl([...flags, 'tenant', 'delete'], { confirm })).toMatchObject({
      exit: 3,
      stderr: expect.stringMatching(/Tenant "lab" cannot be deleted: .*(?:Precondition|conflict)/i),
    })
    expect((await lab('delete', '--id', '401', '--yes')).exit).toBe(0)
    expect((await ctl([...flags, 'tenant', 'delete'], { confirm: () => true })).exit).toBe(0)
    expect(plane.said(['get', 'tenant', 'lab'])).toContain('not found')
  })

  it('says of a Tenant that nobody refused why files are not judged by it', async () => {
    const second = (vlans: object[]) => ({
      apiVersion: 'socni.dev/v1alpha1',
      kind: 'Tenant',
      metadata: { name: 'second' },
      spec: { namespaces: ['second'], vlans },
    })
    plane.kubectl(['apply', '-f', '-'], JSON.stringify(second([{ ids: '100', masters: ['eth0'] }])))
    const lint = [
      'lint',
      '--no-config',
      '--cluster',
      '-n',
      'secure-zone-1',
      join(seeds, '000-dual-net-pod.yaml'),
    ]
    expect(await cluster(...lint)).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(
        /^note: not in force in the cluster: Tenant "second" .*VLAN 100 on eth0 is held by tenant "secure"/m,
      ),
    })
    plane.kubectl(['delete', 'tenant', 'second'])
    expect((await cluster(...lint)).stdout).not.toContain('not in force')
  })

  it('asks for no more than examples/ci/cluster-role.yaml allows, to read', async () => {
    const alice = (...args: string[]) => ctl(['--kubeconfig', plane.kubeconfig('alice'), ...args])
    const pod = join(seeds, '000-dual-net-pod.yaml')
    const commands = [
      ['list'],
      ['map'],
      ['status'],
      ['lint', '--no-config', '--cluster', '-n', 'secure-zone-1', pod],
    ]
    for (const args of commands) expect((await alice(...args)).exit).toBe(3)
    plane.kubectl(['apply', '-f', join(root, 'examples/ci/cluster-role.yaml')])
    for (const args of commands) expect([args, await alice(...args)]).toMatchObject([args, { exit: 0 }])
    expect((await alice('review', '-n', 'secure-zone-1', pod)).exit).toBe(0)
    // What it may read has no keys: no webhook has started here.
    expect((await alice('keys', 'export')).stderr).toContain('lacks keys.json')
    expect((await alice('create', '--id', '7', '--master', 'eth0')).exit).toBe(3)
    plane.kubectl(['delete', '-f', join(root, 'examples/ci/cluster-role.yaml')])
  })

  it('takes the cluster configuration from its ConfigMap', async () => {
    const configuration =
      'apiVersion: socni.dev/v1alpha1\nkind: ClusterConfiguration\nspec: {exemptNamespaces: [secure-zone-1]}\nmetadata: {}\n'
    plane.kubectl([
      '-n',
      'socni-system',
      'create',
      'configmap',
      'socni-configuration',
      `--from-literal=cluster.yaml=${configuration}`,
    ])
    const pod = readFileSync(join(seeds, '000-dual-net-pod-steals.yaml'), 'utf8')
    const lint = () =>
      ctl(
        [
          '--kubeconfig',
          plane.kubeconfig('admin'),
          'lint',
          '--no-config',
          '--cluster',
          '-n',
          'secure-zone-1',
          '-',
        ],
        { input: pod },
      )
    expect((await lint()).exit).toBe(0)
    plane.kubectl(['-n', 'socni-system', 'delete', 'configmap', 'socni-configuration'])
  })

  it.each([
    ['a user without the right', () => ['--kubeconfig', plane.kubeconfig('alice')], 'User "alice" cannot'],
    [
      'a context that is not there',
      () => ['--kubeconfig', plane.kubeconfig('admin'), '--context', 'x'],
      '"x" is no context of the kubeconfig: it has admin',
    ],
    ['a kubeconfig that is not there', () => ['--kubeconfig', '/nowhere'], '/nowhere cannot be read'],
  ])('fails in one line for %s', async (_, args, message) => {
    const { exit, stderr } = await ctl([...args(), 'list'])
    expect([exit, stderr.split('\n').length]).toEqual([3, 2])
    expect(stderr).toContain(message)
  })
})

describe('kubectl socni', () => {
  it('is socni-ctl, where it is on the path', () => {
    const shims = join(plane.directory, 'bin')
    mkdirSync(shims)
    const program = join(shims, 'kubectl-socni')
    symlinkSync(join(root, 'bin/socni-ctl.js'), program)
    const kubectl = (...args: string[]) =>
      spawnSync(findBinaries().kubectl, ['socni', ...args], {
        encoding: 'utf8',
        env: {
          PATH: `${shims}:${dirname(process.execPath)}:/usr/bin:/bin`,
          HOME: plane.directory,
          KUBECONFIG: `${join(shims, 'nowhere')}:${plane.kubeconfig('admin')}`,
        },
      })
    const { status, stdout } = kubectl('lint', '--no-config', join(seeds, '004-macvlan-conf.yaml'))
    expect([status, stdout.includes('[default-route]')]).toEqual([1, true])
    const { grants } = JSON.parse(kubectl('list', '--format', 'json').stdout)
    expect(grants).toContainEqual(expect.objectContaining({ tenant: 'secure', vlans: '100' }))
  })
})
