import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseKeySet } from '../../src/claims/keys.ts'
import { ctl } from '../socni-ctl.ts'
import { caBundles, publishedTexts, until } from './installation.ts'
import { servedSerial } from './readiness.ts'
import { keyIdOf, ledger, NETWORKS, network, pod, Tenants, tenant } from './tenants.ts'

/** A network of finance in a VLAN that only the grants below reach. */
const vault = network('vault', { ...ledger, master: 'eth0.130', ipam: {} })

describe('the webhook, when etcd is restored from a copy', () => {
  const tenants = new Tenants()
  const { apply } = tenants

  beforeAll(() => tenants.start())
  afterAll(() => tenants[Symbol.asyncDispose]())

  /** The id of the key that signs for a new pod. */
  function keyOf(name: string): string | undefined {
    expect(apply(pod(name, { [NETWORKS]: 'ledger' }))).toContain('created')
    return keyIdOf(tenants.plane, name)
  }

  /** A control plane that breaks down, and starts again when the files of etcd are as they should be. */
  async function whileStopped(work: (data: string, copy: string) => void): Promise<void> {
    const { plane } = tenants
    const start = await plane.stopServers('SIGKILL')
    work(join(plane.directory, 'etcd'), join(plane.directory, 'etcd-copy'))
    await start()
  }

  it('judges by what was restored, though the API server counts from there again', async () => {
    const { plane } = tenants
    await whileStopped((data, copy) => cpSync(data, copy, { recursive: true }))
    const granted = tenant('finance', [{ ids: '110-119,130', masters: ['eth0'] }])
    await until(() => /configured|unchanged/.test(apply(granted)))
    const taken = tenant('logistics', [{ ids: '310', masters: ['eth0'] }])
    expect(apply(taken)).toContain('configured')
    const judged = () => apply(vault, 'admin', '--dry-run=server')
    await until(() => judged().includes('created (server dry run)'))
    for (const verb of ['generate', 'rotate']) {
      const { exit, stderr } = await ctl(['--kubeconfig', plane.kubeconfig('admin'), 'keys', verb])
      expect([exit, stderr]).toEqual([0, ''])
    }
    const newKey = keyOf('before')
    const { address } = tenants.replica
    const authorities = caBundles(plane)
    plane.kubectl(['-n', 'socni-system', 'delete', 'secret', 'socni-webhook-tls'])
    await until(() => authorities.isDisjointFrom(caBundles(plane)))
    const serial = await servedSerial(address)

    await whileStopped((data, copy) => {
      rmSync(data, { recursive: true })
      cpSync(copy, data, { recursive: true })
    })
    await until(() => judged().includes('[vlan-not-granted]'))
    expect([caBundles(plane), await servedSerial(address)]).toEqual([
      authorities,
      expect.not.stringContaining(serial),
    ])
    const known = [...parseKeySet(publishedTexts(plane)['keys.json'] ?? '').keys()]
    expect(known).not.toContain(newKey)
    let pods = 0
    await until(() => known.includes(keyOf(`after-${pods++}`) ?? ''))
    const fleet = network('fleet', { ...ledger, master: 'eth0.300', ipam: {} }, 'logistics')
    expect(apply(fleet)).toMatch(/unchanged|configured/)
  }, 120_000)
})
