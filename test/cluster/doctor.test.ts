import { readFileSync } from 'node:fs'
import { get } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Check } from '../../src/doctor/check.ts'
import { ctl } from '../socni-ctl.ts'
import { type ControlPlane, startControlPlane, type User } from './control-plane.ts'
import { applyDefinitions, install, type Replica, until } from './installation.ts'

const root = join(import.meta.dirname, '../..')
const role = join(root, 'examples/ci/operator-role.yaml')

/** No kubelet and no controller runs here: what they would write is written by hand, all else is the webhook's. */
describe('socni-ctl doctor --cluster', () => {
  let plane: ControlPlane
  let replica: Replica
  beforeAll(async () => {
    plane = await startControlPlane()
  })
  afterAll(async () => {
    await replica?.end()
    await plane?.[Symbol.asyncDispose]()
  })

  const examine = async (user: User = 'admin') => {
    const { exit, stdout, stderr } = await ctl([
      ...['--kubeconfig', plane.kubeconfig(user), '--format', 'json'],
      ...['doctor', '--cluster'],
    ])
    expect(stderr).toBe('')
    const checks = JSON.parse(stdout) as Check[]
    const found = Object.fromEntries(checks.map(({ id, status, found }) => [id, `${status}: ${found}`]))
    return { exit, found }
  }
  const apply = (...objects: object[]) =>
    plane.kubectl(
      ['apply', '--server-side', '-f', '-'],
      objects.map(object => JSON.stringify(object)).join('\n---\n'),
    )
  const setStatus = (what: string, status: object) =>
    plane.kubectl([
      ...['-n', 'socni-system', 'patch', what, '--subresource=status', '--type=merge'],
      ...['-p', JSON.stringify({ status })],
    ])
  const node = (name: string, os = 'linux') => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/os': os } },
  })
  const pod = (name: string, app: string, nodeName: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'socni-system', labels: { 'app.kubernetes.io/name': app } },
    spec: { nodeName, containers: [{ name: 'a', image: 'a' }] },
  })
  const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
  const tenant = (name: string) => ({
    apiVersion: 'socni.dev/v1alpha1',
    kind: 'Tenant',
    metadata: { name },
    spec: { namespaces: [name], vlans: [{ ids: '100', masters: ['eth0'] }] },
  })

  it('says of a cluster without anything that nothing is there', async () => {
    const { exit, found } = await examine()
    expect(exit).toBe(1)
    expect(found).toMatchObject({
      webhook: 'error: Deployment socni-webhook is not there',
      trust: 'error: MutatingWebhookConfiguration zz-socni is not there',
      tenants: 'error: the definition of Tenant is not there',
      'guard-pods': 'error: DaemonSet socni-guard is not there',
    })
  })

  it('says what of an installation works, and what does not', async () => {
    applyDefinitions(plane)
    // The second one is there before anybody could refuse it.
    apply(tenant('finance'))
    await new Promise(resolve => setTimeout(resolve, 1_100))
    apply(tenant('lab'))
    replica = await install(plane)
    apply(node('node-1'), node('node-2'), node('node-3'), node('node-4', 'windows'))
    apply(pod('guard-1', 'socni-guard', 'node-1'), pod('guard-2', 'socni-guard', 'node-2'))
    setStatus('pod/guard-1', ready)
    const waiting = { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' }
    setStatus('pod/guard-2', {
      containerStatuses: [
        {
          ...{ name: 'guard', image: 'a', imageID: 'a', ready: false, restartCount: 9 },
          state: { waiting },
        },
      ],
    })
    setStatus('deployment/socni-webhook', {
      ...{ observedGeneration: 1, replicas: 3, readyReplicas: 3, updatedReplicas: 3, availableReplicas: 3 },
    })
    await until(async () => (await examine()).found.tenants?.includes('VLAN 100') === true)
    await until(async () => (await examine()).found.leader?.includes('audit ended') === true)
    const { exit, found } = await examine()
    expect(exit).toBe(1)
    expect(found).toEqual({
      webhook: 'ok: 3 of 3 replicas are ready, of ghcr.io/socni/socni-webhook:0.1.0',
      leader: expect.stringMatching(
        /^ok: \S+ since \d{4}-\d\d-\d\d \d\d:\d\d UTC; the last audit ended \d{4}-\d\d-\d\d \d\d:\d\d UTC$/,
      ),
      certificate: expect.stringMatching(/^ok: it is valid until \d{4}-/),
      trust: 'ok: both configurations have the authority of the certificate',
      configuration:
        'ok: enforcement deny, pods in 10.42.0.0/16, services in 10.43.0.0/16, default route on eth0',
      tenants: expect.stringMatching(/^warning: 1 of 2 is not: "lab": Two tenants hold one VLAN.*VLAN 100/),
      'published-keys': expect.stringMatching(/^ok: \S+ signs; 0 revocations$/),
      'guard-pods':
        'error: 1 of 3 nodes have it ready; it refuses; node-3 has no pod of it; guard-2 on node-2: CrashLoopBackOff: back-off 5m0s restarting failed container',
    })
  })

  it('stands beside metrics that are read as the PodMonitor says, by the authority in the Secret that it names', async () => {
    const file = readFileSync(join(root, 'manifests/components/monitoring/pod-monitor.yaml'), 'utf8')
    const [endpoint] = parse(file).spec.podMetricsEndpoints
    const { serverName: servername, ca } = endpoint.tlsConfig
    const path = `jsonpath={.data.${ca.secret.key.replace('.', '\\.')}}`
    const text = plane.kubectl(['-n', 'socni-system', 'get', 'secret', ca.secret.name, '-o', path])
    const options = { ...replica.address, path: '/metrics', servername, ca: Buffer.from(text, 'base64') }
    const metrics = await new Promise<string>((resolve, reject) => {
      get(options, response => response.toArray().then(parts => resolve(parts.join('')), reject)).on(
        'error',
        reject,
      )
    })
    expect(metrics).toContain('socni_leader 1\n')
  })

  it('says which right is missing in place of each answer, and needs those of the example', async () => {
    const { exit, found } = await examine('alice')
    expect(exit).toBe(0)
    for (const [id, text] of Object.entries(found))
      expect([id, text]).toEqual([id, expect.stringMatching(/^unknown: .*User "alice" cannot (?:get|list)/)])
    plane.kubectl(['apply', '-f', role])
    expect(await examine('alice')).toEqual(await examine())
    const rules = ['-n', 'socni-system', 'patch', 'role', 'socni-operator', '--type=json']
    plane.kubectl([...rules, '-p', '[{"op": "remove", "path": "/rules/4"}]'])
    expect((await examine('alice')).found).toEqual({
      ...(await examine()).found,
      certificate: expect.stringContaining('unknown: secrets "socni-webhook-tls" is forbidden'),
      trust: expect.stringContaining('unknown: both configurations have an authority'),
    })
    plane.kubectl([...rules, '-p', '[{"op": "remove", "path": "/rules/0"}]'])
    expect((await examine('alice')).found['guard-pods']).toMatch(/^unknown: 0 of 0 pods .*cannot list/)
  })

  it('sees that nobody leads, that another authority is believed, and that replicas are missing', async () => {
    await replica.end()
    const other = readFileSync(join(plane.directory, 'certificates/apiserver.crt')).toString('base64')
    const path = '/webhooks/0/clientConfig/caBundle'
    const patch = JSON.stringify([{ op: 'replace', path, value: other }])
    const configuration = 'mutatingwebhookconfiguration/zz-socni'
    plane.kubectl(['patch', configuration, '--type=json', '-p', patch])
    setStatus('deployment/socni-webhook', { readyReplicas: 1, availableReplicas: 1 })
    expect((await examine()).found).toMatchObject({
      webhook: expect.stringMatching(/^warning: 1 of 3 replicas are ready/),
      leader: 'error: the last one has given the Lease up',
      trust:
        'error: pods.socni.dev of MutatingWebhookConfiguration zz-socni has another authority than that of the certificate',
    })
  })

  it('prints the same for people, and takes one question at a time', async () => {
    const doctor = ['--kubeconfig', plane.kubeconfig('admin'), 'doctor', '--cluster']
    expect((await ctl(doctor)).stdout).toMatch(
      /^error {3}One replica leads \[leader\]\n {10}the last one has given the Lease up\n {10}Without one/m,
    )
    expect((await ctl([...doctor, '--manifest', 'a'])).exit).toBe(2)
  })
})
