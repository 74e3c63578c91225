import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments, stringify } from 'yaml'
import { firstKeyFiles, readKeyFiles } from '../src/claims/files.ts'
import type { Manifest } from '../src/kube/manifest.ts'
import { lint } from '../src/lint/lint.ts'
import { exampleWorld, pod } from '../src/policy/example.ts'
import { allRules } from '../src/policy/rules/index.ts'
import { requestFor } from '../src/review/request.ts'
import { createLocalReview } from '../src/review/review.ts'
import { exampleInventory } from './example-inventory.ts'

const keyFiles = firstKeyFiles()
const keys = readKeyFiles(name => keyFiles[name], 'memory')

/** What people, and who means harm, write where something else belongs. */
const VALUES = [null, true, -1, 1e300, '', 'x', '$(x)\u0007\n', [], [null], {}, { x: { x: [] } }]

const root = join(import.meta.dirname, '..')
const files = ['examples/seeds', 'examples/networks', 'examples/policy'].flatMap(folder =>
  readdirSync(join(root, folder))
    .filter(name => name.endsWith('.yaml'))
    .map(name => join(root, folder, name)),
)
const manifests: Manifest[] = [
  ...files.flatMap(file => parseAllDocuments(readFileSync(file, 'utf8')).map(document => document.toJS())),
  ...exampleWorld,
  ...allRules.map(({ bad }) => bad.manifest),
  pod([{ name: 'storage', namespace: 'finance', ips: ['10.100.1.9/24'], mac: '02:00:00:00:00:01' }]),
]
  // Values of a chart are no manifest.
  .filter(({ apiVersion, kind }) => apiVersion !== undefined && kind !== undefined)

type Step = string | number

/** The value in a text, where it is an object in JSON. */
function parsed(text: string): unknown {
  try {
    return text.startsWith('{') ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}

/** Every place in a value, those of JSON in a text as well. */
function* placesIn(value: unknown, at: readonly Step[] = []): Generator<readonly Step[]> {
  const inner = typeof value === 'string' ? parsed(value) : value
  if (typeof inner !== 'object' || inner === null) return
  for (const key of Array.isArray(inner) ? inner.keys() : Object.keys(inner)) {
    yield [...at, key]
    yield* placesIn((inner as Record<Step, unknown>)[key], [...at, key])
  }
}

/** The value with another one at a place; undefined takes it away. */
function withValue(value: unknown, [step, ...rest]: readonly Step[], other: unknown): unknown {
  if (step === undefined) return other
  if (typeof value === 'string') return JSON.stringify(withValue(parsed(value), [step, ...rest], other))
  const copy = structuredClone(value) as Record<Step, unknown>
  const changed = withValue(copy[step], rest, other)
  if (changed !== undefined) copy[step] = changed
  else if (Array.isArray(copy)) copy.splice(Number(step), 1)
  else delete copy[step]
  return copy
}

/** All that a manifest may be with one place of it missing, or something else. */
function mutationsOf(manifest: Manifest): { where: string; object: Manifest }[] {
  return [...placesIn(manifest)].flatMap(at =>
    [undefined, ...VALUES].map(other => ({
      where: `${at.join('.')} = ${JSON.stringify(other)}`,
      object: withValue(manifest, at, other) as Manifest,
    })),
  )
}

/** The API server has told that much of every object. */
function isObject(object: Manifest): boolean {
  const { apiVersion, kind, metadata } = object
  return (
    typeof apiVersion === 'string' &&
    typeof kind === 'string' &&
    typeof metadata === 'object' &&
    metadata !== null &&
    !Array.isArray(metadata)
  )
}

describe.each(manifests.map(manifest => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const))(
  '%s, with any one place missing or something else,',
  (_, manifest) => {
    const mutations = mutationsOf(manifest)

    it('has an answer of the linter that a person can read', () => {
      for (const { where, object } of mutations) {
        const source = { path: 'a.yaml', read: () => stringify(object) }
        const { findings, failures } = lint([source], { policy: [], rules: {}, namespace: 'default' })
        expect([where, failures]).toEqual([where, []])
        for (const { message } of findings)
          expect([where, message]).toEqual([
            where,
            expect.not.stringMatching(/\p{Cc}|undefined|\[object|NaN|\.ts:/u),
          ])
      }
      expect(mutations.length).toBeGreaterThan(50)
    })

    it('has an answer of the webhook, created, changed or deleted', async () => {
      const review = createLocalReview(exampleInventory(), keys)
      for (const { where, object } of mutations.filter(mutation => isObject(mutation.object))) {
        const requests = [
          requestFor(object),
          requestFor(object, { operation: 'UPDATE', oldObject: manifest }),
          requestFor(manifest, { operation: 'UPDATE', oldObject: object }),
          requestFor(manifest, { operation: 'DELETE', object: null, oldObject: object }),
        ]
        for (const request of requests) {
          for (const phase of ['mutate', 'validate'] as const) {
            const { uid, allowed, status } = await review(request, phase)
            expect([where, uid, allowed || status?.message !== '']).toEqual([where, request.uid, true])
          }
        }
      }
    })
  },
)
