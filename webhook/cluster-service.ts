import { readFileSync } from 'node:fs'
import { KubeClient, loadConfig } from '../src/kube-api/client.ts'
import { createReview } from '../src/review/review.ts'
import { Auditor } from './audit/auditor.ts'
import { createAssignments } from './cluster/assign.ts'
import { CatchUp } from './cluster/catch-up.ts'
import { withConfigurationChecked } from './cluster/cluster-configuration.ts'
import { withFreshObjects } from './cluster/fresh.ts'
import { ensureKeys } from './cluster/keys.ts'
import { contradictions, ownAddresses } from './cluster/own-addresses.ts'
import { givenServing, ownServing } from './cluster/serving.ts'
import { ClusterStore } from './cluster/store.ts'
import { Currency } from './current.ts'
import { Metrics } from './metrics.ts'
import { Rounds } from './rounds.ts'
import { startServer } from './server.ts'
import { LIMITS, type RunningService, type ServiceOptions } from './service.ts'
import { expiryOf } from './tls/certificates.ts'

/** Starts the webhook on a cluster: policy, keys and certificates are objects of the API server, the same for all replicas. */
export async function startClusterService(options: ServiceOptions): Promise<RunningService> {
  const { configuration, log, clock } = options
  const client = new KubeClient(loadConfig({ kubeconfig: configuration.kubeconfig }))
  const store = new ClusterStore(client, await ensureKeys(client), log)
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
    keys: () => store.keys(),
    clock,
    counters: metrics,
    mayAssign: assignments.mayAssign,
    lookAgain: request => catchUp.lookAgain(request),
  })

  const own = ownAddresses(configuration.apiServerService)
  // Before it is read the configuration is that of any K3s, and wrong about many clusters.
  const contradicted = (): string[] =>
    store.unread() === undefined ? contradictions(store.inventory.cluster, own) : []
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
    keys: () => store.keys(),
    clock,
    reports: configuration.reports,
    interval: configuration.auditInterval * 1000,
    log,
    metrics,
  })
  const rounds = new Rounds({ client, store, serving, server, auditor, metrics, contradicted, clock, log })

  return {
    url: server.url,
    authority: serving.authority,
    close: async () => {
      // At once: nobody is to send more reviews while an audit comes to its end.
      await Promise.all([server.close(), rounds.stop(), auditor.stop()])
      store.stop()
      await rounds.resign()
    },
  }
}
