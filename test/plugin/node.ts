import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readHeader } from '../../plugin/executable.ts'
import { buildLauncher } from '../../plugin/launcher.ts'
import { buildPlugin } from '../../scripts/build-plugin.ts'
import { generateSigningKey, printKeySet, publicKeyOf, type SigningKey } from '../../src/claims/keys.ts'

/** The reference plugins, as Debian has them (containernetworking-plugins). */
export const PLUGINS = process.env.CNI_PLUGINS_DIR ?? '/usr/lib/cni'

/** Plugins that the guard stands in for. */
const GUARDED = ['bridge', 'host-device', 'ipvlan', 'macvlan', 'vlan', 'loopback', 'ptp']

/** The guard, and what calls it, as an installation has them. */
function putGuard(bin: string): void {
  const guard = join(bin, 'socni.d/socni')
  mkdirSync(join(bin, 'socni.d'), { recursive: true })
  cpSync(buildPlugin('linux-x64-glibc'), guard)
  const launcher = buildLauncher(guard, readHeader(guard))
  if (launcher === undefined) throw new Error(`${guard} is no program`)
  writeFileSync(join(bin, 'socni'), launcher, { mode: 0o755 })
}

/** Lays out what an installation would: the guard, `names` of the reference plugins behind it, host-local, and its keys. */
export function layOut(bin: string, conf: string, key: SigningKey, names: readonly string[]): void {
  putGuard(bin)
  mkdirSync(join(conf, 'socni.d'), { recursive: true })
  for (const name of names) {
    symlinkSync('socni', join(bin, name))
    symlinkSync(join(PLUGINS, name), join(bin, 'socni.d', name))
  }
  symlinkSync(join(PLUGINS, 'host-local'), join(bin, 'host-local'))
  writeFileSync(join(conf, 'socni.d/guard.json'), '{}')
  writeFileSync(
    join(conf, 'socni.d/keys.json'),
    printKeySet(new Map([[key.kid, publicKeyOf(key, 'current')]])),
  )
}

/** Why real plugins cannot run here; undefined where they can. */
export const obstacle = findObstacle()

function findObstacle(): string | undefined {
  if (!existsSync(join(PLUGINS, 'macvlan')))
    return `there are no CNI plugins in ${PLUGINS}: apt-get install containernetworking-plugins`
  const { status } = spawnSync('unshare', [
    '--map-root-user',
    '--net',
    '--mount',
    'ip',
    'link',
    'add',
    'br-try',
    'type',
    'bridge',
  ])
  return status === 0 ? undefined : 'this user may make no network namespaces'
}

export interface CallResult {
  readonly exit: number
  readonly stdout: string
  readonly stderr: string
}

/** What a runtime calls a plugin with. */
export interface PluginCall {
  readonly plugin: string
  readonly command: string
  readonly config: object | string
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** What runs so ends with the test, also with one that is killed. */
const BOUND = ['setpriv', '--pdeathsig', 'KILL', '--']

/**
 * A /dev of its own, so that the node's syslog is not this machine's. Nobody else may write there: a shell's `> /dev/null`, which
 * may create files, is refused in a directory that is sticky and everybody's (open(2), O_CREAT) to who does not own the device.
 */
const OWN_DEV =
  'mkdir /run/dev && mount --rbind /dev /run/dev && mount -t tmpfs -o mode=755 none /dev && for device in null zero random urandom tty; do touch /dev/$device && mount --bind /run/dev/$device /dev/$device; done && ln -s /proc/self/fd /dev/fd && mkdir /dev/shm'

/**
 * An imitated node: a network namespace of its own with an interface eth0, one named as VLAN 100 on it, and the guard in
 * the place of real plugins; /run and /var/lib are its own as well. It ends with the process that holds it.
 */
export class Node implements AsyncDisposable {
  readonly directory: string
  readonly confDir: string
  readonly binDir: string
  readonly key: SigningKey
  readonly #holder: ChildProcess
  readonly #started: ChildProcess[] = []

