import type { Cluster } from '../config/cluster.ts'
import { isInterfaceName } from '../net/interface-name.ts'
import { type KernelVlan, parseKernelVlans } from '../net/kernel-vlans.ts'
import { hiddenVlan } from '../policy/reach.ts'
import { answer, type Check, type Question } from './check.ts'
import type { Tree } from './tree.ts'

const NAMES: Question = {
  id: 'vlan-names',
  title: 'Interfaces are the VLANs that their names say',
  why: 'A configuration names an interface, and the policy takes eth0.300 for VLAN 300 on eth0, and any other name for a network of its own, unless the cluster configuration says otherwise.',
}

/**
 * Compares the node's VLAN sub-interfaces, and the bridges of grants, with what the policy takes their names for; nothing where
 * there are none.
 */
export function checkVlanNames(tree: Tree, masters: readonly string[], cluster: Cluster): Check[] {
  const vlans = parseKernelVlans(tree.read('/proc/net/vlan/config') ?? '')
  const found = [...vlans, ...masters.flatMap(name => bridgeOver(tree, name, masters) ?? [])]
  if (found.length === 0) return []
  const wrong = found.filter(({ name, vlan, parent }) => {
    const meant = hiddenVlan(name, cluster)
    // One that no grant names is refused to everybody.
    if (meant === undefined) return masters.includes(name)
    return meant.vlan !== vlan || meant.parent !== parent
  })
  const [first] = wrong
  if (first === undefined) return [answer(NAMES, 'ok', found.map(describe).join(', '))]
  const { name, parent, vlan } = first
  return [
    answer(
      NAMES,
      'error',
      wrong.map(describe).join(', '),
      `write "interfaces: {${name}: {parent: ${parent}, vlan: ${vlan}}}" into the cluster configuration${vlan === 0 ? '' : `, or name the interface ${parent}.${vlan}`}`,
    ),
  ]
}

/** A bridge over an interface that is granted as well: both have the same VLANs, as if the bridge were VLAN 0 there. */
function bridgeOver(tree: Tree, name: string, masters: readonly string[]): KernelVlan | undefined {
  if (!isInterfaceName(name)) return undefined
  const port = tree.list(`/sys/class/net/${name}/brif`).find(member => masters.includes(member))
  return port === undefined ? undefined : { name, vlan: 0, parent: port }
}

function describe({ name, vlan, parent }: KernelVlan): string {
  return vlan === 0 ? `${name} has the VLANs of ${parent}` : `${name} is VLAN ${vlan} on ${parent}`
}
