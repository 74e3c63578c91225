import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CallResult, Node } from '../plugin/node.ts'
import { findMultus } from './binaries.ts'
import type { ControlPlane, User } from './control-plane.ts'
import { until } from './installation.ts'
import { endProcess, startProgram } from './processes.ts'

/** Thin: the runtime calls Multus itself. Thick: it calls a shim, which asks Multus's daemon. */
export type MultusMode = 'thin' | 'thick'

/** A network that is put into a running pod. */
export interface Attachment {
  readonly interface: string
  readonly config: object
  readonly cniArgs?: object
}

/** What Flannel would have bridge do. */
const CLUSTER_NETWORK = {
  type: 'bridge',
  bridge: 'cni0',
  isDefaultGateway: true,
  ipam: { type: 'host-local', subnet: '10.42.0.0/24' },
}

/** The daemon writes it beside the cluster's own configuration, and before it in order. */
const generatedConfig = ({ confDir }: Node): string => join(confDir, '00-multus.conf')

/** Where a thin Multus looks for networks whose NADs are empty. */
export const filesOf = ({ directory }: Node): string => join(directory, 'multus.d')

const SERVICE_ACCOUNT = '/run/secrets/kubernetes.io/serviceaccount'

/** Stands in for a kubelet and its runtime: a node with namespaces of its own, where real Multus attaches pods. */
export class Kubelet implements AsyncDisposable {
  readonly node: Node
  /** Where the runtime looks, and a thin Multus after its own default; undefined: both are told of the node's directory. */
  runtimePath: string | undefined
  readonly #mode: MultusMode
  readonly #proxy: ChildProcess
  readonly #plane: ControlPlane
  readonly #kubeconfig: string
  /** UIDs of the pods that have a sandbox here, by name. */
  readonly #sandboxes = new Map<string, string>()

  constructor(node: Node, mode: MultusMode, proxy: ChildProcess, plane: ControlPlane, user: User) {
    this.node = node
    this.#mode = mode
    this.#proxy = proxy
    this.#plane = plane
    this.#kubeconfig = plane.kubeconfig(user)
  }

  /** The node's namespace has a loopback of its own: the API server is reached through a socket in the file system. */
  static async start(
    plane: ControlPlane,
    node: Node,
    user: User,
    mode: MultusMode = 'thin',
  ): Promise<Kubelet> {
    const port = Number(new URL(plane.server).port)
    const socket = join(node.directory, 'api.sock')
    const forwarder = join(import.meta.dirname, 'forwarder.ts')
    const { child: proxy } = await startProgram('forwarder.ts', socket, String(port))
    const { stdout } = node.start(process.execPath, forwarder, String(port), socket)
    if (stdout !== null) await once(stdout, 'data')
    const program = mode === 'thin' ? 'multus' : 'multus-shim'
    copyFileSync(findMultus(program), join(node.binDir, program))
    if (mode === 'thick') await startDaemon(plane, node, user, port)
    return new Kubelet(node, mode, proxy, plane, user)
  }

