import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startReplica, until } from './installation.ts'
import { type Lag, startLag } from './lag.ts'
import { staleness } from './readiness.ts'
import { ledger, NETWORKS, network, pod, Tenants, tenant } from './tenants.ts'

/** Longer than kubectl needs for the next object, and shorter than a review waits. */
const LAG_MS = 200

describe('the webhook, while its watches are behind', () => {
  const tenants = new Tenants()
  const { apply, bind, claimsOf } = tenants
  let lag: Lag
  const digestsOf = (name: string) =>
    claimsOf(name).map(claim => 'digests' in claim && claim.digests[0]?.sha256)
  const all = (...items: object[]) => apply({ apiVersion: 'v1', kind: 'List', items })
  const namespace = (name: string, labels = {}) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels },
  })

  beforeAll(async () => {
    await tenants.start()
    lag = await startLag(tenants.plane)
    const { address } = tenants.replica
    await tenants.replica.end()
    tenants.replica = await startReplica(lag.plane, address)
    await lag.be(LAG_MS)
  })
  afterAll(async () => {
    await tenants[Symbol.asyncDispose]()
    await lag?.[Symbol.asyncDispose]()
  })

  it('takes a tenant with all that it needs from one file', async () => {
    const config = { ...ledger, master: 'eth0.700', ipam: { type: 'whereabouts', range: '10.70.0.0/24' } }
    const said = all(
      namespace('sales'),
      tenant('sales', [{ ids: '700', masters: ['eth0'] }]),
      network('leads', config, 'sales'),
      pod('crm', { [NETWORKS]: 'leads' }, 'sales'),
      network('offers', { ...config, ipam: { type: 'whereabouts', range: '10.70.1.0/24' } }, 'sales'),
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'shop', namespace: 'sales' },
        spec: {
          selector: { matchLabels: { app: 'shop' } },
          template: {
            metadata: { labels: { app: 'shop' }, annotations: { [NETWORKS]: 'offers' } },
            spec: { containers: [{ name: 'a', image: 'b' }] },
          },
        },
      },
    )
    expect(said).toBe(
      [
        'namespace/sales created',
        'tenant.socni.dev/sales created',
        'networkattachmentdefinition.k8s.cni.cncf.io/leads created',
        'pod/crm created',
        'networkattachmentdefinition.k8s.cni.cncf.io/offers created',
        'deployment.apps/shop created\n',
      ].join('\n'),
    )
    expect(claimsOf('crm', 'sales')).toMatchObject([{ tenant: 'sales', nad: 'sales/leads' }])
  })

  it('takes a namespace that is a tenant’s by its label, and a VLAN that another one has just given back', async () => {
    all(tenant('old', [{ ids: '710', masters: ['eth0'] }]))
    await pause(2 * LAG_MS)
    tenants.plane.kubectl(['delete', 'tenant', 'old'])
    const selected = {
      ...tenant('stores', [{ ids: '710', masters: ['eth0'] }]),
      spec: {
        namespaceSelector: { matchLabels: { team: 'stores' } },
        vlans: [{ ids: '710', masters: ['eth0'] }],
      },
    }
    const config = { ...ledger, master: 'eth0.710', ipam: { type: 'whereabouts', range: '10.71.0.0/24' } }
    const said = all(selected, namespace('stores', { team: 'stores' }), network('tills', config, 'stores'))
    expect(said.match(/ created$/gm)).toHaveLength(3)
  })

  it('binds a claim to the network as it is by then, not as it was known when the pod came', async () => {
    const edited = (subnet: string) =>
      network('moving', { ...ledger, ipam: { type: 'whereabouts', range: subnet } })
    all(edited('10.110.2.0/24'))
    await pause(2 * LAG_MS)
    all(edited('10.110.3.0/24'), pod('quick', { [NETWORKS]: 'moving' }))
    const [early] = digestsOf('quick')
    expect(bind('quick')).toBe('')
    const [bound] = digestsOf('quick')
    await pause(2 * LAG_MS)
    all(pod('late', { [NETWORKS]: 'moving' }))
    const [late] = digestsOf('late')
    expect([early === late, bound === late]).toEqual([false, true])
  })

  it('takes a network away right behind its pods, also behind one that is still ending', async () => {
    all(network('brief', { ...ledger, ipam: { type: 'whereabouts', range: '10.110.4.0/24' } }))
    all(pod('gone', { [NETWORKS]: 'brief' }), pod('ending', { [NETWORKS]: 'brief' }))
    // A kubelet has half a minute for one that is bound; there is none here.
    expect(bind('ending')).toBe('')
    await pause(2 * LAG_MS)
    const remove = (...what: string[]) =>
      tenants.plane.said(['-n', 'finance', 'delete', '--wait=false', ...what])
    expect(remove('net-attach-def', 'brief')).toContain('[attachment-in-use]')
    expect(remove('pod/gone', 'pod/ending', 'net-attach-def/brief')).toMatch(/"brief" deleted/)
    expect(tenants.plane.said(['-n', 'finance', 'get', 'pod', 'gone', 'ending'])).toMatch(
      /^ending .*\n.*"gone" not found/m,
    )
  })

  it('goes on where it was when the connections of its watches break, without a list of everything', async () => {
    const before = await lag.breakWatches()
    const brokenAt = performance.now()
    const config = { ...ledger, master: 'eth0.730', ipam: { type: 'whereabouts', range: '10.73.0.0/24' } }
    const vlans = [{ ids: '730', masters: ['eth0'] }]
    const said = all(namespace('depot'), tenant('depot', vlans), network('gates', config, 'depot'))
    expect(said.match(/ created$/gm)).toHaveLength(3)
    // Each of them is heard of again since then. How long ago differs: one that had only just begun rests before it goes on.
    await until(async () => {
      const seconds = (performance.now() - brokenAt) / 1_000
      return (await staleness(tenants.replica.address)) < seconds
    })
    expect([before > 0, await lag.breakWatches()]).toEqual([true, before])
  })

  it('refuses what it does not know, when that takes too long', async () => {
    await lag.be(10_000)
    const said = all(
      namespace('tardy'),
      tenant('tardy', [{ ids: '720', masters: ['eth0'] }]),
      network('tardy', { ...ledger, master: 'eth0.720' }, 'tardy'),
    )
    // Before the API server gives up on a webhook, which it would say instead.
    expect(said).toContain('namespace "tardy" belongs to no tenant')
  })
})
