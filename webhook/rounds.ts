import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { KubeClient } from '../src/kube-api/client.ts'
import type { Auditor } from './audit/auditor.ts'
import { lead, resign } from './cluster/lease.ts'
import { tellNodes } from './cluster/node-facts.ts'
import type { Serving } from './cluster/serving.ts'
import type { ClusterStore } from './cluster/store.ts'
import { Withdrawals } from './cluster/withdrawals.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { repeat } from './repeat.ts'
import type { RunningServer } from './server.ts'
import { expiryOf } from './tls/certificates.ts'

/** Between two looks at Lease and certificates: well below the Lease's fifteen seconds, and little to ask of a small cluster. */
const ROUND_MS = 5_000

/** Between two looks at what Tenants have lost; a change of them is followed by a few reads. */
const WITHDRAWALS_MS = 10_000

export interface RoundsOptions {
  readonly client: KubeClient
  readonly store: ClusterStore
  readonly serving: Serving
  readonly server: Pick<RunningServer, 'setCertificate'>
  readonly auditor: Auditor
  readonly metrics: Metrics
  /** In what the configuration is not that of this cluster. */
  readonly contradicted: () => readonly string[]
  readonly clock: () => Date
  readonly log: Log
}

/** What each replica does beside its reviews, and what the one that leads does for all of them. */
export class Rounds {
  readonly #options: RoundsOptions
  readonly #identity = `${hostname()}_${randomUUID()}`
  readonly #repeated: readonly { stop(): Promise<void> }[]
  #isLeader = false
  #served: string
  #told = ''
  #withdrawals: Withdrawals

  constructor(options: RoundsOptions) {
    const { serving, log } = options
    this.#options = options
    this.#served = serving.certificate.cert
    this.#withdrawals = this.#watchWithdrawals()
    this.#repeated = [
      repeat(() => this.#round(), ROUND_MS, log, 'Lease and certificates cannot be looked after'),
      repeat(() => this.#withdraw(), WITHDRAWALS_MS, log, 'what Tenants have lost cannot be looked for'),
    ]
  }

  /** Ends what is being done; afterwards the Lease can be given up. */
  async stop(): Promise<void> {
    await Promise.all(this.#repeated.map(work => work.stop()))
  }

  /** Whoever takes over need not wait until the Lease is over. */
  async resign(): Promise<void> {
    const { client, log } = this.#options
    await resign(client, this.#identity).catch(error =>
      log.warn({ err: error }, 'the Lease cannot be given up'),
    )
  }

  async #round(): Promise<void> {
    const { client, store, serving, auditor, metrics, clock, log } = this.#options
    this.#tellContradictions()
    this.#isLeader = await lead(client, this.#identity, clock(), auditor.endedAt)
    metrics.setLeader(this.#isLeader)
    const isInCharge = this.#isLeader && this.#isKnown()
    auditor.tick(isInCharge)
    if (isInCharge) await tellNodes(client, store, log)
    await serving.look(this.#isLeader)
    this.#serve()
  }

  #tellContradictions(): void {
    const found = this.#options.contradicted().join('; ')
    if (found !== '' && found !== this.#told)
      this.#options.log.warn({ found }, 'the configuration is not that of this cluster')
    this.#told = found
  }

  #serve(): void {
    const { serving, server, metrics, log } = this.#options
    const { certificate } = serving
    if (certificate.cert === this.#served) return
    const until = expiryOf(certificate.cert)
    server.setCertificate(certificate)
    metrics.setCertificateExpiry(until)
    log.info({ until }, 'a new certificate is served')
    this.#served = certificate.cert
  }

  async #withdraw(): Promise<void> {
    // Who did not lead meanwhile does not know what was written down, and begins with what there is.
    if (!this.#isLeader) this.#withdrawals = this.#watchWithdrawals()
    else if (this.#isKnown()) await this.#withdrawals.look()
  }

  #watchWithdrawals(): Withdrawals {
    const { client, store, clock, log } = this.#options
    return new Withdrawals(client, store.inventory, clock, log)
  }

  #isKnown(): boolean {
    return this.#options.store.unread() === undefined
  }
}
