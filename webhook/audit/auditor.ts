import type { ClaimKeys } from '../../src/claims/files.ts'
import type { KubeClient } from '../../src/kube-api/client.ts'
import type { Inventory } from '../../src/policy/inventory.ts'
import type { Journal } from '../cluster/reflector.ts'
import { EventWriter } from './events.ts'
import { type ReportApi, writeReports } from './reports.ts'
import { auditCluster, type Standing } from './standing.ts'
import { writeStatuses } from './status.ts'

export interface AuditorOptions {
  readonly client: KubeClient
  readonly inventory: Inventory
  readonly keys: () => ClaimKeys
  readonly clock: () => Date
  /** Undefined: no reports. */
  readonly reports: ReportApi | undefined
  /** Milliseconds from one audit to the next. */
  readonly interval: number
  readonly log: Journal
  readonly metrics: AuditMetrics
}

export interface AuditMetrics {
  /** What the last audit found, by rule; undefined in replicas that do not audit. */
  setAudit(standings: readonly Standing[] | undefined, end: Date): void
}

/** How often the status of Tenants follows what changed. */
const STATUS_MS = 10_000
/** After an audit that failed, the next one waits no longer than so. */
const RETRY_MS = 5_000

/** Does what one replica does for all: it judges what is there already, and writes down what became of Tenants. */
export class Auditor {
  readonly #options: AuditorOptions
  readonly #events: EventWriter
  readonly #abort = new AbortController()
  #running: Promise<void> | undefined
  #auditedAt = Number.NEGATIVE_INFINITY
  #statusAt = Number.NEGATIVE_INFINITY
  #revision = -1
  #endedAt: Date | undefined

  constructor(options: AuditorOptions) {
    this.#options = options
    this.#events = new EventWriter(options.client)
  }

  /** Starts what is due, unless something is under way still; returns at once. */
  tick(isLeader: boolean): void {
    const { clock, metrics, log } = this.#options
    if (!isLeader) {
      // Whoever leads next time begins anew.
      if (this.#auditedAt > 0) metrics.setAudit(undefined, clock())
      this.#auditedAt = this.#statusAt = Number.NEGATIVE_INFINITY
      return
    }
    if (this.#running !== undefined) return
    this.#running = this.#run()
      .catch(error => {
        if (!this.#abort.signal.aborted) log.warn({ err: error }, 'the audit failed; it is tried again')
      })
      .finally(() => {
        this.#running = undefined
      })
  }

  /** When the last audit of this replica ended. */
  get endedAt(): Date | undefined {
    return this.#endedAt
  }

  /** Ends what is under way. */
  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { client, inventory, clock, interval } = this.#options
    const now = clock().getTime()
    const isDue = now - this.#auditedAt >= interval
    // Both only grow, and so does their sum.
    const revision = inventory.revision + inventory.uses.revision
    if (isDue || (now - this.#statusAt >= STATUS_MS && revision !== this.#revision)) {
      this.#statusAt = now
      await writeStatuses(client, inventory, clock())
      this.#revision = revision
    }
    if (!isDue) return
    this.#auditedAt = now
    try {
      await this.#audit()
    } catch (error) {
      this.#auditedAt = now - interval + RETRY_MS
      throw error
    }
  }

  async #audit(): Promise<void> {
    const { client, inventory, keys, clock, reports, log, metrics } = this.#options
    const start = clock()
    const failed = (object: object, error: unknown): void =>
      log.error({ err: error, ...object }, 'a bug: this object cannot be judged')
    const standings = await auditCluster(client, inventory, keys(), this.#abort.signal, failed)
    this.#endedAt = clock()
    metrics.setAudit(standings, this.#endedAt)
    const outcome = reports && (await writeReports(client, reports, standings))
    const events = await this.#events.tell(standings, clock())
    const milliseconds = clock().getTime() - start.getTime()
    log.info(
      { findings: standings.length, reports: outcome, events, milliseconds },
      'what is there was audited',
    )
    if (outcome !== undefined && outcome.refused > 0)
      log.warn(
        { reports, ...outcome },
        'the API server does not take some reports: is the ClusterRole up to date?',
      )
    if (reports !== undefined && outcome === undefined)
      log.warn(
        { reports },
        'the cluster has no such reports: install their definitions, or use --reports=none',
      )
  }
}
