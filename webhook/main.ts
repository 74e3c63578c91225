import { join } from 'node:path'
import { KeyError } from '../src/claims/jwk.ts'
import { UnreadableFileError } from '../src/files/read-text.ts'
import { ApiError } from '../src/kube-api/client.ts'
import { startClusterService } from './cluster-service.ts'
import { readFlags, UsageError, usage } from './flags.ts'
import { createLog } from './log.ts'
import { startService } from './service.ts'

const args = process.argv.slice(2)

if (args.includes('--help')) process.stdout.write(usage())
else await main()

async function main(): Promise<void> {
  try {
    const configuration = readFlags(args, process.env)
    const log = createLog(configuration.logLevel)
    const start = configuration.isInCluster ? startClusterService : startService
    const service = await start({
      configuration,
      log,
      clock: () => new Date(),
      pollInterval: 2_000,
      // Endpoints take a moment to forget a pod; on a laptop nobody waits.
      drainDelay: configuration.apiServerService === undefined ? 0 : 5_000,
    })
    if (configuration.isInCluster) log.info({ url: service.url }, 'listening, with the policy of the cluster')
    else
      process.stdout.write(greeting(service.url, configuration.stateDirectory, configuration.policyDirectory))
    for (const signal of ['SIGTERM', 'SIGINT']) {
      process.once(signal, () => void service.close().then(() => log.info('stopped')))
    }
  } catch (error) {
    if (!isExplained(error)) throw error
    process.stderr.write(`socni-webhook: ${explain(error)}\n`)
    process.exitCode = error instanceof UsageError ? 2 : 3
  }
}

function greeting(url: string, state: string, policy: string): string {
  return `SOCNI listens on ${url}, with the policy in ${policy}. Try a pod network that steals the default route:

  curl --cacert ${join(state, 'tls', 'ca.crt')} -H 'content-type: application/json' \\
    -d @examples/reviews/default-route.json ${url}/validate

`
}

function isExplained(error: unknown): error is Error {
  return (
    error instanceof UsageError ||
    error instanceof UnreadableFileError ||
    error instanceof KeyError ||
    error instanceof ApiError ||
    isSystemError(error)
  )
}

function explain(error: Error): string {
  const isTaken = isSystemError(error) && error.code === 'EADDRINUSE'
  return isTaken ? `${error.message}; choose another with --port, or 0 for any that is free` : error.message
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
