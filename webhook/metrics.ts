import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Phase } from '../src/review/context.ts'
import type { Standing } from './audit/standing.ts'
import type { RequestErrorCode } from './request-error.ts'

/** What is looked at when the metrics are asked for, so that a figure is never older than its answer. */
export interface Gauged {
  /** How many documents and files cannot be read, or are not in force. */
  problems(): number
  /** Seconds since the API server was heard from; none to hear from is 0. */
  staleness(): number
}

/** Errors that leave a decision to failurePolicy (manifests/components/monitoring has the alert). */
const ALERTED_CODES: readonly RequestErrorCode[] = ['ERR_INTERNAL', 'ERR_DEADLINE', 'ERR_BUSY']

/** The webhook's Prometheus metrics. Labels take values of ours only, so that no tenant can make new series. */
export class Metrics {
  readonly registry = new Registry()
  readonly #reviews = new Histogram({
    name: 'socni_admission_review_duration_seconds',
    help: 'How long a decision took.',
    labelNames: ['phase', 'allowed'] as const,
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 2.5],
    registers: [this.registry],
  })
  readonly #findings = new Counter({
    name: 'socni_admission_findings_total',
    help: 'Findings by rule, and what became of them: denied, warned or audited.',
    labelNames: ['rule', 'outcome'] as const,
    registers: [this.registry],
  })
  readonly #claims = new Counter({
    name: 'socni_claims_signed_total',
    help: 'Claims signed for admitted selections.',
    registers: [this.registry],
  })
  readonly #errors = new Counter({
    name: 'socni_http_errors_total',
    help: 'Requests answered with an HTTP error, by its code.',
    labelNames: ['code'] as const,
    registers: [this.registry],
  })
  readonly #leader = new Gauge({
    name: 'socni_leader',
    help: 'Whether this replica looks after certificates (1) or another one does (0).',
    registers: [this.registry],
  })
  readonly #expiry = new Gauge({
    name: 'socni_certificate_expiry_timestamp_seconds',
    help: 'When the serving certificate ends, in seconds since 1970.',
    registers: [this.registry],
  })

  readonly #standing = new Gauge({
    name: 'socni_audit_findings',
    help: 'What the last audit found in the cluster, by rule and severity; told by the replica that leads.',
    labelNames: ['rule', 'severity'] as const,
    registers: [this.registry],
  })
  readonly #auditEnd = new Gauge({
    name: 'socni_audit_timestamp_seconds',
    help: 'When the last audit ended, in seconds since 1970; 0 in replicas that do not lead.',
    registers: [this.registry],
  })

  constructor(gauged: Gauged) {
    const registers = [this.registry]
    // Prometheus counts what is added to a figure that it has seen: the first of these would be none.
    for (const code of ALERTED_CODES) this.#errors.inc({ code }, 0)
    new Gauge({
      name: 'socni_policy_problems',
      help: 'Policy documents and files that cannot be read, and Tenants that are not in force; what they said before stays.',
      registers,
      collect() {
        this.set(gauged.problems())
      },
    })
    new Gauge({
      name: 'socni_policy_staleness_seconds',
      help: 'Since when the API server was not heard from, by the kind that waits longest.',
      registers,
      collect() {
        this.set(gauged.staleness())
      },
    })
  }

  /** Starts the clock of a review; calling the result stops it. */
  startReview(): (phase: Phase, allowed: boolean) => void {
    const end = this.#reviews.startTimer()
    return (phase, allowed) => void end({ phase, allowed: String(allowed) })
  }

  countFinding(rule: string, outcome: 'denied' | 'warned' | 'audited'): void {
    this.#findings.inc({ rule, outcome })
  }

  countClaims(count: number): void {
    this.#claims.inc(count)
  }

  countError(code: string): void {
    this.#errors.inc({ code })
  }

  setAudit(standings: readonly Standing[] | undefined, end: Date): void {
    this.#standing.reset()
    for (const { finding } of standings ?? [])
      this.#standing.inc({ rule: finding.rule, severity: finding.severity })
    this.#auditEnd.set(standings === undefined ? 0 : end.getTime() / 1000)
  }

  setLeader(isLeader: boolean): void {
    this.#leader.set(isLeader ? 1 : 0)
  }

  setCertificateExpiry(end: Date): void {
    this.#expiry.set(end.getTime() / 1000)
  }
}