  /**
   * One look at the pods that the scheduler has bound to a node: new ones are attached; those that are to go are
   * detached, and then let go. Returns what was called.
   */
  look(nodeName: string, namespace = 'finance'): { pod: string; command: string; result: CallResult }[] {
    const { items } = JSON.parse(
      this.#plane.kubectl([
        ...['-n', namespace, 'get', 'pods', '-o', 'json'],
        `--field-selector=spec.nodeName=${nodeName}`,
      ]),
    )
    const called = []
    for (const { metadata } of items as {
      metadata: Record<'name' | 'uid' | 'deletionTimestamp', string>
    }[]) {
      const { name, uid, deletionTimestamp } = metadata
      const known = this.#sandboxes.get(name)
      if (deletionTimestamp !== undefined) {
        if (known !== undefined)
          called.push({ pod: name, command: 'DEL', result: this.call('DEL', name, uid, namespace) })
        this.#sandboxes.delete(name)
        this.#plane.kubectl(['-n', namespace, 'delete', 'pod', name, '--grace-period=0', '--force'])
      } else if (known === undefined) {
        this.#sandboxes.set(name, uid)
        called.push({ pod: name, command: 'ADD', result: this.attach(name, uid, namespace) })
      }
    }
    return called
  }

  /** Makes the pod's network namespace and has Multus attach it to the cluster's network and its own. */
  attach(pod: string, uid: string, namespace = 'finance'): CallResult {
    this.node.addPod(pod)
    return this.call('ADD', pod, uid, namespace)
  }

  call(command: string, pod: string, uid: string, namespace = 'finance'): CallResult {
    const thin = {
      cniVersion: '0.3.1',
      name: 'multus-cni-network',
      type: 'multus',
      kubeconfig: this.#kubeconfig,
      ...(this.runtimePath === undefined && { binDir: this.node.binDir }),
      cniDir: '/var/lib/cni/multus',
      confDir: filesOf(this.node),
      delegates: [{ cniVersion: '1.0.0', name: 'cbr0', ...CLUSTER_NETWORK }],
    }
    const config = this.#mode === 'thin' ? thin : readFileSync(generatedConfig(this.node), 'utf8')
    const plugin = this.#mode === 'thin' ? 'multus' : 'multus-shim'
    const environment = {
      CNI_NETNS: `/run/netns/${pod}`,
      CNI_IFNAME: 'eth0',
      CNI_CONTAINERID: `sandbox-${pod}`,
      CNI_PATH: this.runtimePath ?? this.node.binDir,
      // As containerd says it: Multus writes IgnoreUnknown=true before, and the delegate gets both.
      CNI_ARGS: `IgnoreUnknown=1;K8S_POD_NAMESPACE=${namespace};K8S_POD_NAME=${pod};K8S_POD_INFRA_CONTAINER_ID=sandbox-${pod};K8S_POD_UID=${uid}`,
    }
    return this.node.call({ plugin, command, config, environment })
  }

  /**
   * What the dynamic networks controller asks a thick Multus's daemon for, of a pod that runs (its pkg/controller/pod.go):
   * the whole of the network's configuration, and what the pod's selection says. Returns what the daemon answers.
   */
  plug(command: 'ADD' | 'DEL', pod: string, uid: string, attachment: Attachment): string {
    const request = {
      env: {
        CNI_COMMAND: command,
        CNI_CONTAINERID: `sandbox-${pod}`,
        CNI_NETNS: `/run/netns/${pod}`,
        CNI_IFNAME: attachment.interface,
        CNI_ARGS: `K8S_POD_NAMESPACE=finance;K8S_POD_NAME=${pod};K8S_POD_UID=${uid}`,
      },
      config: Buffer.from(JSON.stringify(attachment.config)).toString('base64'),
      interfaceAttributes: { 'cni-args': attachment.cniArgs },
    }
    const program = join(import.meta.dirname, 'ask-daemon.ts')
    return this.node.run(process.execPath, program, '/run/multus/multus.sock', JSON.stringify(request))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.#proxy)
    await this.node[Symbol.asyncDispose]()
  }
}

/** Where the daemon has the file system of the node. */
const HOST_ROOT = '/run/hostroot'

/** Multus's daemon on the node, with a service account's files as a pod has them. */
async function startDaemon(plane: ControlPlane, node: Node, user: User, port: number): Promise<void> {
  const { users } = JSON.parse(readFileSync(plane.kubeconfig(user), 'utf8'))
  const token = join(node.directory, 'token')
  writeFileSync(token, users[0].user.token, { mode: 0o600 })
  node.run(
    'sh',
    '-ec',
    `mkdir -p ${SERVICE_ACCOUNT} ${HOST_ROOT}
     mount --make-rshared /
     mount --rbind / ${HOST_ROOT}
     mount --make-rslave ${HOST_ROOT}
     cp ${token} ${SERVICE_ACCOUNT}/token
     cp ${join(plane.directory, 'certificates/apiserver.crt')} ${SERVICE_ACCOUNT}/ca.crt`,
  )
  const config = join(node.directory, 'daemon-config.json')
  const cluster = { cniVersion: '1.0.0', name: 'cbr0', plugins: [CLUSTER_NETWORK] }
  writeFileSync(join(node.confDir, '10-flannel.conflist'), JSON.stringify(cluster))
  const settings = {
    // As in its own manifest: plugins run in a chroot, with a working directory that is not in it.
    chrootDir: HOST_ROOT,
    socketDir: '/run/multus/',
    cniVersion: '0.3.1',
    logFile: join(node.directory, 'multus.log'),
    logLevel: 'verbose',
    logToStderr: false,
    multusConfigFile: 'auto',
    multusAutoconfigDir: node.confDir,
    cniConfigDir: node.confDir,
    daemonSocketDir: '/run/multus/',
    binDir: node.binDir,
    cniDir: '/var/lib/cni/multus',
  }
  writeFileSync(config, JSON.stringify(settings))
  const variables = ['KUBERNETES_SERVICE_HOST=127.0.0.1', `KUBERNETES_SERVICE_PORT=${port}`, 'HOME=/root']
  // The guard reads its settings from where the runtime's variables say, which are the daemon's here.
  variables.push(`SOCNI_CONF_DIR=${node.confDir}`)
  const log = join(node.directory, 'multus-daemon.log')
  const words = ['env', '-i', ...variables, findMultus('multus-daemon'), '-config', config]
  node.start('sh', '-c', `exec "$@" >${log} 2>&1`, 'multus-daemon', ...words)
  await until(() => existsSync(generatedConfig(node)))
}
