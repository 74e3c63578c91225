import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { ApiServer } from '../examples/demo/api-server.ts'
import type { Manifest } from '../src/kube/manifest.ts'
import { exampleWorld } from '../src/policy/example.ts'
import { readFlags } from '../webhook/flags.ts'
import { createLog } from '../webhook/log.ts'
import { type RunningService, startService } from '../webhook/service.ts'

export interface WebhookUnderTest extends AsyncDisposable {
  readonly service: RunningService
  readonly apiServer: ApiServer
  readonly state: string
  readonly policy: string
}

/** A real webhook on a free port of loopback, with real TLS, on a directory with these manifests. */
export async function startWebhook(
  manifests: readonly Manifest[] = exampleWorld,
  clock: () => Date = () => new Date(),
  log = createLog('fatal'),
): Promise<WebhookUnderTest> {
  const state = mkdtempSync(join(tmpdir(), 'socni-test-'))
  const policy = mkdtempSync(join(state, 'policy-'))
  writeFileSync(join(policy, 'world.yaml'), manifests.map(manifest => stringify(manifest)).join('---\n'))
  const service = await startService({
    configuration: readFlags(
      ['--state', state, '--policy', policy, '--port', '0', '--log-level', 'fatal'],
      {},
    ),
    log,
    clock,
    pollInterval: 20,
    drainDelay: 0,
  })
  const apiServer = new ApiServer(service.url, service.authority)
  return {
    service,
    apiServer,
    state,
    policy,
    async [Symbol.asyncDispose]() {
      apiServer.close()
      await service.close()
      rmSync(state, { recursive: true })
    },
  }
}

/** Asks again until the answer is as wanted; a policy file is read within a moment, not at once. */
export async function eventually<T>(ask: () => Promise<T> | T, isWanted: (answer: T) => boolean): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const answer = await ask()
    if (isWanted(answer) || attempt === 200) return answer
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
