import { canonicalize } from '../../src/json/canonical.ts'
import { type JsonObject, printPath } from '../../src/json/value.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { isRefusal, type KindOf, type KubeClient, orNone } from '../../src/kube-api/client.ts'
import type { Standing } from './standing.ts'

/** Where reports are written: the API of OpenReports, or the one before it of the policy working group. */
export const REPORT_APIS = {
  openreports: {
    apiVersion: 'openreports.io/v1alpha1',
    namespaced: 'Report',
    cluster: 'ClusterReport',
  },
  wgpolicyk8s: {
    apiVersion: 'wgpolicyk8s.io/v1alpha2',
    namespaced: 'PolicyReport',
    cluster: 'ClusterPolicyReport',
  },
} as const

export type ReportApi = keyof typeof REPORT_APIS

/** One report for each namespace, and one for what has none, all of this name. */
const NAME = 'socni'
const SOURCE = 'socni'
/** An object of the API server has a megabyte and a half, and a result with the longest message two KiB; the summary counts them all. */
const MAX_RESULTS = 500

/** How many reports were written or deleted, and how many the API server did not take. */
export interface Written {
  readonly written: number
  readonly refused: number
}

/**
 * Writes what was found, one report a namespace, and only where it differs from the one that is there: the API server is
 * not asked to store the same again. Undefined where the cluster has no such kind.
 */
export async function writeReports(
  client: KubeClient,
  api: ReportApi,
  standings: readonly Standing[],
): Promise<Written | undefined> {
  const { apiVersion, namespaced, cluster } = REPORT_APIS[api]
  const known = new Map<string, Manifest>()
  for (const kind of [namespaced, cluster]) {
    const options = { fieldSelector: `metadata.name=${NAME}` }
    const listing = await orNone(() => client.list({ apiVersion, kind }, manifest => manifest, options))
    if (listing === undefined) return undefined
    for (const report of listing.items) known.set(report.metadata.namespace ?? '', report)
  }
  const found = Map.groupBy(standings, ({ object }) => object.namespace ?? '')
  const outcome = { written: 0, refused: 0 }
  for (const namespace of new Set([...known.keys(), ...found.keys()])) {
    const [before, now] = [known.get(namespace), found.get(namespace)]
    const kind = { apiVersion, kind: namespace === '' ? cluster : namespaced }
    try {
      if (await writeReport(client, { ...kind, namespace }, before, now)) outcome.written++
    } catch (error) {
      // A namespace that is about to go takes no reports, and the others must not wait for it.
      if (!isRefusal(error)) throw error
      outcome.refused++
    }
  }
  return outcome
}

/** Returns whether anything had to be written. */
async function writeReport(
  client: KubeClient,
  { namespace, ...kind }: KindOf & { namespace: string },
  before: Manifest | undefined,
  now: readonly Standing[] | undefined,
): Promise<boolean> {
  if (now === undefined) {
    if (before !== undefined) await client.delete(before)
    return before !== undefined
  }
  const content = contentOf(now)
  if (before === undefined) {
    const metadata = { name: NAME, ...(namespace !== '' && { namespace }) }
    await client.create({ ...kind, metadata, ...content })
    return true
  }
  if (isSame(before, content)) return false
  await client.replace({ ...before, ...content })
  return true
}

/** OpenReports, ReportSummary and ReportResult; the older API has the same fields. */
function contentOf(standings: readonly Standing[]): JsonObject {
  const results = standings.toSorted(byObject).map(resultOf)
  const count = (result: string): number => results.filter(one => one.result === result).length
  return {
    summary: { pass: 0, fail: count('fail'), warn: count('warn'), error: 0, skip: 0 },
    results: results.slice(0, MAX_RESULTS),
  }
}

function resultOf({ object, finding }: Standing): JsonObject {
  const { rule, severity, title, message, at, inside = [] } = finding
  return {
    source: SOURCE,
    policy: SOURCE,
    rule,
    category: 'Tenant networks',
    result: severity === 'error' ? 'fail' : 'warn',
    severity: severity === 'error' ? 'high' : 'low',
    scored: true,
    message: `${title}: ${message}`,
    resources: [{ ...object }],
    properties: { field: printPath([...at, ...inside]) },
  }
}

/** An order that only depends on what was found. */
function byObject(a: Standing, b: Standing): number {
  const [one, other] = [a, b].map(({ object, finding }) =>
    JSON.stringify([object.kind, object.name, finding.rule, finding.message]),
  )
  return (one ?? '') < (other ?? '') ? -1 : Number(one !== other)
}

function isSame({ summary, results = [] }: Manifest, content: JsonObject): boolean {
  // Both come from JSON.
  const stored = { summary, results } as unknown as JsonObject
  return canonicalize(stored) === canonicalize(content)
}
