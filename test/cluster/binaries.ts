import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'

/** Where the programs of a control plane are. */
export interface Binaries {
  readonly etcd: string
  readonly apiServer: string
  readonly kubectl: string
  readonly scheduler: string
  readonly controllerManager: string
}

const MODULE = join(import.meta.dirname, 'binaries')
const VERSION = 'k8s.io/component-base/version'
const MULTUS = join(import.meta.dirname, 'multus')
const MULTUS_MODULE = 'gopkg.in/k8snetworkplumbingwg/multus-cni.v4'
const REFERENCE_PLUGINS = 'github.com/containernetworking/plugins/plugins'

/** What `go build` is told for each program; the API server tells its version to clients. */
const PROGRAMS = [
  { name: 'etcd', package: 'go.etcd.io/etcd/server/v3' },
  { name: 'kube-apiserver', package: 'k8s.io/kubernetes/cmd/kube-apiserver' },
  { name: 'kubectl', package: 'k8s.io/kubernetes/cmd/kubectl' },
]

/** What envtest has not, and only some tests need. */
const CONTROLLERS = [
  { name: 'kube-scheduler', package: 'k8s.io/kubernetes/cmd/kube-scheduler' },
  { name: 'kube-controller-manager', package: 'k8s.io/kubernetes/cmd/kube-controller-manager' },
]

/** What a node runs. */
const NODE = [
  { name: 'kubelet', package: 'k8s.io/kubernetes/cmd/kubelet' },
  { name: 'kube-proxy', package: 'k8s.io/kubernetes/cmd/kube-proxy' },
]

/**
 * The programs in KUBEBUILDER_ASSETS, as envtest has them; else those that the Go module in binaries/ pins, built once
 * into the user's cache (some minutes) and kept under the hash of what is pinned.
 */
export function findBinaries(): Binaries {
  const directory = process.env.KUBEBUILDER_ASSETS ?? build()
  const [etcd = '', apiServer = '', kubectl = ''] = PROGRAMS.map(({ name }) => join(directory, name))
  const [scheduler = '', controllerManager = ''] = CONTROLLERS.map(({ name }) => join(cacheOf(MODULE), name))
  return { etcd, apiServer, kubectl, scheduler, controllerManager }
}

/** Programs of the real Multus: thin is one that the runtime calls, thick a shim and the daemon behind it. */
export function findMultus(name: MultusProgram = 'multus'): string {
  return findBuilt(cacheOf(MULTUS), name, MULTUS, `${MULTUS_MODULE}/cmd/${name}`)
}

/** What Multus's own image consists of: the entry point writes its configuration, the other installs it. */
export const MULTUS_IMAGE = ['multus', 'passthru-cni', 'install_multus', 'thin_entrypoint'] as const
export const MULTUS_PROGRAMS = [...MULTUS_IMAGE, 'multus-shim', 'multus-daemon'] as const
type MultusProgram = (typeof MULTUS_PROGRAMS)[number]

/** A program that reads texts with the libraries that kubectl, Multus and IPAM plugins have. */
export function findReaders(): string {
  const source = join(import.meta.dirname, 'readers')
  return findBuilt(cacheOf(source, 'main.go'), 'readers', source, '.')
}

/** The manifest that Multus tells to apply, of the version that the tests run. */
export function multusManifest(): string {
  return readFileSync(join(sourceOf(MULTUS, MULTUS_MODULE), 'deployments/multus-daemonset.yml'), 'utf8')
}

const WHEREABOUTS = join(import.meta.dirname, 'whereabouts')
const WHEREABOUTS_MODULE = 'github.com/k8snetworkplumbingwg/whereabouts'

/** whereabouts: what its image consists of, by the paths in there, and the directory of its manifests. */
export function findWhereabouts(): { readonly files: Record<string, string>; readonly manifests: string } {
  const cache = cacheOf(WHEREABOUTS)
  const source = sourceOf(WHEREABOUTS, WHEREABOUTS_MODULE)
  const scripts = ['install-cni.sh', 'lib.sh', 'token-watcher.sh']
  return {
    files: {
      whereabouts: findBuilt(cache, 'whereabouts', WHEREABOUTS, `${WHEREABOUTS_MODULE}/cmd`),
      'ip-control-loop': findBuilt(
        cache,
        'ip-control-loop',
        WHEREABOUTS,
        `${WHEREABOUTS_MODULE}/cmd/controlloop`,
      ),
      ...Object.fromEntries(scripts.map(name => [name, join(source, 'script', name)])),
    },
    manifests: join(source, 'doc/crds'),
  }
}

