import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openKeys, readKeys } from '../src/claims/files.ts'
import { writeAtomically } from '../src/files/atomic.ts'
import { createReview } from '../src/review/review.ts'
import type { Configuration } from './flags.ts'
import type { Log } from './log.ts'
import { Metrics } from './metrics.ts'
import { type RunningServer, startServer } from './server.ts'
import { openDirectory } from './store/directory.ts'
import { type CertificatePair, expiryOf } from './tls/certificates.ts'
import { type CertificateSource, givenCertificates, ownCertificates } from './tls/files.ts'

export interface ServiceOptions {
  readonly configuration: Configuration
  readonly log: Log
  readonly clock: () => Date
  /** Milliseconds between two looks at files that may have changed. */
  readonly pollInterval: number
  readonly drainDelay: number
}

/** The API server waits three seconds (timeoutSeconds in manifests/), and should hear our reason. */
export const LIMITS = { deadline: 2_500, maxConcurrent: 256, maxBytes: 32 * 1024 * 1024 }

export interface RunningService {
  readonly url: string
  /** PEM of the authority that clients verify the webhook with; undefined with an operator's own certificate. */
  readonly authority: string | undefined
  close(): Promise<void>
}

/** Starts the webhook on the embedded default: policy, keys and certificates in a directory. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { configuration, log, clock } = options
  const { stateDirectory, policyDirectory } = configuration
  preparePolicy(policyDirectory)
  const store = openDirectory(policyDirectory)
  for (const problem of store.problems) log.error({ problem }, 'a policy document is wrong, or not in force')
  const keyDirectory = join(stateDirectory, 'keys')
  let keys = openKeys(keyDirectory)
  /** What could not be read at the last look, by what it is. */
  const failures = new Map<string, string>()
  const problems = (): string[] => [...store.problems, ...failures.values()]
  const metrics = new Metrics({ problems: () => problems().length, staleness: () => 0 })
  const certificates = certificateSource(configuration, clock)
  let certificate = certificates.current()
  metrics.setCertificateExpiry(expiryOf(certificate.cert))

  const server = await startServer({
    decide: createReview({
      get inventory() {
        return store.inventory
      },
      keys: () => keys,
      clock,
      counters: metrics,
    }),
    metrics,
    log,
    certificate,
    host: configuration.host,
    port: configuration.port,
    clientCa: configuration.clientCa && readFileSync(configuration.clientCa, 'utf8'),
    problems,
    obstacle: () => undefined,
    ...LIMITS,
    drainDelay: options.drainDelay,
  })

  const look = (what: string, work: () => void): void => {
    // A file that cannot be read must not stop a webhook that works.
    try {
      work()
      failures.delete(what)
    } catch (error) {
      if (!failures.has(what))
        log.error({ err: error }, `the ${what} cannot be read; what it said before stays in force`)
      failures.set(what, `${what}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const poll = setInterval(() => {
    look('policy', () => {
      if (!store.reload()) return
      if (store.problems.length === 0) log.info('the policy was read again')
      for (const problem of store.problems)
        log.error({ problem }, 'a policy document is wrong, or not in force')
    })
    look('keys', () => {
      keys = readKeys(keyDirectory)
    })
    look('certificate', () => {
      certificate = renew(certificates, certificate, server, metrics, log)
    })
  }, options.pollInterval)

  return {
    url: server.url,
    authority: certificates.authority,
    close: async () => {
      clearInterval(poll)
      await server.close()
    },
  }
}

function certificateSource(
  { tlsCert, tlsKey, stateDirectory, names }: Configuration,
  clock: () => Date,
): CertificateSource {
  if (tlsCert !== undefined && tlsKey !== undefined) return givenCertificates(tlsCert, tlsKey)
  return ownCertificates(join(stateDirectory, 'tls'), names, clock)
}

function renew(
  source: CertificateSource,
  old: CertificatePair,
  server: RunningServer,
  metrics: Metrics,
  log: Log,
): CertificatePair {
  const fresh = source.current()
  if (fresh.cert === old.cert && fresh.key === old.key) return old
  server.setCertificate(fresh)
  metrics.setCertificateExpiry(expiryOf(fresh.cert))
  log.info({ until: expiryOf(fresh.cert) }, 'a new certificate is served')
  return fresh
}

/** On first start the directory gets a file that says where the cluster's facts and the tenants go. */
function preparePolicy(directory: string): void {
  if (existsSync(directory)) return
  mkdirSync(directory, { recursive: true })
  const starter = new URL('../examples/policy/cluster.yaml', import.meta.url)
  writeAtomically(join(directory, 'cluster.yaml'), readFileSync(starter, 'utf8'), 0o644)
}