  constructor(holder: ChildProcess, key: SigningKey) {
    this.#holder = holder
    this.key = key
    this.directory = mkdtempSync(join(tmpdir(), 'socni-node-'))
    this.confDir = join(this.directory, 'net.d')
    this.binDir = join(this.directory, 'bin')
  }

  static async start(key: SigningKey = generateSigningKey()): Promise<Node> {
    const script = `mount -t tmpfs none /run && mount -t tmpfs none /var/lib && ${OWN_DEV} && echo ready && exec ${BOUND.join(' ')} sleep 600`
    const holder = spawn('unshare', ['--map-root-user', '--net', '--mount', 'sh', '-c', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (holder.stdout !== null) await once(holder.stdout, 'data')
    const node = new Node(holder, key)
    node.#install()
    node.run(
      'sh',
      '-ec',
      `ip link set lo up
       ip link add eth0 type veth peer name far0; ip link set eth0 up; ip link set far0 up
       ip link add eth0.100 type veth peer name far100; ip link set eth0.100 up; ip link set far100 up`,
    )
    return node
  }

  #install(): void {
    const real = join(this.binDir, 'socni.d')
    putGuard(this.binDir)
    mkdirSync(join(this.confDir, 'socni.d'), { recursive: true })
    for (const name of readdirSync(PLUGINS))
      symlinkSync(join(PLUGINS, name), join(GUARDED.includes(name) ? real : this.binDir, name))
    for (const name of GUARDED) symlinkSync('socni', join(this.binDir, name))
    this.configure({})
    this.trust(printKeySet(new Map([[this.key.kid, publicKeyOf(this.key, 'current')]])))
  }

  /** Writes guard.json. */
  configure(settings: object): void {
    const all = { log: join(this.directory, 'guard.log'), ...settings }
    writeFileSync(join(this.confDir, 'socni.d/guard.json'), JSON.stringify(all))
  }

  trust(keys: string): void {
    writeFileSync(join(this.confDir, 'socni.d/keys.json'), keys)
  }

  revoke(text: string): void {
    writeFileSync(join(this.confDir, 'socni.d/revocations.json'), text)
  }

  /** Runs a program in the node's namespaces; throws when it fails. */
  run(program: string, ...args: string[]): string {
    return execFileSync('nsenter', [...this.#enter(), program, ...args], { encoding: 'utf8', stdio: 'pipe' })
  }

  /** Starts a program in the node's namespaces; it is ended with the node. */
  start(program: string, ...args: string[]): ChildProcess {
    const child = spawn('nsenter', [...this.#enter(), ...BOUND, program, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#started.push(child)
    return child
  }

  addPod(name: string): string {
    this.run('ip', 'netns', 'add', name)
    return `/run/netns/${name}`
  }

  /** Calls a plugin as a runtime does: nothing but the variables of the specification, and no PATH. */
  call({ plugin, command, config, environment = {} }: PluginCall): CallResult {
    const given = {
      CNI_COMMAND: command,
      CNI_CONTAINERID: 'c1',
      CNI_IFNAME: 'net1',
      CNI_PATH: this.binDir,
      SOCNI_CONF_DIR: this.confDir,
      ...environment,
    }
    const variables = Object.entries(given).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${value}`],
    )
    const program = join(this.binDir, plugin)
    const args = [...this.#enter(), 'env', '-i', ...variables, program]
    const input = typeof config === 'string' ? config : JSON.stringify(config)
    const { status, stdout, stderr } = spawnSync('nsenter', args, {
      input,
      encoding: 'utf8',
      timeout: 60_000,
    })
    return { exit: status ?? -1, stdout, stderr }
  }

  #enter(): string[] {
    return ['--target', String(this.#holder.pid), '--user', '--net', '--mount', '--preserve-credentials']
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [...this.#started, this.#holder]) {
      const ended = once(child, 'exit')
      if (child.kill('SIGKILL')) await ended
    }
    rmSync(this.directory, { recursive: true, force: true })
  }
}
