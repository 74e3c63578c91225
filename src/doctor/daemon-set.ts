import { readJson } from '../json/reader.ts'
import { isObject } from '../json/value.ts'
import { isRecord, type Manifest } from '../kube/manifest.ts'
import { answer, type Check, type Question } from './check.ts'
import { type Distribution, K3S_BIN_DIR, K3S_OLD_BIN_DIR } from './distribution.ts'
import { AUTOCONFIG, CNI_CONFIG_DIR, KUBECONFIG, MODE } from './questions.ts'

const BINARIES: Question = {
  id: 'cni-bin-dir',
  title: 'Multus is installed where the container runtime looks',
  why: 'containerd runs multus or multus-shim from its own directory of plugins; installed anywhere else, no pod starts.',
}

const PLUGINS: Question = {
  id: 'multus-bin-dir',
  title: 'A thick Multus finds the plugins',
  why: 'Its daemon does not hear from the container runtime where they are; without flannel no pod starts.',
}

const RESOURCES: Question = {
  id: 'multus-resources',
  title: 'A thick Multus may take what plugins need',
  why: 'They run inside of its container, the guard too: with a tenth of a processor they pile up until the memory is gone, and no pod of the node starts.',
}

interface Mount {
  readonly at: string
  readonly hostPath: string
}

/** Judges a DaemonSet of Multus with the ConfigMap of its daemon, by what its mounts make of each path. */
export function checkDaemonSet(
  daemonSet: Manifest,
  manifests: readonly Manifest[],
  layout: Distribution,
): Check[] {
  const pod = record(record(record(daemonSet.spec).template).spec)
  const containers = list(pod.containers)
  const everyContainer = [...list(pod.initContainers), ...containers]
  const mountsIn = (container: Record<string, unknown>) => mountsOf(container, list(pod.volumes))
  const mounts = everyContainer.flatMap(mountsIn)
  const settings = { ...argumentsOf(containers), ...daemonConfiguration(manifests) }
  const isThick = everyContainer.some(container =>
    /thick|multus-daemon/.test(JSON.stringify([container.image, container.command])),
  )
  const name = daemonSet.metadata.name ?? ''
  return [
    answer(MODE, 'ok', `DaemonSet "${name}": ${isThick ? 'thick' : 'thin'}`),
    checkConfiguration(settings.cniConfigDir, mounts, layout),
    checkAutoconfig(settings, mounts, layout),
    checkBinaries(
      everyContainer.map(container => ({ words: wordsOf(container), mounts: mountsIn(container) })),
      layout,
    ),
    ...(isThick
      ? [checkPlugins(settings, containers.flatMap(mountsIn), layout), checkResources(containers)]
      : checkKubeconfig(containers.flatMap(wordsOf), layout)),
  ]
}

/** What Multus has where nothing says otherwise (multus-cni cmd/thin_entrypoint, deployments/multus-daemonset-thick.yml). */
const DEFAULT_CONF_DIR = '/host/etc/cni/net.d'

interface Settings {
  readonly cniConfigDir?: string | undefined
  readonly multusAutoconfigDir?: string | undefined
  readonly binDir?: string | undefined
  readonly chrootDir?: string | undefined
}

function checkConfiguration(
  given: string | undefined,
  mounts: readonly Mount[],
  { name, confDir }: Distribution,
): Check {
  const path = given ?? DEFAULT_CONF_DIR
  const host = hostPathOf(path, mounts)
  if (host === confDir) return answer(CNI_CONFIG_DIR, 'ok', `"${path}" is ${confDir} of the host`)
  const found =
    host === undefined
      ? `"${path}" is on no volume of the host`
      : `"${path}" is "${host}" of the host, but ${name} reads ${confDir}`
  return answer(CNI_CONFIG_DIR, 'error', found, `mount hostPath ${confDir} at ${path}`)
}

