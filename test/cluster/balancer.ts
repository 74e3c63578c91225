import type { ChildProcess } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { endProcess, startProgram } from './processes.ts'
import { type Address, PROBE_TIMEOUT_MS, readiness } from './readiness.ts'

/**
 * Stands in for a Service: connections go by turns to the replicas that say that they are ready. A process of its own,
 * since tests wait for kubectl without looking at sockets.
 */
export class Balancer implements AsyncDisposable {
  readonly #process: ChildProcess

  constructor(process_: ChildProcess) {
    this.#process = process_
  }

  static async start({ host, port }: Address): Promise<Balancer> {
    const { child } = await startProgram('balancer.ts', host, String(port))
    return new Balancer(child)
  }

  add({ port }: Address): void {
    this.#process.stdin?.write(`${port}\n`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.#process)
  }
}

/** A container that ended, and a pod that is deleted, leave the endpoints within a moment. */
const LOOK_MS = 200
/** A silent one leaves them when its probe has failed: two in a row, two seconds apart (manifests/base/webhook.yaml). */
const SILENCE_MS = 4_000
const LOOPBACK = '127.0.0.1'

function balance({ host, port }: Address): void {
  const replicas = new Map<number, boolean>()
  let turn = 0
  const server = createServer(client => {
    const ready = [...replicas].filter(([, isReady]) => isReady)
    const [target] = ready[turn++ % Math.max(1, ready.length)] ?? []
    if (target === undefined) {
      client.destroy()
      return
    }
    const upstream = connect(target, LOOPBACK)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  createInterface(process.stdin).on('line', replica => replicas.set(Number(replica), true))
  const answered = new Map<number, number>()
  const probe = async (port: number): Promise<void> => {
    const from = performance.now()
    const status = await readiness({ host: LOOPBACK, port })
    const now = performance.now()
    if (status === 200) answered.set(port, now)
    const isSilent = status === 0 && now - from >= PROBE_TIMEOUT_MS
    if (!isSilent || now - (answered.get(port) ?? 0) > SILENCE_MS) replicas.set(port, status === 200)
  }
  setInterval(() => {
    for (const port of replicas.keys()) void probe(port)
  }, LOOK_MS)
  server.listen(port, host, () => process.stdout.write('listening\n'))
}

if (import.meta.main) {
  const [host = '', port] = process.argv.slice(2)
  balance({ host, port: Number(port) })
}
