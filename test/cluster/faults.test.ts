import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NETWORKS_ANNOTATION } from '../../src/kube/annotations.ts'
import { Balancer } from './balancer.ts'
import { type ControlPlane, freePort, startControlPlane } from './control-plane.ts'
import { install, type Replica, startReplica, until } from './installation.ts'

/** As a pod of the cluster, whose endpoints take a moment to forget it. */
const IN_A_POD = { KUBERNETES_SERVICE_HOST: '10.43.0.1' }

/** The API server waits so long for an answer (timeoutSeconds in manifests/). */
const TIMEOUT_MS = 3_000

describe('three replicas under a steady stream of pods', () => {
  let plane: ControlPlane
  let balancer: Balancer
  const replicas: Replica[] = []

  beforeAll(async () => {
    plane = await startControlPlane()
    balancer = await Balancer.start(await freePort())
    const first = await install(plane, balancer.port, IN_A_POD)
    replicas.push(first)
    balancer.add(first.port)
    for (let count = 0; count < 2; count++) await addReplica()
    plane.kubectl(['create', 'namespace', 'finance'])
    const apply = (object: object) => plane.kubectl(['apply', '-f', '-'], JSON.stringify(object))
    apply({
      apiVersion: 'socni.dev/v1alpha1',
      kind: 'Tenant',
      metadata: { name: 'finance' },
      spec: { namespaces: ['finance'], vlans: [{ ids: '100', masters: ['eth0'] }] },
    })
    const config = JSON.stringify({
      cniVersion: '1.0.0',
      type: 'macvlan',
      master: 'eth0.100',
      mode: 'bridge',
    })
    const ledger = {
      apiVersion: 'k8s.cni.cncf.io/v1',
      kind: 'NetworkAttachmentDefinition',
      metadata: { name: 'ledger', namespace: 'finance' },
      spec: { config },
    }
    await until(() => apply(ledger).includes('created'))
  }, 600_000)
  afterAll(async () => {
    await Promise.all(replicas.map(replica => replica.end('SIGKILL')))
    await balancer?.[Symbol.asyncDispose]()
    await plane?.[Symbol.asyncDispose]()
  })

  async function addReplica(): Promise<void> {
    const replica = await startReplica(plane, await freePort(), IN_A_POD)
    replicas.push(replica)
    balancer.add(replica.port)
  }

  /** Creates pods one after the other until it is told to stop; returns what was refused, and when. */
  async function stream(
    fault: () => Promise<void>,
  ): Promise<{ made: number; refused: number[]; from: number }> {
    const { users } = JSON.parse(readFileSync(plane.kubeconfig('admin'), 'utf8'))
    const server = new URL(plane.server)
    const agent = new Agent({ keepAlive: true })
    let isOver = false
    let made = 0
    const refused: number[] = []
    const create = (): Promise<number> =>
      new Promise((resolve, reject) => {
        const call = request(
          {
            host: server.hostname,
            port: server.port,
            path: '/api/v1/namespaces/finance/pods',
            method: 'POST',
            ca: readFileSync(join(plane.directory, 'certificates/apiserver.crt')),
            agent,
            headers: { authorization: `Bearer ${users[0].user.token}`, 'content-type': 'application/json' },
          },
          response => {
            response.resume()
            response.on('end', () => resolve(response.statusCode ?? 0))
          },
        )
        call.on('error', reject)
        call.end(
          JSON.stringify({
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { generateName: 'books-', annotations: { [NETWORKS_ANNOTATION]: 'ledger' } },
            spec: { containers: [{ name: 'a', image: 'b' }] },
          }),
        )
      })
    const worker = async (): Promise<void> => {
      while (!isOver) {
        if ((await create()) === 201) made++
        else refused.push(performance.now())
      }
    }
    const workers = Array.from({ length: 4 }, worker)
    await pause(1_000)
    const from = performance.now()
    await fault()
    await pause(TIMEOUT_MS)
    isOver = true
    await Promise.all(workers)
    agent.destroy()
    return { made, refused, from }
  }

  it('loses nothing when one of them is stopped', async () => {
    const { made, refused } = await stream(async () => {
      const [leaving] = replicas.splice(0, 1)
      await leaving?.end('SIGTERM')
    })
    expect([made > 100, refused]).toEqual([true, []])
    await addReplica()
  })

  it('refuses for no longer than the API server waits when one of them is killed', async () => {
    const { made, refused, from } = await stream(async () => {
      const [killed] = replicas.splice(0, 1)
      await killed?.end('SIGKILL')
    })
    expect(made > 100).toBe(true)
    expect(refused.filter(at => at > from + TIMEOUT_MS)).toEqual([])
    process.stderr.write(
      `one of three replicas killed: ${refused.length} of ${made + refused.length} pods refused\n`,
    )
    await addReplica()
  })

  it('admitted nothing unchecked meanwhile: every pod has its claim', () => {
    const { items } = JSON.parse(plane.kubectl(['-n', 'finance', 'get', 'pods', '-o', 'json']))
    const without = items.filter(
      ({ metadata }: { metadata: { annotations: Record<string, string> } }) =>
        !metadata.annotations[NETWORKS_ANNOTATION]?.includes('socni.dev/claim'),
    )
    expect([items.length > 200, without]).toEqual([true, []])
  })
})

function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}
