import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ctl } from '../socni-ctl.ts'
import { until } from './installation.ts'
import { ledger, NETWORKS, network, pod, Tenants } from './tenants.ts'

describe('socni-ctl claim verify, of a pod of the cluster', () => {
  const tenants = new Tenants()
  beforeAll(() => tenants.start())
  afterAll(() => tenants[Symbol.asyncDispose]())

  const verify = (name: string, ...flags: string[]) =>
    ctl([
      ...['--kubeconfig', tenants.plane.kubeconfig('alice')],
      ...['claim', 'verify', `pod/${name}`, '-n', 'finance', ...flags],
    ])

  it('says of each network why a node would refuse it, by no more than the rights of the example', async () => {
    const { apply, bind, plane } = tenants
    plane.kubectl(['apply', '-f', join(import.meta.dirname, '../../examples/ci/cluster-role.yaml')])
    apply(network('dues', { ...ledger, master: 'eth0.111' }))
    apply(pod('clerk', { [NETWORKS]: 'ledger,dues' }))
    bind('clerk')
    const [first, second] = ['finance/ledger as net1', 'finance/dues as net2']
    expect(await verify('clerk')).toEqual({
      exit: 0,
      stdout: `clerk: ${first}: valid\nclerk: ${second}: valid\n`,
      stderr: '',
    })
    // Another configuration under the same name, and a network that its administrator takes away under the pod.
    apply(network('dues', { ...ledger, master: 'eth0.111', mode: 'private' }))
    expect(await verify('clerk')).toMatchObject({
      exit: 1,
      stdout: expect.stringMatching(`^clerk: ${first}: valid\nclerk: ${second}: wrong: .*configuration`),
    })
    plane.kubectl(['delete', 'validatingwebhookconfiguration', 'zz-socni'])
    plane.kubectl(['-n', 'finance', 'delete', 'net-attach-def', 'dues'])
    expect((await verify('clerk')).stdout).toBe(
      `clerk: ${first}: valid\nclerk: ${second}: unknown: there is no NetworkAttachmentDefinition "finance/dues"\n`,
    )
  })

  it('sees a pod that nobody admitted, and a VLAN that was taken away', async () => {
    const { apply, plane } = tenants
    plane.kubectl(['delete', 'mutatingwebhookconfiguration', 'zz-socni'])
    apply(pod('stray', { [NETWORKS]: 'ledger' }))
    expect(await verify('stray')).toMatchObject({
      exit: 1,
      stdout: expect.stringMatching(
        /^stray: finance\/ledger as net1: missing: there is no claim for VLAN 110 on "?eth0/,
      ),
    })
    const revoke = ['--tenant-id', 'finance', 'delete', '--id', '110', '--force', '--yes']
    expect((await ctl(['--kubeconfig', plane.kubeconfig('admin'), ...revoke])).exit).toBe(0)
    await until(async () => (await verify('clerk')).stdout.includes('were revoked'))
    expect(await verify('nobody')).toMatchObject({
      exit: 3,
      stderr: `socni-ctl: no pod "finance/nobody" with networks is in the cluster at ${plane.server}\n`,
    })
  })
})
