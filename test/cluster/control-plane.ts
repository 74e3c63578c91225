import { type ChildProcess, spawnSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findBinaries, findControllers } from './binaries.ts'
import { endProcess, startProcess } from './processes.ts'
import type { Address } from './readiness.ts'

/** Who may ask the API server: an administrator of the cluster, one of a namespace, the webhook, the scheduler. */
export type User = keyof typeof USERS

const USERS = {
  admin: { name: 'admin', group: 'system:masters' },
  alice: { name: 'alice', group: 'developers' },
  webhook: { name: 'system:serviceaccount:socni-system:socni-webhook', group: 'system:serviceaccounts' },
  multus: { name: 'system:serviceaccount:kube-system:multus', group: 'system:serviceaccounts' },
  scheduler: { name: 'system:kube-scheduler', group: 'system:authenticated' },
  controllers: { name: 'system:kube-controller-manager', group: 'system:masters' },
  kubelet: { name: 'system:node:node-1', group: 'system:nodes' },
  proxy: { name: 'system:kube-proxy', group: 'system:authenticated' },
} as const

/** A real etcd and a real API server on loopback, with RBAC; stopped by its own process ids. */
export interface ControlPlane extends AsyncDisposable {
  /** Stops the API server and etcd; calling the result starts them again, with all that was stored. */
  stopServers(signal?: NodeJS.Signals): Promise<() => Promise<void>>
  readonly server: string
  readonly directory: string
  /** Starts a program where the servers run; its output goes to a file in the directory. */
  start(
    name: string,
    program: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): ChildProcess
  /** A kubeconfig that speaks for a user. */
  kubeconfig(user: User): string
  /** Runs kubectl, with text on its standard input; returns what it printed, or throws with what it said. */
  kubectl(args: readonly string[], input?: string, user?: User): string
  /** The same, whether it succeeds or not: all that a person reads, warnings too. */
  said(args: readonly string[], input?: string, user?: User): string
}

/** How long an API server may take to become ready on a busy machine. */
const START_MS = 60_000

/** Where a control plane runs. */
export interface Place {
  /** What stands before each command: nothing, or how it gets to a machine. */
  readonly prefix: readonly string[]
  /** The address of the API server. */
  readonly host: string
  /** What the API server is told besides. */
  flags(port: number): readonly string[]
}

/** On loopback, without nodes. */
const HERE: Place = {
  prefix: [],
  host: '127.0.0.1',
  flags: port => [
    // On loopback, so that what listens at the address of a Service stands in for kube-proxy; one range for each port.
    `--service-cluster-ip-range=127.${port >> 8}.${port & 255}.0/24`,
    // No controller makes service accounts here.
    '--disable-admission-plugins=ServiceAccount',
    '--endpoint-reconciler-type=none',
    '--authorization-mode=RBAC',
  ],
}

export async function startControlPlane(place: Place = HERE): Promise<ControlPlane> {
  const binaries = findBinaries()
  const directory = mkdtempSync(join(tmpdir(), 'socni-cluster-'))
  const start: ControlPlane['start'] = (name, command, args, env = HOME) => {
    const [program = '', ...rest] = [...place.prefix, command, ...args]
    return startProcess(program, rest, join(directory, `${name}.log`), { env })
  }
  const users = Object.keys(USERS) as User[]
  const tokens = Object.fromEntries(users.map(user => [user, randomBytes(16).toString('hex')])) as Record<
    User,
    string
  >
  const etcdPorts = [await freePort(), await freePort()] as const
  const port = await freePort()
  const server = `https://${place.host}:${port}`
  const serviceAccountKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  prepareApiServer(directory, tokens, serviceAccountKey)
  const startServers = (): ChildProcess[] => {
    const url = `http://127.0.0.1:${etcdPorts[0]}`
    const etcd = start('etcd', binaries.etcd, etcdFlags(directory, url, etcdPorts[1]))
    const flags = [...apiServerFlags(directory, url, place.host, port), ...place.flags(port)]
    return [start('kube-apiserver', binaries.apiServer, flags), etcd]
  }
  let servers = startServers()
  const endServers = async (signal?: NodeJS.Signals): Promise<void> => {
    await Promise.all(servers.map(child => endProcess(child, signal)))
  }
  const stop = async (): Promise<void> => {
    await endServers()
    rmSync(directory, { recursive: true, force: true })
  }
  const kubeconfig = (user: User): string => join(directory, `${user}.kubeconfig`)
  const run = (args: readonly string[], input = '', user: User = 'admin') => {
    const [program = '', ...rest] = [
      ...place.prefix,
      binaries.kubectl,
      '--kubeconfig',
      kubeconfig(user),
      ...args,
    ]
    return spawnSync(program, rest, {
      input,
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
      env: { HOME: directory, PATH: '/usr/bin:/bin' },
    })
  }
  const kubectl: ControlPlane['kubectl'] = (args, input, user) => {
    const { status, stdout, stderr } = run(args, input, user)
    if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  const said: ControlPlane['said'] = (args, input, user) => {
    const { stdout, stderr } = run(args, input, user)
    return stdout + stderr
  }
  try {
    await isReady(join(directory, 'certificates/apiserver.crt'), () => {
      for (const user of users)
        writeFileSync(kubeconfig(user), printKubeconfig(server, directory, user, tokens[user]), {
          mode: 0o600,
        })
      return kubectl(['get', '--raw', '/readyz']) === 'ok'
    })
  } catch (error) {
    const logs = ['kube-apiserver', 'etcd'].map(name =>
      readFileSync(join(directory, `${name}.log`), 'utf8').slice(-2000),
    )
    await stop()
    throw new Error(`the API server did not start: ${String(error)}\n${logs.join('\n')}`)
  }
  const stopServers = async (signal?: NodeJS.Signals) => {
    await endServers(signal)
    return async () => {
      servers = startServers()
      await isReady(
        join(directory, 'certificates/apiserver.crt'),
        () => kubectl(['get', '--raw', '/readyz']) === 'ok',
      )
    }
  }
  return { stopServers, server, directory, start, kubeconfig, kubectl, said, [Symbol.asyncDispose]: stop }
}

/** Starts the scheduler, and the controllers that make pods of Deployments, or others; returns how they are stopped. */
export function startControllers(
  { start, kubeconfig }: ControlPlane,
  flags: readonly string[] = ['--controllers=deployment-controller,replicaset-controller'],
): AsyncDisposable {
  const { scheduler, controllerManager } = findControllers()
  const common = ['--leader-elect=false', '--secure-port=0']
  const started = [
    start('scheduler', scheduler, [...common, `--kubeconfig=${kubeconfig('scheduler')}`]),
    start('controllers', controllerManager, [
      ...common,
      `--kubeconfig=${kubeconfig('controllers')}`,
      ...flags,
    ]),
  ]
  return {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(started.map(child => endProcess(child)))
    },
  }
}

