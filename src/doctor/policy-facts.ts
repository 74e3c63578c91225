import type { Cluster } from '../config/cluster.ts'
import { covers, type Prefix, parsePrefix, printPrefix } from '../net/prefix.ts'
import { answer, type Check, type Question } from './check.ts'
import { readKernelRoutes } from './routes.ts'
import type { Tree } from './tree.ts'

const PRIMARY: Question = {
  id: 'primary-interface',
  title: 'The default route of the node is on the primary interface',
  why: 'A plugin that is told no master takes the interface of the default route; it is judged as the one that the cluster configuration names.',
}

const POD_RANGE: Question = {
  id: 'pod-range',
  title: 'The cluster configuration knows the addresses of pods',
  why: 'Routes and addresses that clash with the cluster are told by these ranges.',
}

/** Whether the node is as the cluster configuration has it. */
export function checkPolicyFacts(tree: Tree, cluster: Cluster): Check[] {
  return [checkPrimaryInterface(tree, cluster), checkPodRange(tree, cluster)]
}

function checkPrimaryInterface(tree: Tree, { primaryInterface }: Cluster): Check {
  const found = defaultRouteInterface(tree)
  if (found === undefined)
    return answer(
      PRIMARY,
      'unknown',
      'no default route in "/proc/net/route"',
      'run socni-ctl doctor on the node itself',
    )
  if (found === primaryInterface) return answer(PRIMARY, 'ok', `"${found}"`)
  return answer(
    PRIMARY,
    'warning',
    `the default route is on "${found}", and primaryInterface is "${primaryInterface}"`,
    `write "primaryInterface: ${found}" into the cluster configuration; where nodes differ, name the master in every NAD`,
  )
}

/**
 * The interface that the reference plugins take where none is named: that of the first default route.
 * Source: containernetworking/plugins macvlan getDefaultRouteInterfaceName().
 */
function defaultRouteInterface(tree: Tree): string | undefined {
  return readKernelRoutes(tree).find(
    ({ destination, mask }) => destination === '00000000' && mask === '00000000',
  )?.name
}

function checkPodRange(tree: Tree, { podCIDRs }: Cluster): Check {
  const ranges = flannelRanges(tree)
  if (ranges.length === 0)
    return answer(
      POD_RANGE,
      'unknown',
      '"/run/flannel/subnet.env" is missing or has no FLANNEL_NETWORK',
      'compare podCIDRs of the cluster configuration with what your cluster gives to pods',
    )
  const shown = ranges.map(printPrefix).join(', ')
  const missing = ranges.filter(range => !podCIDRs.some(known => covers(known, range)))
  if (missing.length === 0) return answer(POD_RANGE, 'ok', shown)
  return answer(
    POD_RANGE,
    'error',
    `Flannel gives pods ${shown}, and podCIDRs has ${podCIDRs.map(printPrefix).join(', ') || 'nothing'}`,
    `add ${missing.map(printPrefix).join(', ')} to podCIDRs of the cluster configuration`,
  )
}

/** Source: flannel pkg/subnet/subnet.go WriteSubnetFile(). */
function flannelRanges(tree: Tree): Prefix[] {
  const lines = (tree.read('/run/flannel/subnet.env') ?? '').matchAll(/^FLANNEL_(?:IPV6_)?NETWORK=(.*)$/gm)
  return [...lines].flatMap(([, value = '']) =>
    value.split(',').flatMap(text => parsePrefix(text.trim()) ?? []),
  )
}