/** Where Go has the source of a dependency. */
function sourceOf(module: string, path: string): string {
  return execFileSync('go', ['list', '-m', '-f', '{{.Dir}}', path], { cwd: module, encoding: 'utf8' }).trim()
}

/** Flannel's own plugin, which calls bridge. */
export function findFlannel(): string {
  const source = join(import.meta.dirname, 'flannel')
  return findBuilt(cacheOf(source), 'flannel', source, `${REFERENCE_PLUGINS}/meta/flannel`)
}

/** Helm, which renders the chart. */
export function findHelm(): string {
  const source = join(import.meta.dirname, 'helm')
  return findBuilt(cacheOf(source), 'helm', source, 'helm.sh/helm/v3/cmd/helm')
}

/** What Prometheus makes of an expression. */
export function findPromql(): string {
  const source = join(import.meta.dirname, 'promql')
  return findBuilt(cacheOf(source, 'main.go'), 'promql', source, '.')
}

/** The reference plugins, newer than Debian's: they speak CNI 1.1.0. Returns their directory. */
export function findPlugins(): string {
  const source = join(import.meta.dirname, 'plugins')
  const directory = cacheOf(source)
  for (const path of ['main/macvlan', 'main/vlan', 'ipam/host-local'])
    findBuilt(directory, basename(path), source, `${REFERENCE_PLUGINS}/${path}`)
  return directory
}

/** The module of cert-manager's controllers, which its own main.go starts. */
const CERT_MANAGER = join(import.meta.dirname, 'cert-manager')

/** The controllers of cert-manager. */
export function findCertManager(): string {
  return findBuilt(cacheOf(CERT_MANAGER, 'main.go'), 'cert-manager', CERT_MANAGER, '.')
}

/** The program that a pod of the tests runs, and the one that holds its namespaces. */
export function findPause(): string {
  const source = join(import.meta.dirname, 'pause')
  return findBuilt(cacheOf(source, 'main.go'), 'pause', source, '.')
}

/** Which version of cert-manager that is. */
export function certManagerVersion(): string {
  return versionOf(CERT_MANAGER, 'github.com/cert-manager/cert-manager')
}

/** Builds the scheduler and the controller manager as well. */
export function findControllers(): Pick<Binaries, 'scheduler' | 'controllerManager'> {
  build(CONTROLLERS)
  return findBinaries()
}

/** Builds what a node runs. */
export function findNodePrograms(): { readonly kubelet: string; readonly kubeProxy: string } {
  const directory = build(NODE)
  return { kubelet: join(directory, 'kubelet'), kubeProxy: join(directory, 'kube-proxy') }
}

function build(programs = PROGRAMS): string {
  const directory = cacheOf(MODULE)
  const version = versionOf(MODULE, 'k8s.io/kubernetes')
  const [major = '', minor = ''] = version.slice(1).split('.')
  const flags = `-s -w -X ${VERSION}.gitVersion=${version} -X ${VERSION}.gitMajor=${major} -X ${VERSION}.gitMinor=${minor}`
  for (const { name, package: path } of programs) findBuilt(directory, name, MODULE, path, flags)
  return directory
}

/** The version of a dependency that a module pins. */
function versionOf(module: string, path: string): string {
  const line = readFileSync(join(module, 'go.mod'), 'utf8')
    .split('\n')
    .find(text => text.includes(`${path} v`))
  return line?.split(`${path} `)[1]?.split(' ')[0] ?? ''
}

/** A directory for what a module pins, named by the hash of that. */
function cacheOf(module: string, ...sources: readonly string[]): string {
  const pinned = ['go.mod', 'go.sum', ...sources]
    .map(name => join(module, name))
    .filter(existsSync)
    .map(file => readFileSync(file))
  const hash = createHash('sha256').update(Buffer.concat(pinned)).digest('hex').slice(0, 16)
  return cacheDirectory('test-binaries', hash)
}

/** A directory in the user's cache. */
export function cacheDirectory(...names: readonly string[]): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const directory = join(cache, 'socni', ...names)
  mkdirSync(directory, { recursive: true })
  return directory
}

/** A program in the cache, built there where it is not yet. */
function findBuilt(directory: string, name: string, module: string, path: string, flags = '-s -w'): string {
  const file = join(directory, name)
  if (existsSync(file)) return file
  process.stderr.write(`building ${name}: some minutes, once\n`)
  // Another run of the tests may be building the same.
  const partial = `${file}.${process.pid}.part`
  const args = ['build', '-trimpath', `-ldflags=${flags}`, '-o', partial, path]
  execFileSync('go', args, { cwd: module, stdio: 'inherit', env: { ...process.env, CGO_ENABLED: '0' } })
  renameSync(partial, file)
  return file
}
