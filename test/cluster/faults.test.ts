import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseKeySet } from '../../src/claims/keys.ts'
import { verifyClaim } from '../../src/claims/verify.ts'
import { NETWORKS_ANNOTATION } from '../../src/kube/annotations.ts'
import type { ObjectMeta } from '../../src/kube/manifest.ts'
import { createAuthority, createLeaf } from '../../webhook/tls/certificates.ts'
import { ctl } from '../socni-ctl.ts'
import { Balancer } from './balancer.ts'
import { Cable } from './cable.ts'
import { type ControlPlane, freeAddress, startControlPlane } from './control-plane.ts'
import {
  applyDefinitions,
  applyManifests,
  caBundles,
  PATCHED_LAST,
  publishedTexts,
  type Replica,
  serviceAddress,
  startReplica,
  until,
} from './installation.ts'
import { readiness, staleness } from './readiness.ts'
import { pause, type StreamResult, streamPods } from './stream.ts'

/** As a pod of the cluster, whose endpoints take a moment to forget it. */
const IN_A_POD = { KUBERNETES_SERVICE_HOST: '10.43.0.1' }

/** The API server waits so long for an answer (timeoutSeconds in manifests/). */
const TIMEOUT_MS = 3_000
/** client-node ends a watch on which nothing is heard for so long (watch.ts, requestTimeoutMs). */
const SILENT_WATCH_MS = 30_000
const DAY = 24 * 60 * 60 * 1000

