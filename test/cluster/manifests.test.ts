import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import type { Manifest } from '../../src/kube/manifest.ts'
import { ctl } from '../socni-ctl.ts'
import { findHelm } from './binaries.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { findDefinitions } from './definitions.ts'

const root = join(import.meta.dirname, '../..')

/** Where each distribution has its CNI directories, as docs/doctor.md says. */
const OVERLAYS = {
  k3s: ['/var/lib/rancher/k3s/data/cni:/opt/cni/bin', '/var/lib/rancher/k3s/agent/etc/cni/net.d'],
  'k3s-thick': ['/opt/cni/bin:/var/lib/rancher/k3s/data/cni', '/var/lib/rancher/k3s/agent/etc/cni/net.d'],
  rke2: ['/opt/cni/bin', '/etc/cni/net.d'],
  kubeadm: ['/opt/cni/bin', '/etc/cni/net.d'],
  openshift: ['/var/lib/cni/bin', '/etc/kubernetes/cni/net.d'],
}

/** Each way to install: an overlay, and the values that make the chart the same. */
const WAYS: readonly (readonly [overlay: string, values: readonly string[]])[] = [
  ...Object.keys(OVERLAYS).map(name => [name, [`distribution=${name}`]] as const),
  ['cert-manager', ['certManager=true']],
  ['monitoring', ['monitoring.enabled=true']],
]

