import type { Cluster } from '../config/cluster.ts'
import { isInterfaceName } from '../net/interface-name.ts'
import { parseKernelVlans } from '../net/kernel-vlans.ts'
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

const OPEN: Question = {
  id: 'open-vlans',
  title: 'The node stays out of the VLANs of its pods',
  why: 'Also without an address there a node takes a default route from whoever in a VLAN announces himself as its router (IPv6), and carries what is sent through it to pods and services (IPv4), NetworkPolicies aside.',
}

/** Whether VLANs that are there for pods alone reach the node; nothing where it has none. The guard closes those that it makes. */
export function checkOpenVlans(tree: Tree, cluster: Cluster): Check[] {
  const own = [cluster.primaryInterface, ...ipv4Interfaces(tree), ...ipv6Interfaces(tree, PERMANENT)]
  const names = parseKernelVlans(tree.read('/proc/net/vlan/config') ?? '')
    .map(({ name }) => name)
    .filter(name => isInterfaceName(name) && !own.includes(name))
  if (names.length === 0) return []
  const routed = names.filter(name => takesRouters(tree, name))
  const passed = names.filter(name => passesOn(tree, name))
  const [first] = [...routed, ...passed]
  if (first === undefined) return [answer(OPEN, 'ok', names.join(', '))]
  const found = [
    ...(routed.length === 0 ? [] : [`takes default routes of IPv6 from routers in ${routed.join(', ')}`]),
    ...(passed.length === 0 ? [] : [`forwards IPv4 from ${passed.join(', ')}`]),
  ]
  const mend = `unless the node itself belongs there: sysctl -w net/ipv6/conf/${first}/disable_ipv6=1 net/ipv4/conf/${first}/rp_filter=1, and the same where the node sets it up`
  return [answer(OPEN, 'warning', found.join('; '), mend)]
}

/** Linux Documentation/networking/ip-sysctl.rst, accept_ra: who forwards takes none, unless it is 2. */
function takesRouters(tree: Tree, name: string): boolean {
  const setting = (key: string) => tree.read(`/proc/sys/net/ipv6/conf/${name}/${key}`)?.trim()
  if (setting('disable_ipv6') !== '0' || setting('accept_ra_defrtr') !== '1') return false
  const accepted = setting('forwarding') === '0' ? ['1', '2'] : ['2']
  return accepted.includes(setting('accept_ra') ?? '')
}

/** The same, rp_filter: the higher one of all and of the interface. To one without addresses no route leads. */
function passesOn(tree: Tree, name: string): boolean {
  const setting = (of: string, key: string) => tree.read(`/proc/sys/net/ipv4/conf/${of}/${key}`)?.trim()
  return setting(name, 'forwarding') === '1' && ['all', name].every(of => setting(of, 'rp_filter') === '0')
}

/** Those with a connected route. */
function ipv4Interfaces(tree: Tree): string[] {
  const connected = readKernelRoutes(tree).filter(
    ({ destination, gateway }) => destination !== '00000000' && gateway === '00000000',
  )
  return connected.map(({ name }) => name)
}

/** linux/if_addr.h IFA_F_PERMANENT: given by an administrator, and not by a router. */
const PERMANENT = 0x80

/** Addresses but link-local ones: Linux net/ipv6/addrconf.c if6_seq_show(), whose fourth column is the scope, and the fifth flags. */
function ipv6Interfaces(tree: Tree, flag = 0): string[] {
  const rows = (tree.read('/proc/net/if_inet6') ?? '').split('\n')
  return rows.flatMap(row => {
    const [, , , scope, flags = '', name = ''] = row.trim().split(/\s+/)
    return scope === '00' && (Number.parseInt(flags, 16) & flag) === flag ? [name] : []
  })
}
