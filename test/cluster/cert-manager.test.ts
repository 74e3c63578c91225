import type { ChildProcess } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attachment, exampleWorld, macvlanConfig, pod } from '../../src/policy/example.ts'
import { ctl } from '../socni-ctl.ts'
import { findCertManager } from './binaries.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { findDefinitions } from './definitions.ts'
import {
  applyDefinitions,
  applyManifests,
  caBundles,
  type Replica,
  serviceAddress,
  startReplica,
  until,
} from './installation.ts'
import { endProcess, startProcess } from './processes.ts'
import { servedSerial } from './readiness.ts'

const NAMESPACE = 'socni-system'

describe('the webhook with certificates of cert-manager', () => {
  let plane: ControlPlane
  let certManager: ChildProcess
  let replica: Replica

  /** The Secret that cert-manager writes for the webhook: PEM texts by the name of the file. */
  const secret = (): Record<string, string> => {
    const { data } = JSON.parse(
      plane.kubectl(['-n', NAMESPACE, 'get', 'secret', 'socni-webhook-cert-manager', '-o', 'json']),
    )
    return Object.fromEntries(
      Object.entries<string>(data).map(([name, value]) => [name, Buffer.from(value, 'base64').toString()]),
    )
  }
  /** Puts the Secret where the replica reads it, as a kubelet does: all files change at once, behind a link. */
  const mount = () => {
    const volume = join(plane.directory, 'tls')
    mkdirSync(volume, { recursive: true })
    const contents = mkdtempSync(`${volume}/..`)
    for (const [name, text] of Object.entries(secret())) {
      writeFileSync(join(contents, name), text)
      symlinkSync(join('..data', name), join(contents, '.link'))
      renameSync(join(contents, '.link'), join(volume, name))
    }
    symlinkSync(contents, join(volume, '..data_tmp'))
    renameSync(join(volume, '..data_tmp'), join(volume, '..data'))
  }
  /** What `cmctl renew` does, until the Secret has the next certificate. */
  const renew = async (name: string) => {
    const revision = () => {
      const path = 'jsonpath={.status.revision}'
      return plane.kubectl(['-n', NAMESPACE, 'get', 'certificate', name, '-o', path])
    }
    const before = revision()
    const condition = {
      type: 'Issuing',
      status: 'True',
      reason: 'ManuallyTriggered',
      message: 'a test asks for it',
      lastTransitionTime: new Date().toISOString(),
    }
    const patch = JSON.stringify([{ op: 'add', path: '/status/conditions/-', value: condition }])
    const flags = ['--subresource=status', '--type=json', '-p', patch]
    plane.kubectl(['-n', NAMESPACE, 'patch', 'certificate', name, ...flags])
    await until(() => revision() !== before)
  }
  const served = () => servedSerial(replica.address)
  const issued = () => new X509Certificate(secret()['tls.crt'] ?? '').serialNumber
  /** An authority that is renewed is trusted beside the one before. */
  const isTrusted = () => {
    const [bundle = '', ...others] = caBundles(plane)
    return others.length === 0 && Buffer.from(bundle, 'base64').includes(secret()['ca.crt']?.trim() ?? '')
  }
  let count = 0
  const create = (networks: string) => {
    const named = pod(networks, { metadata: { name: `pod-${count++}` } })
    return plane.said(['create', '-f', '-'], JSON.stringify(named))
  }

  beforeAll(async () => {
    plane = await startControlPlane()
    applyDefinitions(plane)
    for (const file of findDefinitions('certManager')) plane.kubectl(['apply', '--server-side', '-f', file])
    plane.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s'])
    applyManifests(plane, 'cert-manager')
    const args = [plane.kubeconfig('controllers'), NAMESPACE]
    certManager = startProcess(findCertManager(), args, join(plane.directory, 'cert-manager.log'))
    await until(() => secret()['tls.key'] !== undefined)
    mount()
    replica = await startReplica(plane, serviceAddress(plane), {}, plane.directory)
    await until(isTrusted)
    plane.kubectl(['create', 'namespace', 'finance'])
  })
  afterAll(async () => {
    await replica?.end()
    await endProcess(certManager)
    await plane?.[Symbol.asyncDispose]()
  })

  it('is asked by the API server, which cert-manager tells whom to trust', async () => {
    const [finance] = exampleWorld
    plane.kubectl(['create', '-f', '-'], JSON.stringify(finance))
    const ledger = JSON.stringify(attachment(macvlanConfig()))
    await until(() => plane.said(['create', '-f', '-'], ledger).includes('created'))
    expect(create('ledger')).toContain('created')
    expect(create('nowhere')).toContain('[unknown-attachment]')
    expect(await served()).toBe(issued())
    const doctor = await ctl(['--kubeconfig', plane.kubeconfig('admin'), 'doctor', '--cluster'])
    expect(doctor.stdout).toMatch(/^ok .*\[certificate\]$/m)
    expect(doctor.stdout).toMatch(/^ok .*\[trust\]$/m)
  })

  it('serves what cert-manager renews, without a restart', async () => {
    await renew('socni-webhook')
    expect(await served()).not.toBe(issued())
    expect(create('ledger')).toContain('created')
    mount()
    await until(async () => (await served()) === issued())
    expect(create('ledger')).toContain('created')
  })

  it('refuses nothing while its authority is renewed, and the kubelet has not brought the new files yet', async () => {
    const before = secret()['ca.crt']
    const old = new X509Certificate(secret()['tls.crt'] ?? '')
    await renew('socni-authority')
    await renew('socni-webhook')
    await until(() => isTrusted() && secret()['ca.crt'] !== before)
    expect(await served()).not.toBe(issued())
    // Also where nothing keeps the authority before (older versions of cert-manager): the key is the same.
    expect(old.verify(new X509Certificate(secret()['ca.crt'] ?? '').publicKey)).toBe(true)
    // As at its first start: no connection is open.
    await replica.end()
    replica = await startReplica(plane, replica.address, {}, plane.directory)
    expect(create('ledger')).toContain('created')
    mount()
    await until(async () => (await served()) === issued())
    expect(create('ledger')).toContain('created')
  })
})
