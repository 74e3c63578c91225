import type { ChildProcess } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findFlannel, findNodePrograms, findPlugins } from './binaries.ts'
import { type ControlPlane, type Place, startControllers, startControlPlane } from './control-plane.ts'
import { until } from './installation.ts'
import { MACHINE_ADDRESS, Machine } from './machine.ts'

/** Where K3s has plugins and configurations. */
export const K3S = {
  bin: '/var/lib/rancher/k3s/data/cni',
  conf: '/var/lib/rancher/k3s/agent/etc/cni/net.d',
} as const

const PODS = '10.42.0.0/16'
const SERVICES = '10.43.0.0/16'

/** What containerd and kubelet call on the node. */
const NODE_ENVIRONMENT = { HOME: '/root', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }

/**
 * A cluster of one node, as K3s makes one: a real kubelet with a real containerd, kube-proxy, and Flannel's plugin, in
 * K3s's directories; all of it on a machine of its own.
 */
export interface RealNode extends AsyncDisposable {
  readonly plane: ControlPlane
  readonly machine: Machine
  /** Takes an image from an archive, as `k3s ctr images import` does. */
  importImage(archive: string): void
  /** The machine loses its power, and starts again. */
  reboot(): Promise<void>
}

export async function startRealNode(pauseImage: string): Promise<RealNode> {
  const machine = await Machine.start()
  const plane = await startControlPlane(placeOf(machine)).catch(async error => {
    await machine[Symbol.asyncDispose]()
    throw error
  })
  const stop = async () => {
    await machine[Symbol.asyncDispose]()
    await plane[Symbol.asyncDispose]()
  }
  const ctr = (...args: readonly string[]) => machine.run('ctr', '--namespace', 'k8s.io', ...args)
  const startContainerd = async () => {
    plane.start(
      'containerd',
      '/usr/bin/containerd',
      ['-c', join(machine.directory, 'containerd.toml')],
      NODE_ENVIRONMENT,
    )
    await until(() => ctr('version') !== '')
  }
  try {
    startControllers(plane, [
      '--controllers=*',
      `--service-account-private-key-file=${join(plane.directory, 'service-account.key')}`,
      `--root-ca-file=${join(plane.directory, 'certificates/apiserver.crt')}`,
      ...['--allocate-node-cidrs', `--cluster-cidr=${PODS}`, `--service-cluster-ip-range=${SERVICES}`],
    ])
    installNetwork(machine)
    writeFileSync(join(machine.directory, 'containerd.toml'), containerdSettings(pauseImage))
    writeFileSync(join(machine.directory, 'kubelet.json'), JSON.stringify(kubeletSettings(machine)))
    await startContainerd()
    startKubelet(plane, machine)
    startProxy(plane)
    await until(() => isReady(plane))
  } catch (error) {
    await stop()
    throw error
  }
  return {
    plane,
    machine,
    importImage: archive => void ctr('images', 'import', archive),
    async reboot() {
      machine.crash()
      writeSubnet(machine)
      await startContainerd()
      startKubelet(plane, machine)
    },
    [Symbol.asyncDispose]: stop,
  }
}

function placeOf(machine: Machine): Place {
  return {
    prefix: machine.prefix,
    host: MACHINE_ADDRESS,
    flags: () => [
      `--service-cluster-ip-range=${SERVICES}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--kubelet-preferred-address-types=InternalIP',
    ],
  }
}

/** What K3s brings, and the plugin that its users install besides. */
function installNetwork(machine: Machine): void {
  const files = join(machine.directory, 'files')
  mkdirSync(files)
  for (const name of ['bridge', 'loopback', 'portmap', 'bandwidth'])
    copyFileSync(join('/usr/lib/cni', name), join(files, name))
  for (const name of ['host-local', 'macvlan']) copyFileSync(join(findPlugins(), name), join(files, name))
  copyFileSync(findFlannel(), join(files, 'flannel'))
  const network = {
    cniVersion: '0.4.0',
    name: 'cbr0',
    plugins: [
      { type: 'flannel', delegate: { hairpinMode: true, forceAddress: true, isDefaultGateway: true } },
      { type: 'portmap', capabilities: { portMappings: true } },
      { type: 'bandwidth', capabilities: { bandwidth: true } },
    ],
  }
  const list = join(machine.directory, '10-flannel.conflist')
  writeFileSync(list, JSON.stringify(network))
  machine.run('mkdir', '-p', K3S.bin, K3S.conf)
  machine.run('cp', '-R', `${files}/.`, K3S.bin)
  machine.run('cp', list, K3S.conf)
  writeSubnet(machine)
}

/** As Flannel's daemon leaves it, which a cluster of one node has no other use for. */
function writeSubnet(machine: Machine): void {
  const lines = [
    `FLANNEL_NETWORK=${PODS}`,
    'FLANNEL_SUBNET=10.42.0.1/24',
    'FLANNEL_MTU=1450',
    'FLANNEL_IPMASQ=true',
  ]
  const file = join(machine.directory, 'subnet.env')
  writeFileSync(file, `${lines.join('\n')}\n`)
  machine.run('mkdir', '-p', '/run/flannel')
  machine.run('cp', file, '/run/flannel/subnet.env')
}

function containerdSettings(pauseImage: string): string {
  return `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  disable_apparmor = true
  # Where the tests themselves may not be spared by the kernel, their containers cannot be.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${K3S.bin}"
    conf_dir = "${K3S.conf}"
`
}

function kubeletSettings({ cgroup }: Machine): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failSwapOn: false,
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    // The disk is everybody's.
    evictionHard: { 'nodefs.available': '1%', 'imagefs.available': '1%' },
    localStorageCapacityIsolation: false,
  }
}

function startKubelet(plane: ControlPlane, machine: Machine): ChildProcess {
  const flags = [
    `--config=${join(machine.directory, 'kubelet.json')}`,
    `--kubeconfig=${plane.kubeconfig('kubelet')}`,
    '--hostname-override=node-1',
    `--node-ip=${MACHINE_ADDRESS}`,
  ]
  return plane.start('kubelet', findNodePrograms().kubelet, flags, NODE_ENVIRONMENT)
}

function startProxy(plane: ControlPlane): ChildProcess {
  const flags = [
    `--kubeconfig=${plane.kubeconfig('proxy')}`,
    ...['--hostname-override=node-1', `--cluster-cidr=${PODS}`, '--conntrack-max-per-core=0'],
  ]
  return plane.start('kube-proxy', findNodePrograms().kubeProxy, flags, NODE_ENVIRONMENT)
}

function isReady(plane: ControlPlane): boolean {
  const path = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'
  return plane.kubectl(['get', 'node', 'node-1', '-o', path]) === 'True'
}
