import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { endProcess } from './processes.ts'
import { type Address, readiness } from './readiness.ts'

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
    const child = spawn(process.execPath, [import.meta.filename, host, String(port)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    if (child.stdout !== null) await once(child.stdout, 'data')
    return new Balancer(child)
  }

  add({ port }: Address): void {
    this.#process.stdin?.write(`${port}\n`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.#process)
  }
}

/** How often a kubelet would ask; endpoints change within a moment after that. */
const PROBE_MS = 200
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
  setInterval(() => {
    for (const replica of replicas.keys())
      void readiness({ host: LOOPBACK, port: replica }).then(status => replicas.set(replica, status === 200))
  }, PROBE_MS)
  server.listen(port, host, () => process.stdout.write('listening\n'))
}

if (import.meta.main) {
  const [host = '', port] = process.argv.slice(2)
  balance({ host, port: Number(port) })
}