describe('three replicas under a steady stream of pods', () => {
  let plane: ControlPlane
  let balancer: Balancer
  /** The third replica, which has a network that can be cut. */
  let cabled: { replica: Replica; cable: Cable }
  const replicas: Replica[] = []
  const counts: string[] = []

  beforeAll(async () => {
    plane = await startControlPlane()
    applyDefinitions(plane)
    applyManifests(plane)
    oldCertificates()
    balancer = await Balancer.start(serviceAddress(plane))
    for (let count = 0; count < 2; count++) await addReplica()
    await addReplicaByCable()
    await until(() => caBundles(plane, PATCHED_LAST).size > 0)
    plane.kubectl(['create', 'namespace', 'finance'])
    const apply = (object: object) => plane.kubectl(['apply', '-f', '-'], JSON.stringify(object))
    apply({
      apiVersion: 'socni.dev/v1alpha1',
      kind: 'Tenant',
      metadata: { name: 'finance' },
      spec: { namespaces: ['finance'], vlans: [{ ids: '100', masters: ['eth0'] }] },
    })
    const config = JSON.stringify({
      cniVersion: '1.0.0',
      type: 'macvlan',
      master: 'eth0.100',
      mode: 'bridge',
    })
    const ledger = {
      apiVersion: 'k8s.cni.cncf.io/v1',
      kind: 'NetworkAttachmentDefinition',
      metadata: { name: 'ledger', namespace: 'finance' },
      spec: { config },
    }
    await until(() => apply(ledger).includes('created'))
  })
  afterAll(async () => {
    process.stderr.write(counts.join(''))
    await Promise.all(replicas.map(replica => replica.end('SIGKILL')))
    await balancer?.[Symbol.asyncDispose]()
    await cabled?.cable[Symbol.asyncDispose]()
    await plane?.[Symbol.asyncDispose]()
  })

  /** Of a cluster that was off for long: the leaf ends in half a minute, and a new authority is due. */
  function oldCertificates(): void {
    const now = Date.now()
    const authority = createAuthority(new Date(now - 3_000 * DAY))
    const leaf = createLeaf(authority, ['socni-webhook.socni-system.svc'], new Date(now - 365 * DAY + 30_000))
    const texts = {
      'ca.crt': authority.cert,
      'ca.key': authority.key,
      'tls.crt': leaf.cert,
      'tls.key': leaf.key,
    }
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'socni-webhook-tls', namespace: 'socni-system' },
      stringData: texts,
    }
    plane.kubectl(['apply', '-f', '-'], JSON.stringify(secret))
  }

  async function addReplica(): Promise<void> {
    const replica = await startReplica(plane, await freeAddress(), IN_A_POD)
    replicas.push(replica)
    balancer.add(replica.address)
  }

  async function addReplicaByCable(): Promise<void> {
    const address = await freeAddress()
    const cable = await Cable.start(plane, address)
    const replica = await startReplica(cable.plane, address, IN_A_POD)
    cabled = { replica, cable }
    replicas.push(replica)
    balancer.add(cable.address)
  }

  async function stream(name: string, fault: () => Promise<void>, afterwards = TIMEOUT_MS) {
    const result = await streamPods(plane, fault, afterwards)
    counts.push(describeResult(name, result))
    return result
  }

  it('refuse nothing while the authority changes and the certificate ends', async () => {
    const bundle = () => [...caBundles(plane, PATCHED_LAST)].join()
    const before = bundle()
    const { made, refused } = await stream('certificate and authority changed', async () => {
      // Announced, signing, and the old one gone: a minute each, in which nothing is asked of kubectl for long.
      for (let seconds = 0; seconds < 150 && !isNewAlone(before, bundle()); seconds += 5) await pause(5_000)
    })
    expect(isNewAlone(before, bundle())).toBe(true)
    expect([made > 2_000, refused]).toEqual([true, []])
  }, 200_000)

  it('refuse nothing while the signing key changes', async () => {
    const keys = async (verb: string) => {
      const { exit, stderr } = await ctl(['--kubeconfig', plane.kubeconfig('admin'), 'keys', verb])
      expect([exit, stderr]).toEqual([0, ''])
    }
    const { made, refused } = await stream('signing key changed', async () => {
      await keys('generate')
      await pause(1_000)
      await keys('rotate')
    })
    expect([made > 100, refused]).toEqual([true, []])
  })

  it('lose nothing when one of them is stopped', async () => {
    const [leaving] = replicas.splice(0, 1)
    let milliseconds = 0
    const { made, refused } = await stream('one of three replicas stopped', async () => {
      const from = performance.now()
      await leaving?.end('SIGTERM')
      milliseconds = performance.now() - from
    })
    expect([made > 100, refused]).toEqual([true, []])
    // The kubelet waits for thirty seconds (terminationGracePeriodSeconds), and five of them are for Endpoints to notice.
    expect([leaving?.process.exitCode, milliseconds < 25_000]).toEqual([0, true])
    await addReplica()
  })

  it('refuse for no longer than the API server waits when one of them is killed', async () => {
    const { made, refused, longest } = await stream('one of three replicas killed', async () => {
      const [killed] = replicas.splice(0, 1)
      await killed?.end('SIGKILL')
    })
    expect(made > 100).toBe(true)
    expect(refused.filter(({ at }) => at > TIMEOUT_MS)).toEqual([])
    expect(longest).toBeLessThan(TIMEOUT_MS)
    await addReplica()
  })

  it('refuse little when one of them loses its network, and take it back', async () => {
    const { replica, cable } = cabled
    const { made, refused, longest } = await stream('one of three replicas cut off', async () => {
      cable.cut()
      // Until the watches of the replica have given up the connections that they had.
      await pause(SILENT_WATCH_MS + 10_000)
    })
    expect(made > 100).toBe(true)
    // Connections that were open are tried once each, and then closed: the API server keeps 25 at most (client-go
    // transport/cache.go idleConnsPerHost), and for 90 s, so that a burst may meet one late.
    expect(refused.length).toBeLessThanOrEqual(25)
    // A pod may meet one more of them when it is made again.
    expect(longest).toBeLessThan(3 * TIMEOUT_MS)

    expect(await staleness(replica.address)).toBeGreaterThan(SILENT_WATCH_MS / 1_000 + 10)
    cable.mend()
    // A quiet watch is heard of every thirty seconds; each must have been, since then.
    await until(async () => (await staleness(replica.address)) < SILENT_WATCH_MS / 1_000)
    expect(await readiness(replica.address)).toBe(200)
    await replica.end('SIGKILL')
    await addReplica()
  }, 120_000)

  it('go on by themselves after the API server and etcd were away for half a minute', async () => {
    let backAt = 0
    const start = performance.now()
    const { made, refused, unanswered } = await stream('API server and etcd away for 30 s', async () => {
      const from = performance.now()
      const startAgain = await plane.stopServers()
      await pause(30_000)
      await startAgain()
      backAt = performance.now() - from
    })
    expect(performance.now() - start).toBeGreaterThan(30_000)
    expect([made > 100, unanswered > 100]).toEqual([true, true])
    expect(refused.filter(({ at }) => at > backAt + TIMEOUT_MS)).toEqual([])
    const ledger = plane.said(['-n', 'finance', 'delete', 'net-attach-def', 'ledger', '--dry-run=server'])
    expect(ledger).toContain('[attachment-in-use]')
  }, 120_000)

  it('admitted nothing unchecked meanwhile: every pod has a claim that a node takes', () => {
    const { items } = JSON.parse(plane.kubectl(['-n', 'finance', 'get', 'pods', '-o', 'json']))
    const keys = parseKeySet(publishedTexts(plane)['keys.json'] ?? '')
    expect(keys.size).toBe(2)
    const refusedByNodes = (items as { metadata: ObjectMeta }[]).flatMap(({ metadata }) => {
      const [jws = ''] = /eyJ[\w.-]+/.exec(metadata.annotations?.[NETWORKS_ANNOTATION] ?? '') ?? []
      const expected = { namespace: 'finance', pod: metadata.name, nad: 'finance/ledger', interface: 'net1' }
      const verification = verifyClaim(jws, claim => ({ ...claim, ...expected }), keys, [])
      return verification.ok ? [] : [`${metadata.name}: ${verification.message}`]
    })
    expect([items.length > 2_000, refusedByNodes]).toEqual([true, []])
  })
})

function isNewAlone(before: string, now: string): boolean {
  const [old = '', bundle = ''] = [before, now].map(text => Buffer.from(text, 'base64').toString())
  const [first] = old.split(/(?<=-----END CERTIFICATE-----\r?\n)/)
  return (
    first !== undefined && !bundle.includes(first.trim()) && bundle.split('BEGIN CERTIFICATE').length === 2
  )
}

function describeResult(name: string, { made, refused, longest, unanswered }: StreamResult): string {
  const last = refused.at(-1)?.at ?? 0
  const until_ =
    refused.length === 0
      ? ''
      : `, the last one ${(last / 1000).toFixed(1)} s after, none for longer than ${longest} ms`
  const away = unanswered === 0 ? '' : `, ${unanswered} times nobody answered`
  const reasons = [...new Set(refused.map(({ message }) => `  ${message}\n`))]
  return `${name}: ${refused.length} of ${made + refused.length} pods refused${until_}${away}\n${reasons.join('')}`
}
