import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { type ControlPlane, freeAddress, startControlPlane } from '../test/cluster/control-plane.ts'
import { install, type Replica, startReplica, until } from '../test/cluster/installation.ts'
import { quantile } from './measure.ts'

const PODS = 2_000
const NADS = 10_000
const PODS_OF_A_LARGE_CLUSTER = 50_000
/** How many pods are created at once: by one person, and by as many controllers as the two cores of a small server bear. */
const WIDTHS = [1, 8]

/** What every call needs: who asks, and by which authority the API server is known. */
interface Access {
  readonly server: URL
  readonly token: string
  readonly ca: Buffer
  readonly agent: Agent
}

/**
 * Creates pods with a network at full speed through a real API server, by turns in a namespace that the webhook judges and
 * in one that it is not asked about; what is added is the difference. One replica, on the same machine as everything else.
 */
async function benchCluster(print: (line: string) => void): Promise<void> {
  const plane = await startControlPlane()
  let replica: Replica | undefined
  try {
    replica = await install(plane)
    await prepare(plane)
    const access = accessOf(plane)
    for (const width of WIDTHS) await measure(access, replica, width, print)
    await measureMemory(plane, access, print)
  } finally {
    await replica?.end()
    await plane[Symbol.asyncDispose]()
  }
}

async function measure(
  access: Access,
  replica: Replica,
  width: number,
  print: (line: string) => void,
): Promise<void> {
  const times = { 'kube-public': [] as number[], finance: [] as number[] }
  // The first ones warm up everything.
  await create(access, times, 400, width)
  for (const list of Object.values(times)) list.length = 0
  const cpuBefore = cpuSeconds(replica)
  const start = performance.now()
  await create(access, times, 2 * PODS, width)
  const seconds = (performance.now() - start) / 1000
  const cpu = cpuSeconds(replica) - cpuBefore
  const [alone, judged] = [times['kube-public'], times.finance]
  print(
    `${PODS} pods with a network, and as many that nobody is asked about, by turns; ${width} at once, ${Math.round((2 * PODS) / seconds)} pods/s`,
  )
  for (const [name, share] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const [judgedAt, aloneAt] = [quantile(judged, share), quantile(alone, share)]
    print(
      `  ${name}: ${judgedAt.toFixed(1)} ms with the webhook, ${aloneAt.toFixed(1)} ms without: ${(judgedAt - aloneAt).toFixed(1)} ms added`,
    )
  }
  print(`  the webhook took ${((cpu / PODS) * 1000).toFixed(2)} ms of CPU for a pod (two reviews)`)
}

/** What a replica takes that mirrors many NADs, and the networks of many pods. */
async function measureMemory(
  plane: ControlPlane,
  access: Access,
  print: (line: string) => void,
): Promise<void> {
  const config = JSON.stringify({
    cniVersion: '1.0.0',
    type: 'macvlan',
    master: 'eth0.100',
    mode: 'bridge',
    ipam: { type: 'whereabouts', range: '10.100.0.0/16' },
  })
  await createMany(NADS, index => {
    const metadata = { name: `network-${index}`, namespace: 'kube-public' }
    const path = `/apis/k8s.cni.cncf.io/v1/namespaces/kube-public/network-attachment-definitions`
    const kind = { apiVersion: 'k8s.cni.cncf.io/v1', kind: 'NetworkAttachmentDefinition' }
    return post(access, path, { ...kind, metadata, spec: { config } })
  })
  // As long as a claim is.
  const claim = 'e'.repeat(900)
  await createMany(PODS_OF_A_LARGE_CLUSTER, index => {
    const networks = [{ name: `network-${index % NADS}`, 'cni-args': { 'socni.dev/claim': claim } }]
    const pod = podNamed(`large-${index}`, 'kube-public', JSON.stringify(networks))
    return post(access, '/api/v1/namespaces/kube-public/pods', pod)
  })
  const start = performance.now()
  const replica = await startReplica(plane, await freeAddress())
  const seconds = (performance.now() - start) / 1000
  const status = readFileSync(`/proc/${replica.process.pid}/status`, 'utf8')
  const kib = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1])
  await replica.end()
  print(
    `a replica with ${NADS} NADs and ${PODS_OF_A_LARGE_CLUSTER} pods with networks: ready after ${seconds.toFixed(1)} s, ${Math.round(kib / 1024)} MiB`,
  )
}

async function createMany(count: number, create: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await create(next++)
  }
  await Promise.all(Array.from({ length: 8 }, worker))
}

async function prepare(plane: ControlPlane): Promise<void> {
  plane.kubectl(['create', 'namespace', 'finance'])
  const tenant = {
    apiVersion: 'socni.dev/v1alpha1',
    kind: 'Tenant',
    metadata: { name: 'finance' },
    spec: { namespaces: ['finance'], vlans: [{ ids: '100', masters: ['eth0'] }] },
  }
  plane.kubectl(['apply', '-f', '-'], JSON.stringify(tenant))
  const config = { cniVersion: '1.0.0', type: 'macvlan', master: 'eth0.100', mode: 'bridge' }
  const network = {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name: 'ledger', namespace: 'finance' },
    spec: { config: JSON.stringify(config) },
  }
  await until(() => plane.kubectl(['apply', '-f', '-'], JSON.stringify(network)).includes('created'))
}

function accessOf(plane: ControlPlane): Access {
  const { users } = JSON.parse(readFileSync(plane.kubeconfig('admin'), 'utf8'))
  return {
    server: new URL(plane.server),
    token: users[0].user.token,
    ca: readFileSync(join(plane.directory, 'certificates/apiserver.crt')),
    agent: new Agent({ keepAlive: true, maxSockets: 64 }),
  }
}

let made = 0

async function create(
  access: Access,
  times: Record<string, number[]>,
  count: number,
  width: number,
): Promise<void> {
  const namespaces = Object.keys(times)
  const end = made + count
  const worker = async (): Promise<void> => {
    while (made < end) {
      const index = made++
      const namespace = namespaces[index % namespaces.length] ?? ''
      const start = performance.now()
      await post(access, `/api/v1/namespaces/${namespace}/pods`, podNamed(`pod-${index}`, namespace))
      times[namespace]?.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
}

function podNamed(name: string, namespace: string, networks = 'ledger'): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, annotations: { 'k8s.v1.cni.cncf.io/networks': networks } },
    spec: { containers: [{ name: 'a', image: 'b' }] },
  }
}

function post({ server, token, ca, agent }: Access, path: string, object: object): Promise<void> {
  const body = JSON.stringify(object)
  const options = {
    host: server.hostname,
    port: server.port,
    path,
    method: 'POST',
    ca,
    agent,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  }
  return new Promise((resolve, reject) => {
    const call = request(options, response => {
      response.resume()
      response.on('end', () =>
        response.statusCode === 201 ? resolve() : reject(new Error(`HTTP ${response.statusCode}`)),
      )
    })
    call.on('error', reject)
    call.end(body)
  })
}

/** User and system time of the replica, from proc(5); a clock tick is 10 ms. */
function cpuSeconds({ process: { pid } }: Replica): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

await benchCluster(line => process.stdout.write(`${line}\n`))