/** They look for one. */
const HOME = { HOME: tmpdir() }

function etcdFlags(directory: string, url: string, peerPort: number): readonly string[] {
  return [
    `--data-dir=${join(directory, 'etcd')}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    '--unsafe-no-fsync',
  ]
}

/** Records what is refused or warned of, as an operator would; requests without networks are left out. */
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    {
      level: 'Metadata',
      verbs: ['create', 'update', 'patch', 'delete'],
      resources: [{ group: 'k8s.cni.cncf.io' }],
    },
    { level: 'None' },
  ],
}

function prepareApiServer(
  directory: string,
  tokens: Readonly<Record<User, string>>,
  serviceAccountKey: KeyObject,
): void {
  writeFileSync(
    join(directory, 'service-account.key'),
    serviceAccountKey.export({ type: 'pkcs8', format: 'pem' }),
    { mode: 0o600 },
  )
  writeFileSync(join(directory, 'audit-policy.json'), JSON.stringify(AUDIT_POLICY))
  const lines = Object.entries(USERS).map(
    ([user, { name, group }]) => `${tokens[user as User]},${name},${user},"${group}"\n`,
  )
  writeFileSync(join(directory, 'tokens.csv'), lines.join(''), { mode: 0o600 })
  mkdirSync(join(directory, 'certificates'))
}

function apiServerFlags(directory: string, etcd: string, host: string, port: number): readonly string[] {
  const key = join(directory, 'service-account.key')
  return [
    `--etcd-servers=${etcd}`,
    `--bind-address=${host}`,
    `--secure-port=${port}`,
    `--cert-dir=${join(directory, 'certificates')}`,
    `--token-auth-file=${join(directory, 'tokens.csv')}`,
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--audit-policy-file=${join(directory, 'audit-policy.json')}`,
    `--audit-log-path=${join(directory, 'audit.log')}`,
    // The pod of seed 000 is privileged.
    '--allow-privileged=true',
  ]
}

/** Asks until the answer is yes; what is asked may fail as long as nobody listens yet. */
async function isReady(certificate: string, ask: () => boolean): Promise<void> {
  const until = Date.now() + START_MS
  for (;;) {
    try {
      readFileSync(certificate)
      if (ask()) return
    } catch (error) {
      if (Date.now() > until) throw error
    }
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}

function printKubeconfig(server: string, directory: string, user: User, token: string): string {
  const authority = join(directory, 'certificates/apiserver.crt')
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': authority } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: user, context: { cluster: 'test', user } }],
    'current-context': user,
  })
}

/** The same control plane, by a way to its API server that begins at another port of loopback. */
export function byPort(plane: ControlPlane, port: number): ControlPlane {
  return {
    ...plane,
    kubeconfig: user => {
      const file = join(plane.directory, `${user}-${port}.kubeconfig`)
      const text = readFileSync(plane.kubeconfig(user), 'utf8')
      writeFileSync(file, text.replace(plane.server, `https://127.0.0.1:${port}`), { mode: 0o600 })
      return file
    },
  }
}

/** A free port of loopback. */
export async function freeAddress(): Promise<Address> {
  return { host: '127.0.0.1', port: await freePort() }
}

/**
 * Below the ports that Linux gives connections that go out (ip_local_port_range, 32768 and more): one of those is often
 * taken between being found free and being listened on.
 */
const [FIRST_PORT, PORTS] = [20_000, 12_000]

async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
    const server = createServer()
    const isFree = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    await new Promise(resolve => server.close(resolve))
    if (isFree) return port
  }
}
