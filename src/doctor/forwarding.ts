import type { Cluster } from '../config/cluster.ts'
import { hiddenVlan } from '../policy/reach.ts'
import { answer, type Check, type Question } from './check.ts'
import { readKernelRoutes } from './routes.ts'
import type { Tree } from './tree.ts'

const FORWARDING: Question = {
  id: 'forwarding',
  title: 'The node does not route between VLANs',
  why: 'Nodes of a cluster forward packets. Where one has an address in a VLAN, whoever is in it reaches all other networks of the node through it, and all pods of the node reach the VLAN.',
}

/** Whether the node is a router of VLANs; nothing where it has no address in any. */
export function checkForwarding(tree: Tree, cluster: Cluster): Check[] {
  const isVlan = (name: string): boolean => hiddenVlan(name, cluster) !== undefined
  const withAddress = [...new Set([...ipv4Interfaces(tree), ...ipv6Interfaces(tree)])].filter(isVlan)
  const [first] = withAddress
  if (first === undefined) return []
  const forwards = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'].filter(
    name => tree.read(`/proc/sys/net/${name}`)?.trim() === '1',
  )
  const found = `${withAddress.join(', ')} with addresses of the node`
  if (forwards.length === 0) return [answer(FORWARDING, 'ok', `${found}, which forwards nothing`)]
  return [
    answer(
      FORWARDING,
      'warning',
      `${found}, which forwards (${forwards.join(', ')})`,
      `take the addresses off where nothing on the node needs them, or drop what is forwarded: iptables -I FORWARD -i ${first} -j DROP, and -o ${first}`,
    ),
  ]
}

/** Those with a connected route. */
function ipv4Interfaces(tree: Tree): string[] {
  const connected = readKernelRoutes(tree).filter(
    ({ destination, gateway }) => destination !== '00000000' && gateway === '00000000',
  )
  return connected.map(({ name }) => name)
}

/** Addresses but link-local ones: Linux net/ipv6/addrconf.c if6_seq_show(), whose fourth column is the scope. */
function ipv6Interfaces(tree: Tree): string[] {
  const rows = (tree.read('/proc/net/if_inet6') ?? '').split('\n')
  return rows.flatMap(row => {
    const [, , , scope, , name = ''] = row.trim().split(/\s+/)
    return scope === '00' ? [name] : []
  })
}
