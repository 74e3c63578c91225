import { extractFacts } from '../cni/facts/extract.ts'
import { readNetwork } from '../cni/network.ts'
import { answer, type Check, type Question } from './check.ts'
import { binDirsOf, type Distribution } from './distribution.ts'
import { isGuardAt } from './guard.ts'
import { configurationsIn, howToInstallPlugins, isExecutable } from './multus.ts'
import type { Tree } from './tree.ts'

const PLUGINS: Question = {
  id: 'plugins',
  title: 'The CNI plugins are installed',
  why: 'Flannel needs flannel, bridge, host-local, portmap and loopback; VLANs need vlan, and nothing of K3s brings that.',
}

const VERSION: Question = {
  id: 'plugin-version',
  title: 'The plugins know what the policy reads',
  why: 'Plugins before 1.3.0 take an interface of the node for one of the pod (linkInContainer), and leave the ports of a bridge in VLAN 1 as well.',
}

const HOST_LOCAL: Question = {
  id: 'host-local',
  title: 'Addresses are unique in the cluster',
  why: 'host-local remembers on each node what it gave out there: two nodes give the same address to two pods.',
}

/** What Flannel and loopback need on every node, and what K3s does not ship (k3s scripts/package-cli). */
const NEEDED = ['bridge', 'flannel', 'host-local', 'loopback', 'portmap', 'vlan']
const OPTIONAL = ['macvlan', 'ipvlan', 'static', 'dhcp', 'tuning', 'whereabouts']

export function checkPlugins(tree: Tree, distribution: Distribution): Check {
  const { binDir, note } = distribution
  const directory = tree.entry(binDir)
  if (directory.kind === 'unreadable')
    return answer(PLUGINS, 'unknown', directory.reason, 'run socni-ctl doctor as root')
  if (directory.kind !== 'directory')
    return answer(PLUGINS, 'error', `"${binDir}" is missing`, howToInstallPlugins(binDir))
  const missing = NEEDED.filter(name => !hasPlugin(tree, distribution, name))
  if (missing.length > 0) {
    const dangling = missing.filter(
      name => tree.list(binDir).includes(name) && !isGuardAt(tree, `${binDir}/${name}`),
    )
    const detail =
      dangling.length === 0 ? '' : ` (${dangling.join(', ')} there, but a broken link or not executable)`
    return answer(
      PLUGINS,
      'error',
      `${missing.join(', ')} missing in "${binDir}"${detail}`,
      howToInstallPlugins(binDir),
    )
  }
  const extra = OPTIONAL.filter(name => hasPlugin(tree, distribution, name))
  const found = `${[...NEEDED, ...extra].join(', ')} in "${binDir}"`
  return note === undefined
    ? answer(PLUGINS, 'ok', found)
    : answer(
        PLUGINS,
        'warning',
        `${found}; ${note}`,
        'upgrade K3s to a release with the fixed directory /var/lib/rancher/k3s/data/cni',
      )
}

export function hasPlugin(tree: Tree, distribution: Distribution, name: string): boolean {
  return realPlugin(tree, distribution, name) !== undefined
}

/** The guard is under the names of plugins that are not there, too: then the real one is beside it, or nowhere. */
function realPlugin(tree: Tree, distribution: Distribution, name: string): string | undefined {
  const path = `${distribution.binDir}/${name}`
  if (!isExecutable(tree, path)) return undefined
  if (!isGuardAt(tree, path)) return path
  return binDirsOf(distribution)
    .map(directory => `${directory}/socni.d/${name}`)
    .find(real => isExecutable(tree, real))
}

/** These have the key since 1.3.0, and a Go program carries the keys that it decodes. */
const RIDERS = ['vlan', 'macvlan', 'ipvlan']

/** Whether plugins decode what others before them did not; nothing where there are none. */
export function checkVersions(tree: Tree, distribution: Distribution): Check[] {
  const real = RIDERS.map(name => realPlugin(tree, distribution, name)).filter(path => path !== undefined)
  if (real.length === 0) return []
  const old = real.filter(path => !tree.includes(path, 'linkInContainer'))
  if (old.length === 0) return [answer(VERSION, 'ok', `${real.join(', ')} are of 1.3.0 or newer`)]
  const found = `${old.join(', ')}: from before 1.3.0`
  return [answer(VERSION, 'warning', found, howToInstallPlugins(distribution.binDir))]
}

/** Whether a configuration of this node gives out addresses that other nodes give out too. */
export function checkHostLocal(tree: Tree, { confDir }: Distribution, nodes: number | undefined): Check {
  const users = configurationsIn(tree, confDir).filter(name =>
    usesHostLocal(tree.read(`${confDir}/${name}`), name),
  )
  if (users.length === 0) return answer(HOST_LOCAL, 'ok', `no configuration in "${confDir}" uses host-local`)
  const found = `${users.join(', ')} in "${confDir}" use host-local`
  if (nodes === 1) return answer(HOST_LOCAL, 'ok', `${found}, and the cluster has one node`)
  const mend = 'use ipam type "whereabouts", or give each node a range of its own'
  return nodes === undefined
    ? answer(
        HOST_LOCAL,
        'unknown',
        `${found}; how many nodes there are is not known`,
        `${mend}; say --nodes 1 when there is only this one`,
      )
    : answer(HOST_LOCAL, 'warning', `${found}, and the cluster has ${nodes} nodes`, mend)
}

/** Flannel's own use does not count: it has a range for each node. */
function usesHostLocal(text: string | undefined, name: string): boolean {
  const { network } = readNetwork(text, name)
  if (network === undefined) return false
  return extractFacts(network).types.some(
    ({ type, role, plugin }) => role === 'ipam' && type === 'host-local' && !plugin.startsWith('flannel'),
  )
}
