import { describe, expect, it } from 'vitest'
import type { AdmissionRequest } from '../src/kube/admission.ts'
import type { Manifest } from '../src/kube/manifest.ts'
import { exampleWorld } from '../src/policy/example.ts'
import { judge } from '../src/policy/judge.ts'
import type { Example } from '../src/policy/rule.ts'
import { allRules } from '../src/policy/rules/index.ts'
import { exampleInventory } from './example-inventory.ts'
import { startWebhook } from './webhook-under-test.ts'

/** What the API server sends for a request that is no creation. */
function changeOf(manifest: Manifest, request: Example['request']): Partial<AdmissionRequest> {
  if (request === undefined) return {}
  if ('user' in request) return { userInfo: { username: request.user } }
  return 'before' in request
    ? { operation: 'UPDATE', oldObject: request.before }
    : { operation: 'DELETE', oldObject: manifest, object: null }
}

describe('every edge', () => {
  it('finds the same rules in the same examples, whether in one process or over TLS', async () => {
    for (const { good, bad } of allRules) {
      const given = [...new Set([...(good.given ?? []), ...(bad.given ?? [])])]
      await using webhook = await startWebhook([...exampleWorld, ...given])
      for (const { manifest, request } of [good, bad]) {
        const judged = judge(manifest, exampleInventory(...given), request)
          // The webhook writes claims itself, so that one in a file is replaced and never refused.
          .filter(({ rule }) => rule !== 'foreign-claim')
          .map(({ rule, severity }) => `${severity} ${rule}`)
        const { response } = await webhook.apiServer.create(
          manifest,
          manifest.metadata.namespace ?? '',
          changeOf(manifest, request),
        )
        const answered = [
          ...(response.status?.details?.causes ?? []).map(({ reason }) => `error ${reason}`),
          ...(response.warnings ?? []).map(warning => `warning ${warning.replace(/^\[([^\]]*)\].*/s, '$1')}`),
        ]
        expect(answered.sort()).toEqual(judged.sort())
      }
    }
  })
})
