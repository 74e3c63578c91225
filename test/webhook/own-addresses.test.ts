import { describe, expect, it } from 'vitest'
import { type Cluster, defaultCluster, readCluster } from '../../src/config/cluster.ts'
import { parseIp } from '../../src/net/ip.ts'
import { contradictions, ownAddresses } from '../../webhook/cluster/own-addresses.ts'

const ips = (...texts: string[]) => texts.flatMap(text => parseIp(text) ?? [])

function clusterWith(spec: object): Cluster {
  const reading = readCluster({ apiVersion: 'socni.dev/v1alpha1', kind: 'ClusterConfiguration', spec })
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  return reading.value
}

describe('a webhook that sees the addresses of its own cluster', () => {
  it.each<[what: string, pod: string[], service: string[], cluster: Cluster, told: string[]]>([
    ['K3s', ['10.42.1.7'], ['10.43.0.1'], defaultCluster, []],
    [
      'kubeadm with the ranges of K3s',
      ['10.244.0.5'],
      ['10.96.0.1'],
      defaultCluster,
      [
        'this pod has 10.244.0.5, and "podCIDRs" has 10.42.0.0/16: write the range that the cluster has',
        'the service of the API server has 10.96.0.1, and "serviceCIDRs" has 10.43.0.0/16: write the range that the cluster has',
      ],
    ],
    [
      'two families, of which one is left out',
      ['10.42.1.7', 'fd00:42::7'],
      ['10.43.0.1'],
      defaultCluster,
      ['this pod has fd00:42::7, and "podCIDRs" has 10.42.0.0/16: write the range that the cluster has'],
    ],
    [
      'two families',
      ['10.42.1.7', 'fd00:42::7'],
      ['10.43.0.1'],
      clusterWith({ podCIDRs: ['10.42.0.0/16', 'fd00:42::/56'] }),
      [],
    ],
    ['the network of the host', ['192.168.1.10', '10.42.0.1'], ['10.43.0.1'], defaultCluster, []],
    [
      'no range at all',
      [],
      ['10.43.0.1'],
      clusterWith({ serviceCIDRs: [] }),
      [
        'the service of the API server has 10.43.0.1, and "serviceCIDRs" has nothing: write the range that the cluster has',
      ],
    ],
    ['no cluster', [], [], defaultCluster, []],
  ])('tells of %s what is wrong, and nothing else', (_, pod, service, cluster, told) => {
    expect(contradictions(cluster, { pod: ips(...pod), service: ips(...service) })).toEqual(told)
  })

  it('looks at none outside of a cluster', () => {
    expect(ownAddresses(undefined)).toEqual({ pod: [], service: [] })
    expect(ownAddresses('kubernetes.default.svc')).toEqual({
      pod: [],
      service: [],
    })
    expect(ownAddresses('10.43.0.1').service).toEqual(ips('10.43.0.1'))
  })
})
