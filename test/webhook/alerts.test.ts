import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { alerts, replica } from './alerts.ts'

const metrics = replica({ standing: [{ rule: 'default-route', severity: 'error' }] })
const text = await metrics.registry.metrics()

/** Labels of each metric, those of the pod (by the PodMonitor) left out. */
const labelsOf = new Map<string, Set<string>>()
for (const [, name = '', labels = ''] of text.matchAll(/^(socni_\w+)(?:\{(.*)\})? /gm))
  labelsOf.set(name, new Set([...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label)))

describe('the alerts', () => {
  it.each(alerts)('ask, for $alert, for metrics and labels that a replica has', ({ expr }) => {
    const names = [...expr.matchAll(/socni_\w+/g)].map(([name]) => name)
    expect(names.length).toBeGreaterThan(0)
    for (const name of names) expect([...labelsOf.keys()]).toContain(name)
    const known = names.flatMap(name => [...(labelsOf.get(name) ?? [])])
    const grouped = [...expr.matchAll(/\bby \((\w+)\)/g)].map(([, label]) => label)
    const matched = [...expr.matchAll(/(\w+)=~?"/g)].map(([, label]) => label)
    for (const label of [...grouped, ...matched]) expect(known).toContain(label)
  })

  it('ask for errors that a replica counts from its start, so that the first one shows', () => {
    const { expr = '' } = alerts.find(({ alert }) => alert === 'SocniReviewErrors') ?? {}
    const codes = /code=~"(.*)"/.exec(expr)?.[1]?.split('|') ?? []
    expect(codes.length).toBe(3)
    for (const code of codes) expect(text).toContain(`socni_http_errors_total{code="${code}"} 0\n`)
  })

  it('are told of in docs/operations.md, each with what to do', () => {
    const operations = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8')
    expect([...operations.matchAll(/^\| `(Socni\w+)` /gm)].map(([, name]) => name)).toEqual(
      alerts.map(({ alert }) => alert),
    )
  })
})
