import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CallResult, Node } from '../plugin/node.ts'
import { findMultus } from './binaries.ts'
import type { ControlPlane, User } from './control-plane.ts'

/** Stands in for a kubelet and its runtime: a node with namespaces of its own, where real Multus attaches pods. */
export class Kubelet implements AsyncDisposable {
  readonly node: Node
  readonly #proxy: ChildProcess
  readonly #kubeconfig: string

  constructor(node: Node, proxy: ChildProcess, kubeconfig: string) {
    this.node = node
    this.#proxy = proxy
    this.#kubeconfig = kubeconfig
  }

  /** The node's namespace has a loopback of its own: the API server is reached through a socket in the file system. */
  static async start(plane: ControlPlane, node: Node, user: User): Promise<Kubelet> {
    const port = Number(new URL(plane.server).port)
    const socket = join(node.directory, 'api.sock')
    const forwarder = join(import.meta.dirname, 'forwarder.ts')
    const proxy = spawn(process.execPath, [forwarder, socket, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const inside = node.start(process.execPath, forwarder, String(port), socket)
    for (const { stdout } of [proxy, inside]) if (stdout !== null) await once(stdout, 'data')
    copyFileSync(findMultus(), join(node.binDir, 'multus'))
    return new Kubelet(node, proxy, plane.kubeconfig(user))
  }

  /** Makes the pod's network namespace and has Multus attach it to the cluster's network and its own. */
  attach(pod: string, uid: string, namespace = 'finance'): CallResult {
    this.node.addPod(pod)
    return this.call('ADD', pod, uid, namespace)
  }

  call(command: string, pod: string, uid: string, namespace = 'finance'): CallResult {
    const config = {
      cniVersion: '0.3.1',
      name: 'multus-cni-network',
      type: 'multus',
      kubeconfig: this.#kubeconfig,
      binDir: this.node.binDir,
      cniDir: '/var/lib/cni/multus',
      delegates: [
        {
          cniVersion: '1.0.0',
          name: 'cbr0',
          type: 'bridge',
          bridge: 'cni0',
          isDefaultGateway: true,
          ipam: { type: 'host-local', subnet: '10.42.0.0/24' },
        },
      ],
    }
    const environment = {
      CNI_NETNS: `/run/netns/${pod}`,
      CNI_IFNAME: 'eth0',
      CNI_CONTAINERID: `sandbox-${pod}`,
      CNI_ARGS: `IgnoreUnknown=true;K8S_POD_NAMESPACE=${namespace};K8S_POD_NAME=${pod};K8S_POD_INFRA_CONTAINER_ID=sandbox-${pod};K8S_POD_UID=${uid}`,
    }
    return this.node.call({ plugin: 'multus', command, config, environment })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#proxy.kill()
    await this.node[Symbol.asyncDispose]()
  }
}
