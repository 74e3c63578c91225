import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { type ControlPlane, startControlPlane } from './control-plane.ts'

const root = join(import.meta.dirname, '../..')

/** Where each distribution has its CNI directories, as docs/doctor.md says. */
const OVERLAYS = {
  k3s: ['/var/lib/rancher/k3s/data/cni', '/var/lib/rancher/k3s/agent/etc/cni/net.d'],
  rke2: ['/opt/cni/bin', '/etc/cni/net.d'],
  kubeadm: ['/opt/cni/bin', '/etc/cni/net.d'],
  openshift: ['/var/lib/cni/bin', '/etc/kubernetes/cni/net.d'],
}

describe('the manifests', () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await startControlPlane()
    // As one command, on a cluster that knows nothing of SOCNI; the others then only ask.
    plane.kubectl(['apply', '--server-side', '-k', join(root, 'manifests/overlays/k3s')])
  }, 600_000)
  afterAll(() => plane?.[Symbol.asyncDispose]())

  const render = (overlay: string) => plane.kubectl(['kustomize', join(root, 'manifests/overlays', overlay)])

  it.each(Object.entries(OVERLAYS))('for %s are ones that the API server takes', (overlay, [bin, conf]) => {
    const text = render(overlay)
    const answer = plane.kubectl(['apply', '--server-side', '--dry-run=server', '-f', '-'], text)
    expect(answer.split('\n').filter(line => line.includes('serverside-applied')).length).toBeGreaterThan(14)
    const manifests = parseAllDocuments(text).map(document => document.toJS())
    const guard = manifests.find(({ kind }) => kind === 'DaemonSet').spec.template.spec
    const [container] = guard.containers
    expect(container.env).toEqual([
      expect.objectContaining({ name: 'NODE_NAME' }),
      { name: 'CNI_BIN_DIR', value: bin },
      { name: 'CNI_CONF_DIR', value: conf },
    ])
    // What the guard writes of the node's directories is true on the node, since they are mounted where they are.
    for (const { name, mountPath } of container.volumeMounts.slice(1))
      expect(guard.volumes).toContainEqual({ name, hostPath: { path: mountPath, type: 'Directory' } })
  })

  it('give nobody more than is named: no "*" in any rule', () => {
    const roles = parseAllDocuments(render('k3s'))
      .map(document => document.toJS())
      .filter(({ kind }) => /Role$/.test(kind))
    expect(roles.length).toBe(2)
    expect(JSON.stringify(roles)).not.toContain('*')
  })
})