function checkAutoconfig(
  { cniConfigDir, multusAutoconfigDir }: Settings,
  mounts: readonly Mount[],
  { confDir }: Distribution,
): Check {
  const path = multusAutoconfigDir ?? cniConfigDir ?? DEFAULT_CONF_DIR
  const host = hostPathOf(path, mounts)
  if (host === confDir) return answer(AUTOCONFIG, 'ok', `"${path}" is ${confDir} of the host`)
  return answer(
    AUTOCONFIG,
    'error',
    `"${path}" is "${host ?? 'nothing'}" of the host`,
    `let it be the directory of the CNI configurations, ${confDir}`,
  )
}

/** Where Multus's own images copy their program to (multus-cni cmd/install_multus, cmd/thin_entrypoint). */
const DEFAULT_BIN_DIR = '/host/opt/cni/bin'

interface Container {
  readonly words: readonly string[]
  readonly mounts: readonly Mount[]
}

function checkBinaries(containers: readonly Container[], { name, binDir }: Distribution): Check {
  const installer = containers.find(({ words }) => words.some(word => COPIES.test(word))) ?? containers[0]
  const path = installer ? destinationOf(installer.words) : DEFAULT_BIN_DIR
  const host = hostPathOf(path, installer?.mounts ?? [])
  if (host === binDir) return answer(BINARIES, 'ok', `"${path}" is ${binDir} of the host`)
  if (host === undefined)
    return answer(
      BINARIES,
      'error',
      `it is copied to "${path}", which is on no volume of the host`,
      `mount hostPath ${binDir} at ${path}`,
    )
  if (binDir === K3S_BIN_DIR && host === K3S_OLD_BIN_DIR)
    return answer(
      BINARIES,
      'warning',
      `"${path}" is "${host}" of the host: K3s has read "${K3S_BIN_DIR}" since October 2024`,
      `let the volume be hostPath ${K3S_BIN_DIR}, unless K3s is older than v1.28.15, v1.29.10, v1.30.6 or v1.31.2`,
    )
  return answer(
    BINARIES,
    'error',
    `"${path}" is "${host}" of the host, but ${name} runs plugins from ${binDir}`,
    `let the volume of the plugins be hostPath ${binDir}`,
  )
}

/** What puts Multus on the node: an installer, or cp; in older images the entry point does. */
const COPIES = /(?:^|\/)(?:install_multus|thin_entrypoint|entrypoint\.sh)$|\bcp\b/

/** Where it copies to, as the container has it. */
function destinationOf(words: readonly string[]): string {
  const said = flagOf(words, '--dest-dir') ?? flagOf(words, '-d') ?? flagOf(words, '--cni-bin-dir')
  if (said !== undefined) return said
  if (!words.some(word => /\bcp\b/.test(word))) return DEFAULT_BIN_DIR
  // A directory, or a file in it; with a shell all of it is one word.
  const target =
    words
      .join(' ')
      .trim()
      .split(/[\s;&|]+/)
      .findLast(word => word.startsWith('/host')) ?? DEFAULT_BIN_DIR
  return target.replace(/\/multus[^/]*$/, '')
}

function checkKubeconfig(words: readonly string[], { confDir }: Distribution): Check[] {
  // A configuration that was written by hand names its own.
  if ((flagOf(words, '--multus-conf-file') ?? 'auto') !== 'auto') return []
  const path = flagOf(words, '--multus-kubeconfig-file-host') ?? '/etc/cni/net.d/multus.d/multus.kubeconfig'
  const expected = `${confDir}/multus.d/multus.kubeconfig`
  if (path === expected) return [answer(KUBECONFIG, 'ok', `"${path}"`)]
  return [
    answer(
      KUBECONFIG,
      'error',
      `it is told that its kubeconfig is "${path}" of the host, and writes it to "${expected}"`,
      `add the argument --multus-kubeconfig-file-host=${expected}`,
    ),
  ]
}

