import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { imageObstacle } from './images.ts'

/** Why no node can run here, if so: by root, with a container runtime, where cgroups may be made. */
export const nodeObstacle = imageObstacle ?? findObstacle()

function findObstacle(): string | undefined {
  const programs = ['containerd', 'runc', 'iptables', 'ip', 'unshare', 'nsenter']
  const missing = programs.find(program => spawnSync(program, ['--version']).error !== undefined)
  if (missing !== undefined) return `${missing} is missing`
  try {
    for (const directory of cgroupRoots()) accessSync(directory, constants.W_OK)
  } catch (error) {
    return `cgroups cannot be made: ${String(error)}`
  }
  return undefined
}

/** Where cgroups are made: one tree, or one for each of the controllers that a kubelet asks for. */
function cgroupRoots(): readonly string[] {
  const root = '/sys/fs/cgroup'
  if (existsSync(join(root, 'cgroup.controllers'))) return [root]
  const controllers = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'systemd']
  // Beside the old trees there may be the one, without controllers, in which runc makes them too.
  const trees = existsSync(join(root, 'unified')) ? [...controllers, 'unified'] : controllers
  return trees.map(name => join(root, name))
}

/** The address of a machine, in a network that nothing else is in. */
export const MACHINE_ADDRESS = '192.168.50.10'

/** What a kubelet wants of the kernel, which is everybody's here: it is shown files that say so, and changes nothing. */
const KERNEL = {
  'vm/overcommit_memory': 1,
  'vm/panic_on_oom': 0,
  'kernel/panic': 10,
  'kernel/panic_on_oops': 1,
  'kernel/keys/root_maxkeys': 1_000_000,
  'kernel/keys/root_maxbytes': 25_000_000,
}

/** $0 is the directory of the machine. What it has of its own, and what it changes of /etc, is in memory, but for images. */
const SET_UP = `
mount --make-rprivate /
mount --make-rshared /
for path in /run /opt /var/lib /var/log; do
  mount -t tmpfs tmpfs $path
  mount --make-rshared $path
done
mkdir "$0/etc"
mount -t tmpfs tmpfs "$0/etc"
mkdir "$0/etc/upper" "$0/etc/work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$0/etc/upper,workdir=$0/etc/work" /etc
mkdir -p /run/netns /var/lib/containerd "$0/containerd"
mount --bind "$0/containerd" /var/lib/containerd
${Object.entries(KERNEL)
  .map(
    ([name, value], index) =>
      `echo ${value} > "$0/kernel-${index}"; mount --bind "$0/kernel-${index}" /proc/sys/${name}`,
  )
  .join('\n')}
echo 1 > /proc/sys/net/ipv4/ip_forward
ip link set lo up
for name in eth0 eth0.100 eth0.200; do
  ip link add $name type veth peer name to-$name
  ip link set to-$name up
  ip link set $name up
done
ip address add ${MACHINE_ADDRESS}/24 dev eth0
ip route add default via 192.168.50.1
echo ready
exec sleep infinity
`

const END_NODE = `
for process in /proc/[0-9]*; do
  case $(cat $process/comm) in containerd*|kubelet) kill -9 \${process#/proc/} ;; esac
done
`

const FORGET = `
umount -l /run
mount -t tmpfs tmpfs /run
mount --make-rshared /run
mkdir /run/netns
ip link delete cni0
`

/**
 * A machine of its own on this one: network, processes, and the directories that a node writes to. Whatever runs in it ends
 * with it. Its interfaces eth0.100 and eth0.200 stand in for VLANs, which not every kernel has.
 */
export class Machine implements AsyncDisposable {
  readonly directory: string
  readonly cgroup: string
  readonly #init: ChildProcess
  readonly #pid: string

  private constructor(directory: string, init: ChildProcess) {
    this.directory = directory
    this.cgroup = `socni-${process.pid}`
    this.#init = init
    this.#pid = readFileSync(`/proc/${init.pid}/task/${init.pid}/children`, 'utf8').trim()
    for (const root of cgroupRoots()) mkdirSync(join(root, this.cgroup))
  }

  static async start(): Promise<Machine> {
    const directory = mkdtempSync(join(tmpdir(), 'socni-machine-'))
    const flags = ['--net', '--mount', '--pid', '--uts', '--fork', '--kill-child', '--mount-proc']
    const init = spawn('unshare', [...flags, 'sh', '-ec', SET_UP, directory], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const said = text(init.stderr)
    const first = await Promise.race([once(init.stdout, 'data'), once(init, 'exit')])
    if (String(first[0]) !== 'ready\n') throw new Error(`the machine was not set up: ${await said}`)
    return new Machine(directory, init)
  }

  /** What stands before a command that runs in the machine. */
  get prefix(): readonly [string, ...string[]] {
    return ['/usr/bin/nsenter', '-t', this.#pid, '--net', '--mount', '--pid', '--uts', '--']
  }

  /** Runs a command in the machine; returns what it printed, or throws with what it said. */
  run(...command: readonly string[]): string {
    const [program, ...args] = [...this.prefix, ...command]
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }

  /** Pulls the plug of the node: its kubelet, its containers, and what a machine has forgotten when it starts again. */
  crash(): void {
    this.run('sh', '-c', END_NODE)
    this.#endContainers()
    this.run('sh', '-ec', FORGET)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // With the first process of the machine all others end, and are gone when its parent has seen it.
    const ended = once(this.#init, 'exit')
    process.kill(Number(this.#pid), 'SIGKILL')
    await ended
    for (const root of cgroupRoots())
      find(join(root, this.cgroup), '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';')
    rmSync(this.directory, { recursive: true, force: true })
  }

  /** Those that the kubelet of the machine has started are in its cgroup. */
  #endContainers(): void {
    for (const root of cgroupRoots()) {
      const found = find(join(root, this.cgroup), '-name', 'cgroup.procs', '-exec', 'cat', '{}', '+')
      for (const pid of found
        .split('\n')
        .map(Number)
        .filter(id => id > 1)) {
        try {
          process.kill(pid, 'SIGKILL')
        } catch {
          // It has ended by itself.
        }
      }
    }
  }
}

/** What is found while it goes away is no error. */
function find(...args: readonly string[]): string {
  return spawnSync('find', args, { encoding: 'utf8' }).stdout
}