describe('the manifests', () => {
  let plane: ControlPlane
  let directory: string
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'socni-manifests-'))
    plane = await startControlPlane()
    for (const file of [...findDefinitions('certManager'), ...findDefinitions('prometheus')])
      plane.kubectl(['apply', '--server-side', '-f', file])
    // As one command, on a cluster that knows nothing of SOCNI; the others then only ask.
    plane.kubectl(['apply', '--server-side', '-k', join(root, 'manifests/overlays/k3s')])
  })
  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true })
    await plane?.[Symbol.asyncDispose]()
  })

  const render = (overlay: string) => plane.kubectl(['kustomize', join(root, 'manifests/overlays', overlay)])
  const helm = (...args: string[]) =>
    execFileSync(findHelm(), args, {
      encoding: 'utf8',
      stdio: 'pipe',
      env: { HOME: directory, PATH: '' },
    })
  const template = (values: readonly string[], namespace = 'socni-system') =>
    helm(
      ...['template', 'socni', join(root, 'manifests/chart'), '--include-crds', '--kube-version=1.34.0'],
      ...[`--namespace=${namespace}`, ...values.flatMap(value => ['--set', value])],
    )
  const read = (text: string): Manifest[] => parseAllDocuments(text).map(document => document.toJS())

  it('are applied again once the patch of an emergency is taken back, as the runbook says', () => {
    const runbook = readFileSync(join(root, 'docs/runbook.md'), 'utf8')
    const [, patch = ''] = /patch daemonset socni-guard --type=json \\\n {2}-p '(.+)'/.exec(runbook) ?? []
    const write = (text: string) =>
      plane.kubectl([
        ...['-n', 'socni-system', 'patch', 'daemonset', 'socni-guard', '--type=json'],
        ...['-p', text],
      ])
    const apply = () => plane.said(['apply', '--server-side', '-k', join(root, 'manifests/overlays/k3s')])
    write(patch)
    expect(apply()).toMatch(/conflict with "kubectl-patch"/)
    write(patch.replace('audit', 'enforce'))
    expect(apply()).not.toMatch(/error|conflict/i)
  })

  it.each(Object.entries(OVERLAYS))('for %s have the directories of its nodes', (overlay, [bin, conf]) => {
    const daemonSet = read(render(overlay)).find(({ kind }) => kind === 'DaemonSet') as never
    const { spec } = (daemonSet as { spec: { template: { spec: Record<string, never> } } }).spec.template
    const { containers, volumes } = spec as unknown as {
      containers: [{ env: object[]; volumeMounts: { name: string; mountPath: string }[] }]
      volumes: object[]
    }
    const [container] = containers
    expect(container.env).toEqual([
      expect.objectContaining({ name: 'NODE_NAME' }),
      { name: 'CNI_BIN_DIR', value: bin },
      { name: 'CNI_CONF_DIR', value: conf },
    ])
    // What the guard writes of the node's directories is true on the node, since they are mounted where they are.
    const mounts = container.volumeMounts.slice(1)
    expect(mounts.map(({ mountPath }) => mountPath)).toEqual(
      [bin, conf].flatMap(path => path?.split(':') ?? []),
    )
    for (const { name, mountPath } of mounts) {
      const type = name === 'other-bin' ? 'DirectoryOrCreate' : 'Directory'
      expect(volumes).toContainEqual({ name, hostPath: { path: mountPath, type } })
    }
  })

  it.each(WAYS)('for %s are ones that the API server takes, in every field', (overlay, values) => {
    for (const text of [render(overlay), template(values)]) {
      const flags = ['--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict']
      const answer = plane.said(['apply', ...flags, '-f', '-'], text)
      expect(answer).not.toMatch(/error|Warning/i)
      expect(answer.split('\n').filter(line => line.includes('serverside-applied')).length).toBeGreaterThan(
        13,
      )
    }
  })

  it.each(WAYS)('for %s are the same from kustomize and from Helm', (overlay, values) => {
    const [mine, chart] = [render(overlay), template(values)].map(text => comparable(read(text)))
    expect(chart).toEqual(mine)
    expect([...(mine?.keys() ?? [])].length).toBeGreaterThan(13)
  })

  it.each(WAYS)('for %s pass our own linter', async (overlay, values) => {
    for (const text of [render(overlay), template(values)]) {
      const file = join(directory, 'rendered.yaml')
      writeFileSync(file, text)
      const { exit, stdout } = await ctl(['lint', file])
      expect([exit, stdout]).toEqual([0, expect.stringContaining('0 errors, 0 warnings')])
    }
  })

  it('have Prometheus believe the authority of cert-manager, where that signs', () => {
    const parts = ['monitoring', 'cert-manager'].map(name => join(root, 'manifests/components', name))
    const [overlay, ...components] = [join(root, 'manifests/overlays/k3s'), ...parts].map(path =>
      relative(directory, path),
    )
    writeFileSync(
      join(directory, 'kustomization.yaml'),
      JSON.stringify({
        apiVersion: 'kustomize.config.k8s.io/v1beta1',
        kind: 'Kustomization',
        resources: [overlay],
        components,
      }),
    )
    const mine = read(plane.kubectl(['kustomize', directory]))
    const monitor = mine.find(({ kind }) => kind === 'PodMonitor')
    expect(JSON.stringify(monitor)).toContain('"name":"socni-webhook-cert-manager"')
    expect(comparable(read(template(['certManager=true', 'monitoring.enabled=true'])))).toEqual(
      comparable(mine),
    )
  })

  it('are a chart with values for what other clusters have', () => {
    const values = [
      'distribution=kubeadm',
      'guard.binDirs={/var/snap/microk8s/current/opt/cni/bin,/opt/cni/bin}',
      'guard.confDir=/var/snap/microk8s/current/args/cni-network',
      'guard.resources.limits.memory=512Mi',
      'webhook.resources.limits.memory=768Mi',
      'webhook.maxOldSpaceSize=512',
      'imagePullSecrets[0].name=registry',
      'apiServerPorts={9345}',
      'monitoring.enabled=true',
      'monitoring.labels.release=prometheus',
    ]
    const text = template(values)
    const flags = ['--server-side', '--force-conflicts', '--dry-run=server', '--validate=strict']
    expect(plane.said(['apply', ...flags, '-f', '-'], text)).not.toMatch(/error|Warning/i)
    const objects = comparable(read(text))
    const podOf = (name: string) => {
      const { spec } = objects.get(name) as { spec: { template: { spec: Record<string, unknown> } } }
      return spec.template.spec
    }
    const [guard, webhook] = [podOf('DaemonSet socni-guard'), podOf('Deployment socni-webhook')]
    for (const pod of [guard, webhook]) expect(pod.imagePullSecrets).toEqual([{ name: 'registry' }])
    expect(guard.containers).toMatchObject([
      {
        env: [
          {},
          { value: '/var/snap/microk8s/current/opt/cni/bin:/opt/cni/bin' },
          { value: '/var/snap/microk8s/current/args/cni-network' },
        ],
        resources: { requests: { memory: '48Mi' }, limits: { memory: '512Mi' } },
      },
    ])
    expect(guard.volumes).toMatchObject([
      {},
      { name: 'bin', hostPath: { path: '/var/snap/microk8s/current/opt/cni/bin', type: 'Directory' } },
      { name: 'other-bin', hostPath: { path: '/opt/cni/bin', type: 'DirectoryOrCreate' } },
      { name: 'conf', hostPath: { path: '/var/snap/microk8s/current/args/cni-network' } },
    ])
    expect(webhook.containers).toMatchObject([
      {
        env: [{ value: '--max-semi-space-size=4 --max-old-space-size=512' }],
        resources: { requests: { cpu: '50m' }, limits: { memory: '768Mi' } },
      },
    ])
    expect(objects.get('NetworkPolicy socni-webhook')).toMatchObject({
      spec: { egress: [{ ports: [{ port: 9345 }] }, {}] },
    })
    for (const name of ['PodMonitor socni-webhook', 'PrometheusRule socni'])
      expect(objects.get(name)).toMatchObject({ metadata: { labels: { release: 'prometheus' } } })
  })

  it('are a chart that Helm finds nothing wrong with, and that says what a value must be', () => {
    const chart = join(root, 'manifests/chart')
    expect(helm('lint', chart, '--strict', '--namespace=socni-system')).toContain('0 chart(s) failed')
    const refused = (values: string[], namespace?: string) => {
      try {
        return template(values, namespace)
      } catch (error) {
        return String((error as { stderr: string }).stderr)
      }
    }
    expect(refused(['distribution=k8s'])).toMatch(/distribution.*'k3s', 'k3s-thick'/)
    expect(refused(['cluster.enforcement=strict'])).toContain("'audit', 'warn', 'deny'")
    expect(refused(['clusters.enforcement=deny'])).toContain("additional properties 'clusters' not allowed")
    expect(refused(['guard.binDirs={/opt/cni/bin:/tmp}'])).toContain('guard/binDirs/0')
    expect(refused(['imagePullSecrets={registry}'])).toContain('imagePullSecrets/0')
    expect(refused([], 'default')).toContain('install with --namespace socni-system')
  })

  it('let the guard only write down, and take it off the nodes before they are deleted', () => {
    const patchGuard = (...patch: string[]) =>
      plane.kubectl(['-n', 'socni-system', 'patch', 'daemonset', 'socni-guard', '--type=json', ...patch])
    // As docs/runbook.md has it.
    const [, audit = ''] =
      /-p '(\[.*--mode=audit.*\])'/.exec(readFileSync(join(root, 'docs/runbook.md'), 'utf8')) ?? []
    patchGuard('-p', audit)
    const guard = () => plane.kubectl(['-n', 'socni-system', 'get', 'daemonset', 'socni-guard', '-o', 'yaml'])
    expect([guard().includes('--mode=audit'), guard().includes('--mode=enforce')]).toEqual([true, false])
    patchGuard('--patch-file', join(root, 'manifests/uninstall.json'))
    const argsOf = (text: string) =>
      read(text).find(({ kind }) => kind === 'DaemonSet')?.spec as {
        template: { spec: { containers: [{ args: string[] }] } }
      }
    const patched = argsOf(guard())
    const [container] = patched.template.spec.containers
    expect(container.args).toEqual(['uninstall', '--watch'])
    const [other] = argsOf(template(['guard.uninstall=true'])).template.spec.containers
    expect(other.args).toEqual(container.args)
  })

  it('are installed, changed and taken away by Helm', async () => {
    await using other = await startControlPlane()
    const release = (verb: string, ...args: string[]) =>
      helm(verb, 'socni', ...args, '--namespace=socni-system', `--kubeconfig=${other.kubeconfig('admin')}`)
    const chart = join(root, 'manifests/chart')
    const installed = release('install', chart, '--create-namespace', '--set', 'cluster.enforcement=audit')
    expect(installed).toContain('STATUS: deployed')
    // What somebody is told to do next is what can be done.
    expect(installed).toContain('3 replicas (enforcement: audit)')
    expect(installed).toContain('plugins in /var/lib/rancher/k3s/data/cni, /opt/cni/bin')
    const next = [...installed.matchAll(/^ {2}(kubectl|npx socni-ctl) (.+)$/gm)].map(([, , args = '']) =>
      args.split(' '),
    )
    for (const args of next.filter(([first]) => first === '-n'))
      expect(other.said(['-n', 'socni-system', 'get', args.at(-1) ?? '', '-o', 'name'])).toContain('socni-')
    const create = next.at(-1)?.map(word => (word === '~/.kube/config' ? other.kubeconfig('admin') : word))
    // No replica runs here that would be asked.
    const { exit, stdout } = await ctl([...(create ?? []), '--dry-run'])
    expect([exit, stdout]).toEqual([0, expect.stringContaining('VLAN 100 on eth0 for tenant finance')])
    const configuration = () =>
      other.kubectl(['-n', 'socni-system', 'get', 'configmap', 'socni-configuration', '-o', 'yaml'])
    expect(configuration()).toContain('enforcement: audit')
    const values = 'cluster.enforcement=deny,guard.uninstall=true'
    const told = release('upgrade', chart, '--reset-then-reuse-values', '--set', values)
    expect(told).toContain('helm uninstall socni -n socni-system')
    expect(configuration()).toContain('enforcement: deny')
    expect(other.kubectl(['-n', 'socni-system', 'get', 'daemonset', '-o', 'yaml'])).toContain('- uninstall')
    release('uninstall')
    expect(other.said(['get', 'validatingwebhookconfigurations,mutatingwebhookconfigurations'])).toBe(
      'No resources found\n',
    )
    // Tenants are not Helm's to delete.
    expect(other.kubectl(['get', 'crd', 'tenants.socni.dev', '-o', 'name'])).toContain('tenants.socni.dev')
  })

  it('give nobody more than is named: no "*" in any rule', () => {
    const roles = read(render('k3s')).filter(({ kind }) => /Role$/.test(kind))
    expect(roles.length).toBe(2)
    expect(JSON.stringify(roles)).not.toContain('*')
  })

  it('name the version of the package', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const chart = parse(readFileSync(join(root, 'manifests/chart/Chart.yaml'), 'utf8'))
    expect([chart.version, chart.appVersion]).toEqual([version, version])
    expect(render('k3s')).toContain(`ghcr.io/socni/socni-guard:${version}`)
  })
})

/** Objects by kind and name. The namespace is Helm's own matter, and the text in the ConfigMap is YAML again. */
function comparable(manifests: readonly Manifest[]): Map<string, unknown> {
  const entries = manifests
    .filter(({ kind }) => kind !== 'Namespace')
    .map(manifest => {
      const { data } = manifest as { data?: Record<string, string> }
      const read = data && {
        data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, parse(text)])),
      }
      return [`${manifest.kind} ${manifest.metadata.name}`, { ...manifest, ...read }] as const
    })
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
