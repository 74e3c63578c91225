import { isInterfaceName } from '../net/interface-name.ts'
import { answer, type Check, type Question } from './check.ts'
import type { Tree } from './tree.ts'

const MODULE: Question = {
  id: 'vlan-module',
  title: 'The kernel can do VLANs',
  why: 'Without 802.1Q the plugin fails: failed to create vlan: operation not supported.',
}

const INTERFACES: Question = {
  id: 'interfaces',
  title: 'The host interfaces of the grants are there',
  why: 'A pod that is scheduled to a node without the interface waits in ContainerCreating.',
}

const FILTERING: Question = {
  id: 'bridge-filtering',
  title: 'The bridges of the grants filter VLANs',
  why: 'The plugin turns that on for bridges that it makes itself. On any other a port with a VLAN is in the untagged network, and the guard refuses it.',
}

const MTU: Question = {
  id: 'flannel-mtu',
  title: "Flannel's MTU fits the node's interface",
  why: 'VXLAN needs 50 bytes of each packet: with a larger MTU, large packets between nodes are lost.',
}

/** The kernel's own directories are empty on a disk that another machine has mounted. */
const ON_THE_NODE = 'run socni-ctl doctor on the node itself'

/** VXLAN over IPv4: outer Ethernet, IP, UDP and VXLAN headers (RFC 7348 section 5). */
const VXLAN_BYTES = 50

/** 8021q as a loaded module, or built into the kernel. */
export function checkModule(tree: Tree): Check {
  const loaded = (tree.read('/proc/modules') ?? '').split('\n').some(line => line.startsWith('8021q '))
  if (loaded || tree.has('/sys/module/8021q') || tree.has('/proc/net/vlan/config'))
    return answer(MODULE, 'ok', '8021q is loaded')
  const builtIn = tree
    .list('/lib/modules')
    .find(version => /\/8021q\.ko/.test(tree.read(`/lib/modules/${version}/modules.builtin`) ?? ''))
  if (builtIn !== undefined) return answer(MODULE, 'ok', `8021q is built into ${builtIn}`)
  if (!tree.has('/proc/modules') && !tree.has('/sys/module'))
    return answer(MODULE, 'unknown', '"/proc/modules" and "/sys/module" are missing', ON_THE_NODE)
  return answer(
    MODULE,
    'error',
    '8021q is neither loaded nor built in',
    'modprobe 8021q && echo 8021q > /etc/modules-load.d/8021q.conf',
  )
}

/** The interfaces that VLANs of the policy ride on. */
export function checkInterfaces(tree: Tree, masters: readonly string[]): Check {
  if (masters.length === 0) {
    return answer(
      INTERFACES,
      'unknown',
      'no grant names an interface',
      'name the policy with --policy-dir, or an interface with --master',
    )
  }
  // PCI addresses and device resources are no interfaces of the host.
  const names = masters.filter(isInterfaceName)
  if (names.length > 0 && !tree.has('/sys/class/net'))
    return answer(INTERFACES, 'unknown', '"/sys/class/net" is missing', ON_THE_NODE)
  const present = tree.list('/sys/class/net')
  const missing = names.filter(name => !present.includes(name))
  if (missing.length > 0) {
    return answer(
      INTERFACES,
      'error',
      `${missing.join(', ')} missing; there are ${present.join(', ') || 'none'}`,
      'correct "masters" in the Tenant, or set up the interface',
    )
  }
  const shown = names.map(name => `${name} (mtu ${mtuOf(tree, name) ?? 'unknown'})`)
  return answer(INTERFACES, 'ok', shown.join(', '))
}

/** Whether ports of the policy's bridges are in VLANs; nothing where it names no bridge that is there. */
export function checkBridges(tree: Tree, masters: readonly string[]): Check[] {
  const bridges = masters.flatMap(name => {
    const filtering = isInterfaceName(name)
      ? tree.read(`/sys/class/net/${name}/bridge/vlan_filtering`)?.trim()
      : undefined
    return filtering === undefined ? [] : [{ name, filtering }]
  })
  if (bridges.length === 0) return []
  const open = bridges.filter(({ filtering }) => filtering === '0').map(({ name }) => name)
  if (open.length === 0)
    return [answer(FILTERING, 'ok', bridges.map(({ name }) => `${name} does`).join(', '))]
  const [first] = open
  return [
    answer(
      FILTERING,
      'warning',
      `${open.join(', ')} without vlan_filtering`,
      `ip link set ${first} type bridge vlan_filtering 1, and its uplink into the VLANs (bridge vlan add vid 100 dev eth0), unless it is granted as "native" alone`,
    ),
  ]
}

/** What Flannel gives to pods, beside the interface that carries it. */
export function checkFlannelMtu(tree: Tree): Check {
  const text = tree.read('/run/flannel/subnet.env')
  const flannel = Number(/^FLANNEL_MTU=(\d+)$/m.exec(text ?? '')?.[1])
  if (text === undefined || Number.isNaN(flannel))
    return answer(
      MTU,
      'unknown',
      '"/run/flannel/subnet.env" is missing or has no FLANNEL_MTU',
      'wait until the node is ready, and run socni-ctl doctor again',
    )
  const device = tree.has('/sys/class/net/flannel.1')
  const carriers = tree
    .list('/sys/class/net')
    .filter(name => /^(?:eth|en|bond|wl|ib)/.test(name) && !name.includes('.'))
    .flatMap(name => mtuOf(tree, name) ?? [])
  const largest = Math.max(0, ...carriers)
  if (largest === 0)
    return answer(MTU, 'unknown', `FLANNEL_MTU=${flannel}, and no interface to compare it with`, ON_THE_NODE)
  if (device && flannel > largest - VXLAN_BYTES)
    return answer(
      MTU,
      'error',
      `FLANNEL_MTU=${flannel}, but the largest interface has ${largest}`,
      `set the interface's MTU to at least ${flannel + VXLAN_BYTES}, then restart K3s`,
    )
  return answer(MTU, 'ok', `FLANNEL_MTU=${flannel} on an interface with ${largest}`)
}

function mtuOf(tree: Tree, name: string): number | undefined {
  const mtu = Number(tree.read(`/sys/class/net/${name}/mtu`)?.trim() || Number.NaN)
  return Number.isNaN(mtu) ? undefined : mtu
}
