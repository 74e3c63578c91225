import { type Cluster, defaultCluster } from '../config/cluster.ts'
import { answer, type Check, type Question } from './check.ts'
import { type Distribution, findDistribution } from './distribution.ts'
import { checkForwarding, checkOpenVlans } from './forwarding.ts'
import { checkGuard } from './guard.ts'
import { checkBridges, checkFlannelMtu, checkInterfaces, checkModule } from './kernel.ts'
import { checkMultus } from './multus.ts'
import { checkHostLocal, checkPlugins, checkVersions } from './plugins.ts'
import { checkPolicyFacts } from './policy-facts.ts'
import { Tree } from './tree.ts'
import { checkVlanNames } from './vlan-names.ts'
import { checkWhereabouts } from './whereabouts.ts'

export interface NodeOptions {
  /** Host interfaces of the policy. */
  readonly masters?: readonly string[]
  /** How many nodes the cluster has; undefined when nobody knows. */
  readonly nodes?: number | undefined
  /** What the policy says of the cluster; without it, of a K3s as it is installed. */
  readonly cluster?: Cluster
}

const DISTRIBUTION: Question = {
  id: 'distribution',
  title: 'The distribution is known',
  why: 'Each one has its CNI files in directories of its own, and files in the others are never read.',
}

/** Looks at a node's files below a root: `/` on the node itself. Never throws for what it finds there. */
export function examineNode(
  root: string,
  { masters = [], nodes, cluster = defaultCluster }: NodeOptions = {},
): Check[] {
  const tree = new Tree(root)
  const distribution = findDistribution(tree)
  const kernel = [
    checkModule(tree),
    checkInterfaces(tree, masters),
    ...checkBridges(tree, masters),
    ...checkVlanNames(tree, masters, cluster),
    ...checkForwarding(tree, cluster),
    ...checkOpenVlans(tree, cluster),
    checkFlannelMtu(tree),
    ...checkPolicyFacts(tree, cluster),
  ]
  if (distribution === undefined) {
    const found = 'neither K3s, RKE2, kubeadm nor OpenShift has its files here'
    return [
      answer(
        DISTRIBUTION,
        'error',
        found,
        'run socni-ctl doctor on a node, or name its file system with --root',
      ),
      ...kernel,
    ]
  }
  return [
    answer(DISTRIBUTION, 'ok', describe(distribution)),
    ...checkMultus(tree, distribution),
    checkPlugins(tree, distribution),
    ...checkVersions(tree, distribution),
    checkHostLocal(tree, distribution, nodes),
    ...checkWhereabouts(tree, distribution),
    ...kernel,
    ...checkGuard(tree, distribution),
  ]
}

function describe({ name, confDir, binDir }: Distribution): string {
  return `${name}: configurations in "${confDir}", plugins in "${binDir}"`
}
