import { quote } from '../../json/quote.ts'
import { ALL_VLANS } from '../../net/vlan-set.ts'
import type { FactsBuilder } from './builder.ts'
import type { Extractor } from './extractor.ts'
import type { Fields } from './fields.ts'
import { runIpam } from './ipam.ts'

const SIDE_KEYS = {
  engine: {},
  iftype: {},
  netType: {},
  memif: { role: {}, mode: {}, socketfile: {} },
  vhost: { mode: {}, group: {}, socketfile: {} },
  bridge: { bridgeName: {}, bridgeId: {}, vlanId: {} },
}

/**
 * A port of a switch in user space (VPP or OVS-DPDK) on the host. What is said of the container is handed on to a program in
 * the pod, and changes nothing on the node.
 */
export const userspace: Extractor = {
  types: ['userspace'],
  role: 'plugin',
  source:
    'intel/userspace-cni-network-plugin 6c94c74 pkg/types/types.go, cniovs/{cniovs,ovsctrl}.go, cnivpp/cnivpp.go, userspace/userspace.go',
  keys: { kubeconfig: {}, sharedDir: {}, logFile: {}, logLevel: {}, host: SIDE_KEYS, container: SIDE_KEYS },

  extract(conf, facts) {
    for (const side of [conf.object('host'), conf.object('container')]) {
      if (side !== undefined) readSockets(side, facts)
    }
    readHost(conf, facts)
    facts.hostPath(conf.string('kubeconfig'), 'read', conf.path('kubeconfig'))
    facts.hostPath(conf.string('sharedDir'), 'write', conf.path('sharedDir'))
    facts.hostPath(conf.string('logFile'), 'write', conf.path('logFile'))
    runIpam(conf, facts, 'optional')
  },
}

function readSockets(side: Fields, facts: FactsBuilder): void {
  for (const kind of ['memif', 'vhost']) {
    const socket = side.object(kind)
    facts.hostPath(socket?.string('socketfile'), 'connect', side.path(kind, 'socketfile'))
  }
}

/** The switch that the pod becomes a port of. No engine is told of a VLAN, so that every port is a trunk. */
function readHost(conf: Fields, facts: FactsBuilder): void {
  const host = conf.object('host')
  const engine = host?.string('engine') ?? ''
  const at = host?.at ?? conf.path('host')
  if (engine !== 'ovs-dpdk' && engine !== 'vpp') {
    facts.problem(
      'malformed',
      [...at, 'engine'],
      `${quote(engine)} is no engine of the host: write "ovs-dpdk" or "vpp"`,
    )
    return
  }
  const bridge = host?.object('bridge')
  if (bridge?.has('vlanId'))
    facts.problem(
      'ignored-vlan-key',
      bridge.path('vlanId'),
      'type "userspace" does not read "vlanId": the port is a trunk that carries every VLAN of the bridge',
    )
  // Open vSwitch takes no port without a bridge, so that one is made or joined whatever "netType" says.
  if (engine === 'vpp' && host?.string('netType') !== 'bridge') {
    facts.problem(
      'undecidable',
      at,
      'where VPP takes its traffic is in VPP alone: write "netType": "bridge" and the "bridge"',
    )
    return
  }
  const written = bridge?.string('bridgeName') || undefined
  const id = engine === 'vpp' ? bridge?.integer('bridgeId') : undefined
  const name = written ?? (id === undefined ? undefined : String(id))
  facts.uplink({
    at: bridge?.at ?? at,
    master: {
      name: name ?? (engine === 'vpp' ? '0' : 'br0'),
      at: [...at, 'bridge', 'bridgeName'],
      use: 'bridge',
      byDefault: name === undefined,
      inContainer: false,
    },
    vlans: ALL_VLANS,
    source: 'default',
  })
}
