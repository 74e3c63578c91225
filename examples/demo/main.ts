import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFlags } from '../../webhook/flags.ts'
import { createLog } from '../../webhook/log.ts'
import { startService } from '../../webhook/service.ts'
import { ApiServer } from './api-server.ts'
import { runDemo } from './demo.ts'

const state = mkdtempSync(join(tmpdir(), 'socni-demo-'))
const policyDirectory = join(state, 'policy')
cpSync(new URL('../policy', import.meta.url), policyDirectory, { recursive: true })
const service = await startService({
  configuration: readFlags(
    ['--state', state, '--policy', policyDirectory, '--port', '0', '--log-level', 'warn'],
    {},
  ),
  log: createLog('warn'),
  clock: () => new Date(),
  pollInterval: 50,
  drainDelay: 0,
})
const apiServer = new ApiServer(service.url, service.authority)
try {
  const keys = readFileSync(join(state, 'keys', 'keys.json'), 'utf8')
  const settle = () => new Promise<void>(resolve => setTimeout(resolve, 200))
  for await (const text of runDemo({ apiServer, policyDirectory, keys, settle })) process.stdout.write(text)
} finally {
  apiServer.close()
  await service.close()
  rmSync(state, { recursive: true })
}
