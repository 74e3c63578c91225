import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Finding } from '../../src/policy/finding.ts'
import { Metrics } from '../../webhook/metrics.ts'

const file = join(import.meta.dirname, '../../manifests/components/monitoring/alerts.yaml')

export interface Alert {
  readonly alert: string
  readonly expr: string
  readonly for: string
}

/** The alerts that the manifests bring. */
export const alerts: readonly Alert[] = parse(readFileSync(file, 'utf8')).spec.groups[0].rules

/** Figures of a replica, as its metrics are told them. */
export interface Figures {
  readonly problems?: number
  readonly staleness?: number
  readonly isLeader?: boolean
  readonly certificateEnd?: Date
  readonly auditEnd?: Date
  readonly standing?: readonly Pick<Finding, 'rule' | 'severity'>[]
}

/** Metrics of a replica with which everything is well, but for what is said. */
export function replica({ problems = 0, staleness = 10, ...figures }: Figures = {}): Metrics {
  const metrics = new Metrics({ problems: () => problems, staleness: () => staleness })
  metrics.setLeader(figures.isLeader ?? true)
  metrics.setCertificateExpiry(figures.certificateEnd ?? new Date(100 * 24 * 60 * 60_000))
  const object = { apiVersion: 'v1', kind: 'Pod', name: 'ledger' }
  const standings = figures.standing?.map(finding => ({ object, finding: finding as Finding }))
  metrics.setAudit(standings ?? [], figures.auditEnd ?? new Date(55 * 60_000))
  return metrics
}
