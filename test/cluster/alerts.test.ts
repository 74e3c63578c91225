import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { Metrics } from '../../webhook/metrics.ts'
import { type Alert, alerts, type Figures, replica } from '../webhook/alerts.ts'
import { findPromql } from './binaries.ts'

const MINUTE = 60
/** When something happens; before that all is well. */
const CHANGE = 60 * MINUTE
const SCRAPES = 180

/** What a replica says, scraped once a minute for an hour, and from then on what it says after something happened. */
async function load(
  metrics: Metrics,
  happens: (metrics: Metrics) => void = () => undefined,
): Promise<string> {
  const scrape = async () =>
    new Map(
      [...(await metrics.registry.metrics()).matchAll(/^(socni_\S+) (\S+)$/gm)].map(
        ([, series = '', value = '']) => [series, value],
      ),
    )
  const before = await scrape()
  happens(metrics)
  const after = await scrape()
  const first = CHANGE / MINUTE - 1
  const lines = [...after].map(
    ([series, value]) => `  ${series} ${before.get(series) ?? '_'}x${first} ${value}x${SCRAPES - first}`,
  )
  return ['load 1m', ...lines, ''].join('\n')
}

/** The labels of what an expression finds, by Prometheus. */
function ask(loaded: string, expression: string, at: number): Record<string, string>[] {
  const input = JSON.stringify({ load: loaded, expression, at })
  const { stdout, stderr } = spawnSync(findPromql(), { input, encoding: 'utf8' })
  const { series, error } = JSON.parse(stdout || JSON.stringify({ error: stderr }))
  expect(error).toBeUndefined()
  return series
}

const named = (name: string): Alert => {
  const alert = alerts.find(candidate => candidate.alert === name)
  if (alert === undefined) throw new Error(`there is no alert ${name}`)
  return alert
}

interface Wrong {
  readonly name: string
  readonly figures?: Figures
  readonly happens?: (metrics: Metrics) => void
}

/** What is wrong, for each alert. */
const WRONG: readonly Wrong[] = [
  { name: 'SocniNoLeader', figures: { isLeader: false } },
  { name: 'SocniPolicyStale', figures: { staleness: 51 } },
  { name: 'SocniPolicyProblem', figures: { problems: 1 } },
  { name: 'SocniCertificateEnds', figures: { certificateEnd: new Date(13 * 24 * 60 * 60_000) } },
  { name: 'SocniAuditLate', figures: { auditEnd: new Date(0) } },
  { name: 'SocniAuditFindings', figures: { standing: [{ rule: 'default-route', severity: 'error' }] } },
  { name: 'SocniReviewErrors', happens: metrics => metrics.countError('ERR_INTERNAL') },
]

describe('the alerts, to Prometheus', () => {
  it('say nothing while all is well, nor when somebody sends nonsense', async () => {
    const loaded = await load(replica(), metrics => metrics.countError('ERR_CONTENT_TYPE'))
    for (const { alert, expr } of alerts)
      expect([alert, ask(loaded, expr, CHANGE + MINUTE)]).toEqual([alert, []])
  })

  it.each(WRONG)('have $name told, for as long as it asks for', async ({ name, figures, happens }) => {
    const { expr, for: time } = named(name)
    const [, count = '', unit = ''] = /^(\d+)([mh])$/.exec(time) ?? []
    const lasting = Number(count) * (unit === 'h' ? 60 : 1) * MINUTE
    const loaded = await load(replica(figures), happens)
    for (const at of [CHANGE + MINUTE, CHANGE + MINUTE + lasting]) {
      expect(ask(loaded, expr, at).length).toBe(1)
      const others = alerts.filter(({ alert }) => alert !== name && alert !== 'SocniAuditLate')
      for (const other of others)
        expect([other.alert, ask(loaded, other.expr, at)]).toEqual([other.alert, []])
    }
  })

  it('have a test each', () => {
    expect(WRONG.map(({ name }) => name)).toEqual(alerts.map(({ alert }) => alert))
  })

  it('notice that nothing is scraped', () => {
    expect(ask('load 1m\n  up 0x200\n', named('SocniNoLeader').expr, CHANGE).length).toBe(1)
  })
})
