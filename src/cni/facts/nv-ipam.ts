import type { Extractor } from './extractor.ts'
import { readsArgs } from './pod-input.ts'
import { poolRoutes } from './routes.ts'

/**
 * NVIDIA's IPAM: subnets, gateways and routes live in IPPool and CIDRPool resources, of which its daemon gives each node a
 * part. A pool is shared by all that name it; without a name the network's own is the pool's.
 */
export const nvIpam: Extractor = {
  types: ['nv-ipam'],
  role: 'ipam',
  source:
    'Mellanox/nvidia-k8s-ipam pkg/cni/types/types.go LoadConf(), pkg/cni/plugin/plugin.go grpcRespToResult()',
  keys: {
    type: {},
    poolName: {},
    poolType: {},
    forcePoolName: {},
    daemonSocket: {},
    daemonCallTimeoutSeconds: {},
    confDir: {},
    logFile: {},
    logLevel: {},
  },

  extract(conf, facts) {
    const pools = conf.string('poolName')
    const at = pools ? conf.path('poolName') : conf.at
    for (const name of pools ? pools.split(',') : [facts.networkName])
      facts.store({ at, kind: 'store', by: 'nv-ipam', name, directory: undefined })
    poolRoutes(conf, facts)
    // An address of gRPC, which need not be a socket of the node.
    facts.hostPath(conf.string('daemonSocket'), 'connect', conf.path('daemonSocket'), [
      'unix:///var/lib/cni/nv-ipam/daemon.sock',
    ])
    facts.hostPath(conf.string('confDir'), 'read', conf.path('confDir'), ['/etc/cni/net.d/nv-ipam.d'])
    facts.hostPath(conf.string('logFile'), 'write', conf.path('logFile'), ['/var/log/nv-ipam-cni.log'])
    facts.podInput({ at: conf.at, input: 'ips', keys: [] })
    readsArgs(conf, facts, 'ips', 'poolNames', 'poolType', 'allocateDefaultGateway', 'allocateIPWithIndex')
  },
}
