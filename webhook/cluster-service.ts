import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { KubeClient, loadConfig } from '../src/kube-api/client.ts'
import { createReview } from '../src/review/review.ts'
import { Auditor } from './audit/auditor.ts'
import { createAssignments } from './cluster/assign.ts'
import { CatchUp } from './cluster/catch-up.ts'
import { withConfigurationChecked } from './cluster/cluster-configuration.ts'
import { withFreshObjects } from './cluster/fresh.ts'
import { ensureKeys } from './cluster/keys.ts'
import { lead, resign } from './cluster/lease.ts'
import { tellNodes } from './cluster/node-facts.ts'
import { contradictions, ownAddresses } from './cluster/own-addresses.ts'
import { givenServing, ownServing } from './cluster/serving.ts'
import { followCluster } from './cluster/store.ts'
import { Withdrawals } from './cluster/withdrawals.ts'
import { Currency } from './current.ts'
import type { Log } from './log.ts'
import { Metrics } from './metrics.ts'
import { startServer } from './server.ts'
import { LIMITS, type RunningService, type ServiceOptions } from './service.ts'
import { expiryOf } from './tls/certificates.ts'

/** Between two looks at Lease and certificates: well below the Lease's fifteen seconds, and little to ask of a small cluster. */
const ROUND_MS = 5_000

/** Between two looks at what Tenants have lost; a change of them is followed by a few reads. */
const WITHDRAWALS_MS = 10_000

/** Starts the webhook on a cluster: policy, keys and certificates are objects of the API server, the same for all replicas. */
export async function startClusterService(options: ServiceOptions): Promise<RunningService> {
  const { configuration, log, clock } = options
  const client = new KubeClient(loadConfig({ kubeconfig: configuration.kubeconfig }))
  const store = followCluster(client, await ensureKeys(client), log)
  const { tlsCert, tlsKey, names } = configuration
  const serving =
    tlsCert === undefined || tlsKey === undefined
      ? await ownServing(client, names, clock, log)
      : givenServing(tlsCert, tlsKey)
  const metrics = new Metrics({ problems: () => problems().length, staleness: () => store.staleness() })
  metrics.setCertificateExpiry(expiryOf(serving.certificate.cert))
  const assignments = createAssignments(client, store.inventory)
  const catchUp = new CatchUp(client, store, log)
  const review = createReview({
    inventory: store.inventory,
    keys: store.keys,
    clock,
    counters: metrics,
    mayAssign: assignments.mayAssign,
    lookAgain: request => catchUp.lookAgain(request),
  })

  const own = ownAddresses(configuration.apiServerService)
  const isKnown = (): boolean => store.unread() === undefined
  // Before it is read the configuration is that of any K3s, and wrong about many clusters.
  const contradicted = (): string[] => (isKnown() ? contradictions(store.inventory.cluster, own) : [])
  const problems = (): string[] => [...store.problems(), ...contradicted()]
  const currency = new Currency(store)
  const decide = withFreshObjects(review, client, store.inventory, catchUp, assignments, log)

  const server = await startServer({
    // Also while nothing can be decided: how else would the configuration be put right?
    decide: withConfigurationChecked(currency.guard(decide), own),
    metrics,
    log,
    certificate: serving.certificate,
    host: configuration.host,
    port: configuration.port,
    clientCa: configuration.clientCa && readFileSync(configuration.clientCa, 'utf8'),
    problems,
    obstacle: () => currency.obstacle(),
    ...LIMITS,
    drainDelay: options.drainDelay,
  })

  const auditor = new Auditor({
    client,
    inventory: store.inventory,
    keys: store.keys,
    clock,
    reports: configuration.reports,
    interval: configuration.auditInterval * 1000,
    log,
    metrics,
  })
  const identity = `${hostname()}_${randomUUID()}`
  let served = serving.certificate
  let told = ''
  let isLeader = false
  const round = async (): Promise<void> => {
    const found = contradicted().join('; ')
    if (found !== '' && found !== told) log.warn({ found }, 'the configuration is not that of this cluster')
    told = found
    isLeader = await lead(client, identity, clock())
    metrics.setLeader(isLeader)
    auditor.tick(isLeader && isKnown())
    if (isLeader && isKnown()) await tellNodes(client, store, log)
    await serving.look(isLeader)
    const { certificate } = serving
    if (certificate.cert === served.cert) return
    server.setCertificate(certificate)
    metrics.setCertificateExpiry(expiryOf(certificate.cert))
    log.info({ until: expiryOf(certificate.cert) }, 'a new certificate is served')
    served = certificate
  }
  const rounds = repeat(round, ROUND_MS, log, 'Lease and certificates cannot be looked after')
  const beginAnew = (): Withdrawals => new Withdrawals(client, store.inventory, clock, log)
  let withdrawals = beginAnew()
  const lookForWithdrawals = async (): Promise<void> => {
    if (!isLeader) withdrawals = beginAnew()
    else if (isKnown()) await withdrawals.look()
  }
  const looks = repeat(lookForWithdrawals, WITHDRAWALS_MS, log, 'what Tenants have lost cannot be looked for')

  return {
    url: server.url,
    authority: serving.authority,
    close: async () => {
      // At once: nobody is to send more reviews while an audit comes to its end.
      await Promise.all([server.close(), rounds.stop(), looks.stop(), auditor.stop()])
      store.stop()
      // Whoever takes over need not wait until the Lease is over.
      await resign(client, identity).catch(error => log.warn({ err: error }, 'the Lease cannot be given up'))
    },
  }
}

/** Does the work again and again, with a pause in between; one failure does not end it. */
function repeat(
  work: () => Promise<void>,
  interval: number,
  log: Log,
  failure: string,
): { stop(): Promise<void> } {
  let isStopped = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const turn = async (): Promise<void> => {
    try {
      await work()
    } catch (error) {
      log.warn({ err: error }, `${failure}; it is tried again`)
    }
    if (!isStopped) {
      timer = setTimeout(() => {
        running = turn()
      }, interval)
    }
  }
  running = turn()
  return {
    stop: async () => {
      isStopped = true
      clearTimeout(timer)
      await running
    },
  }
}