/** Where the daemon looks (multus-cni pkg/types/conf.go defaultBinDir), in its chroot or in its container. */
function checkPlugins(
  { binDir = '/opt/cni/bin', chrootDir = '' }: Settings,
  mounts: readonly Mount[],
  { name, binDir: expected }: Distribution,
): Check {
  const host = hostPathOf(`${chrootDir}${binDir}`, mounts)
  if (host === expected) return answer(PLUGINS, 'ok', `"${binDir}" is ${expected} of the host`)
  return answer(
    PLUGINS,
    'error',
    `it looks in "${binDir}", which is ${host === undefined ? 'on no volume' : `"${host}"`} of the host, but ${name} has them in ${expected}`,
    `write "binDir": "${expected}" into daemon-config.json`,
  )
}

function checkResources(containers: readonly Record<string, unknown>[]): Check {
  const limits = containers.map(({ resources }) => record(record(resources).limits))
  const cpu = limits.find(limit => limit.cpu !== undefined)?.cpu
  if (cpu === undefined) return answer(RESOURCES, 'ok', 'no limit of its CPU')
  return answer(
    RESOURCES,
    'warning',
    `its CPU is limited to ${JSON.stringify(cpu)}`,
    'remove limits.cpu of the container kube-multus; what it requests may stay',
  )
}

/** The directory of the host that a container's path is; the longest mount point counts. */
function hostPathOf(path: string, mounts: readonly Mount[]): string | undefined {
  const clean = path.replace(/\/+$/, '')
  const mount = mounts
    .filter(({ at }) => clean === at || clean.startsWith(`${at}/`))
    .sort((a, b) => b.at.length - a.at.length)[0]
  return mount && `${mount.hostPath === '/' ? '' : mount.hostPath}${clean.slice(mount.at.length)}`
}

function mountsOf(container: Record<string, unknown>, volumes: readonly Record<string, unknown>[]): Mount[] {
  return list(container.volumeMounts).flatMap(({ name, mountPath }) => {
    const hostPath = record(volumes.find(volume => volume.name === name)?.hostPath).path
    if (typeof mountPath !== 'string' || typeof hostPath !== 'string') return []
    return [
      { at: mountPath.replace(/\/+$/, ''), hostPath: hostPath === '/' ? '/' : hostPath.replace(/\/+$/, '') },
    ]
  })
}

/** What the thin entrypoint is told: --cni-conf-dir=… and --multus-autoconfig-dir=…. */
function argumentsOf(containers: readonly Record<string, unknown>[]): Settings {
  const words = containers.flatMap(wordsOf)
  return {
    cniConfigDir: flagOf(words, '--cni-conf-dir'),
    multusAutoconfigDir: flagOf(words, '--multus-autoconfig-dir'),
  }
}

/** The command of a container and its arguments. */
function wordsOf({ command, args }: Record<string, unknown>): string[] {
  return [command, args].flat().filter(word => typeof word === 'string')
}

/** What stands behind a flag: after "=", or as the next word. */
function flagOf(words: readonly string[], flag: string): string | undefined {
  const joined = words.find(word => word.startsWith(`${flag}=`))
  if (joined !== undefined) return joined.slice(flag.length + 1)
  const at = words.indexOf(flag)
  return at < 0 ? undefined : words[at + 1]
}

/** What the daemon of a thick Multus reads from its ConfigMap. */
function daemonConfiguration(manifests: readonly Manifest[]): Settings {
  for (const { kind, data } of manifests) {
    const text = kind === 'ConfigMap' ? record(data)['daemon-config.json'] : undefined
    const reading = typeof text === 'string' ? readJson(text) : undefined
    if (!reading?.ok || !isObject(reading.value)) continue
    const { cniConfigDir, multusAutoconfigDir, binDir, chrootDir } = reading.value
    return {
      ...(typeof cniConfigDir === 'string' && { cniConfigDir }),
      ...(typeof multusAutoconfigDir === 'string' && { multusAutoconfigDir }),
      ...(typeof binDir === 'string' && { binDir }),
      ...(typeof chrootDir === 'string' && { chrootDir }),
    }
  }
  return {}
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}

function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}
