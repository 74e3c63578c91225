import { isConfigurationFile } from '../cni/spec.ts'
import { isObject, type JsonObject } from '../json/value.ts'
import { answer, type Check, type Question } from './check.ts'
import { type Distribution, K3S_BIN_DIR } from './distribution.ts'
import type { Tree } from './tree.ts'

const CONFIGURATION: Question = {
  id: 'multus-configuration',
  title: 'Multus is the first CNI configuration',
  why: 'The container runtime takes the first file of the directory for every pod; if that is not Multus, pods get one interface and their networks annotation is ignored.',
}

const MODE: Question = {
  id: 'multus-mode',
  title: 'Multus is complete',
  why: 'A thin Multus needs its binary and kubeconfig, a thick one its shim and the daemon behind it; without them no pod starts.',
}

const DIRECTORIES: Question = {
  id: 'multus-directories',
  title: "Multus looks where the distribution's files are",
  why: 'Multus finds neither plugins nor the default network elsewhere: failed to find plugin "flannel" in path.',
}

/** Runtimes read these in the order of their names. */
export function configurationsIn(tree: Tree, directory: string): string[] {
  return tree.list(directory).filter(isConfigurationFile)
}

/** Checks the configuration that Multus has for the container runtime. */
export function checkMultus(tree: Tree, { confDir, binDir }: Distribution): Check[] {
  const directory = tree.entry(confDir)
  if (directory.kind === 'unreadable')
    return [answer(CONFIGURATION, 'unknown', directory.reason, 'run socni-ctl doctor as root')]
  const names = configurationsIn(tree, confDir)
  const [first] = names
  const name = names.find(candidate => /multus/.test(candidate))
  if (name === undefined) {
    const found =
      names.length === 0 ? `"${confDir}" holds no configuration` : `"${confDir}" holds ${names.join(', ')}`
    return [
      answer(
        CONFIGURATION,
        'error',
        found,
        `install Multus so that it writes ${confDir}/00-multus.conf (docs/doctor.md)`,
      ),
    ]
  }
  const path = `${confDir}/${name}`
  const order =
    name === first
      ? answer(CONFIGURATION, 'ok', `"${path}"`)
      : answer(
          CONFIGURATION,
          'error',
          `"${first}" sorts before "${name}" in ${confDir}`,
          `mv ${confDir}/${first} ${confDir}/zz-${first}`,
        )
  const configuration = tree.readObject(path)
  if (typeof configuration === 'string') {
    const mend = 'restart the Multus pod of this node: it writes the file again'
    return [order, answer(MODE, 'error', `"${path}" ${configuration}`, mend)]
  }
  const plugin = pluginOf(configuration)
  return [order, checkMode(tree, path, plugin, binDir), checkDirectories(path, plugin, { confDir, binDir })]
}

/** A list's plugin, or the configuration itself. */
function pluginOf(configuration: JsonObject): JsonObject {
  const first = Array.isArray(configuration.plugins) ? configuration.plugins[0] : undefined
  return isObject(first) ? first : configuration
}

function checkMode(tree: Tree, path: string, plugin: JsonObject, binDir: string): Check {
  const { type, kubeconfig } = plugin
  if (type !== 'multus' && type !== 'multus-shim')
    return answer(
      MODE,
      'error',
      `"${path}" is of type ${JSON.stringify(type ?? null)}`,
      'restart the Multus pod of this node',
    )
  const mode = type === 'multus' ? 'thin' : 'thick'
  if (!isExecutable(tree, `${binDir}/${type}`)) {
    return answer(
      MODE,
      'error',
      `${mode} Multus, but "${binDir}/${type}" is missing`,
      `set Multus's host path for binaries to ${binDir}`,
    )
  }
  if (mode === 'thin' && typeof kubeconfig === 'string' && !tree.has(kubeconfig))
    return answer(
      MODE,
      'error',
      `thin Multus, but its kubeconfig "${kubeconfig}" is missing`,
      'restart the Multus pod of this node',
    )
  // The directory is in memory: on a disk that another machine has mounted it is empty.
  if (mode === 'thick' && tree.list('/run').length === 0)
    return answer(
      MODE,
      'unknown',
      'thick Multus; "/run" is empty, where its socket would be',
      'run socni-ctl doctor on the node itself',
    )
  if (mode === 'thick' && !tree.list('/run/multus').some(name => name.endsWith('.sock')))
    return answer(
      MODE,
      'warning',
      'thick Multus, but no socket of its daemon in "/run/multus"',
      'kubectl -n kube-system get pods -l app=multus: the daemon must run on this node',
    )
  return answer(MODE, 'ok', `${mode} Multus`)
}

/** The words of the daemon's configuration, and those of the chart. Mounts of the host stand before the path. */
const DIRECTORY_KEYS = {
  confDir: ['confDir', 'cniConfigDir', 'multusAutoconfigDir'],
  binDir: ['binDir', 'cniBinDir'],
} as const

function checkDirectories(
  path: string,
  plugin: JsonObject,
  wanted: Pick<Distribution, 'binDir' | 'confDir'>,
): Check {
  for (const [directory, keys] of Object.entries(DIRECTORY_KEYS)) {
    const right = wanted[directory as keyof typeof wanted]
    for (const key of keys) {
      const value = plugin[key]
      if (typeof value !== 'string' || stripHostMount(value) === right) continue
      // confDir is Multus's own directory for networks without a configuration of their own.
      if (key === 'confDir' && value === '/etc/cni/multus/net.d') continue
      return answer(DIRECTORIES, 'error', `"${key}": "${value}" in ${path}`, `set "${key}" to ${right}`)
    }
  }
  return answer(DIRECTORIES, 'ok', `${wanted.confDir} and ${wanted.binDir}`)
}

/** Multus's pod sees the host's files below /host or /hostroot. */
export function stripHostMount(path: string): string {
  return path.replace(/^\/host(?:root)?(?=\/)/, '').replace(/\/+$/, '')
}

export function isExecutable(tree: Tree, path: string): boolean {
  const entry = tree.entry(path)
  return entry.kind === 'file' && (entry.mode & 0o111) !== 0
}

/** For a message: what brings the plugins that the distribution does not ship. */
export function howToInstallPlugins(binDir: string): string {
  const unpack = `unpack the release of github.com/containernetworking/plugins into ${binDir}`
  return binDir === K3S_BIN_DIR ? `install the rke2-multus chart, which brings them, or ${unpack}` : unpack
}
