import { readJson } from '../json/reader.ts'
import { isObject } from '../json/value.ts'
import { isRecord, type Manifest } from '../kube/manifest.ts'
import { answer, type Check, type Question } from './check.ts'
import { type Distribution, K3S_BIN_DIR, K3S_OLD_BIN_DIR } from './distribution.ts'
import { CONFIGURATION, MODE } from './questions.ts'

const AUTOCONFIG: Question = {
  id: 'multus-autoconfig-dir',
  title: "Multus finds the cluster's default network",
  why: 'It reads the first configuration there to make its own; without it pods get no eth0.',
}

const BINARIES: Question = {
  id: 'cni-bin-dir',
  title: 'Multus is installed where the container runtime looks',
  why: 'containerd runs multus or multus-shim from its own directory of plugins; installed anywhere else, no pod starts.',
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
  const mounts = everyContainer.flatMap(container => mountsOf(container, list(pod.volumes)))
  const settings = { ...argumentsOf(containers), ...daemonConfiguration(manifests) }
  const isThick = everyContainer.some(container =>
    /thick|multus-daemon/.test(JSON.stringify([container.image, container.command])),
  )
  const name = daemonSet.metadata.name ?? ''
  return [
    answer(MODE, 'ok', `DaemonSet "${name}": ${isThick ? 'thick' : 'thin'}`),
    checkConfiguration(settings.cniConfigDir, mounts, layout),
    checkAutoconfig(settings, mounts, layout),
    checkBinaries(mounts, layout),
  ]
}

/** What Multus has where nothing says otherwise (multus-cni cmd/thin_entrypoint, deployments/multus-daemonset-thick.yml). */
const DEFAULT_CONF_DIR = '/host/etc/cni/net.d'

interface Settings {
  readonly cniConfigDir?: string | undefined
  readonly multusAutoconfigDir?: string | undefined
}

function checkConfiguration(
  given: string | undefined,
  mounts: readonly Mount[],
  { name, confDir }: Distribution,
): Check {
  const path = given ?? DEFAULT_CONF_DIR
  const host = hostPathOf(path, mounts)
  if (host === confDir) return answer(CONFIGURATION, 'ok', `"${path}" is ${confDir} of the host`)
  const found =
    host === undefined
      ? `"${path}" is on no volume of the host`
      : `"${path}" is "${host}" of the host, but ${name} reads ${confDir}`
  return answer(CONFIGURATION, 'error', found, `mount hostPath ${confDir} at ${path}`)
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

function checkBinaries(mounts: readonly Mount[], { name, binDir }: Distribution): Check {
  const paths = [...new Set(mounts.map(({ hostPath }) => hostPath))]
  if (paths.includes(binDir)) return answer(BINARIES, 'ok', `"${binDir}" of the host is mounted`)
  if (binDir === K3S_BIN_DIR && paths.includes(K3S_OLD_BIN_DIR)) {
    const found = `"${K3S_OLD_BIN_DIR}" of the host is mounted: K3s has read "${K3S_BIN_DIR}" since October 2024`
    return answer(
      BINARIES,
      'warning',
      found,
      `sed -i 's|${K3S_OLD_BIN_DIR}|${K3S_BIN_DIR}|g' on the manifest, unless K3s is older than v1.28.15, v1.29.10, v1.30.6 or v1.31.2`,
    )
  }
  const others = paths.filter(path => /(?:bin|cni)$/.test(path))
  const found =
    others.length === 0
      ? 'no directory of plugins is mounted'
      : `"${others.join('", "')}" of the host is mounted, but ${name} runs plugins from ${binDir}`
  return answer(BINARIES, 'error', found, `let the volume of the plugins be hostPath ${binDir}`)
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
  const words = containers
    .flatMap(({ command, args }) => [command, args].flat())
    .filter(word => typeof word === 'string')
  const value = (flag: string): string | undefined =>
    words.find(word => word.startsWith(`--${flag}=`))?.slice(flag.length + 3)
  return { cniConfigDir: value('cni-conf-dir'), multusAutoconfigDir: value('multus-autoconfig-dir') }
}

/** What the daemon of a thick Multus reads from its ConfigMap. */
function daemonConfiguration(manifests: readonly Manifest[]): Settings {
  for (const { kind, data } of manifests) {
    const text = kind === 'ConfigMap' ? record(data)['daemon-config.json'] : undefined
    const reading = typeof text === 'string' ? readJson(text) : undefined
    if (!reading?.ok || !isObject(reading.value)) continue
    const { cniConfigDir, multusAutoconfigDir } = reading.value
    return {
      ...(typeof cniConfigDir === 'string' && { cniConfigDir }),
      ...(typeof multusAutoconfigDir === 'string' && { multusAutoconfigDir }),
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
