import type { Tree } from './tree.ts'

export const DISTRIBUTIONS = ['k3s', 'rke2', 'kubeadm', 'openshift'] as const
export type DistributionName = (typeof DISTRIBUTIONS)[number]

/** Where a distribution of Kubernetes has its CNI files. */
export interface Distribution {
  readonly name: DistributionName
  /** Configurations that the container runtime reads. */
  readonly confDir: string
  readonly binDir: string
  /** What is special about this installation. */
  readonly note?: string
}

/** Fixed since October 2024 (v1.28.15, v1.29.10, v1.30.6, v1.31.2, each +k3s1): docs.k3s.io/networking/multus-ipams. */
export const K3S_BIN_DIR = '/var/lib/rancher/k3s/data/cni'
/** Before that, and a new directory with each upgrade. */
export const K3S_OLD_BIN_DIR = '/var/lib/rancher/k3s/data/current/bin'
const K3S_CONF_DIR = '/var/lib/rancher/k3s/agent/etc/cni/net.d'

/** Where Multus looks first, whatever the runtime's directories are (multus pkg/types/conf.go defaultBinDir). */
export const MULTUS_BIN_DIR = '/opt/cni/bin'

const STANDARD = { confDir: '/etc/cni/net.d', binDir: '/opt/cni/bin' }

/** Where each distribution has its files when nobody has moved them. */
export const layouts: Readonly<Record<DistributionName, Distribution>> = {
  k3s: { name: 'k3s', confDir: K3S_CONF_DIR, binDir: K3S_BIN_DIR },
  rke2: { name: 'rke2', ...STANDARD },
  kubeadm: { name: 'kubeadm', ...STANDARD },
  openshift: { name: 'openshift', confDir: '/etc/kubernetes/cni/net.d', binDir: '/var/lib/cni/bin' },
}

/** Every directory in which plugins are looked for, the distribution's own first. */
export function binDirsOf({ binDir }: Pick<Distribution, 'binDir'>): string[] {
  return [...new Set([binDir, MULTUS_BIN_DIR])]
}

/** The directories that somebody named, with `:` between them; those of the distribution where nobody did. */
export function chosenBinDirs(
  named: string | undefined,
  found: Distribution | undefined,
): string[] | undefined {
  const directories = (named ?? '').split(':').filter(directory => directory !== '')
  return directories.length > 0 ? directories : found && binDirsOf(found)
}

/** What each distribution alone has, the most particular one first. */
const MARKS: readonly (readonly [DistributionName, readonly string[]])[] = [
  ['k3s', ['/var/lib/rancher/k3s/agent', '/var/lib/rancher/k3s/data']],
  ['rke2', ['/var/lib/rancher/rke2']],
  ['openshift', ['/etc/kubernetes/cni/net.d', '/run/multus/cni/net.d']],
  ['kubeadm', ['/etc/kubernetes/kubelet.conf', '/etc/kubernetes/admin.conf']],
]

/** Finds the distribution of a node by its files; undefined when none is known. */
export function findDistribution(tree: Tree): Distribution | undefined {
  const [name] = MARKS.find(([, paths]) => paths.some(path => tree.has(path))) ?? []
  if (name === undefined) return undefined
  if (name !== 'k3s') return layouts[name]
  return { ...findK3s(tree), ...containerdDirectories(tree) }
}

function findK3s(tree: Tree): Distribution {
  if (tree.list(K3S_BIN_DIR).length > 0) return layouts.k3s
  if (!tree.has(K3S_OLD_BIN_DIR)) return layouts.k3s
  const note = 'K3s from before October 2024: plugins must be installed again after each upgrade'
  return { ...layouts.k3s, binDir: K3S_OLD_BIN_DIR, note }
}

/** What containerd was really told, by K3s or by an administrator's template. */
function containerdDirectories(tree: Tree): Partial<Pick<Distribution, 'binDir' | 'confDir'>> {
  const text = tree.read('/var/lib/rancher/k3s/agent/etc/containerd/config.toml')
  if (text === undefined) return {}
  const confDir = /^\s*conf_dir\s*=\s*["']([^"']+)["']/m.exec(text)?.[1]
  const binDir = /^\s*bin_dirs?\s*=\s*\[?\s*["']([^"']+)["']/m.exec(text)?.[1]
  // Old releases name the directory by its hash; the link to it survives upgrades.
  const isHashed = binDir !== undefined && /^\/var\/lib\/rancher\/k3s\/data\/[0-9a-f]{64}\/bin$/.test(binDir)
  return { ...(confDir !== undefined && { confDir }), ...(binDir !== undefined && !isHashed && { binDir }) }
}
