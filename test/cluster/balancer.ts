import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { readiness } from './readiness.ts'

/**
 * Stands in for a Service: connections go by turns to the replicas that say that they are ready. A process of its own,
 * since tests wait for kubectl without looking at sockets.
 */
export class Balancer implements AsyncDisposable {
  readonly port: number
  readonly #process: ChildProcess

  constructor(port: number, process_: ChildProcess) {
    this.port = port
    this.#process = process_
  }

  static async start(port: number): Promise<Balancer> {
    const child = spawn(process.execPath, [import.meta.filename, String(port)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    if (child.stdout !== null) await once(child.stdout, 'data')
    return new Balancer(port, child)
  }

  add(replica: number): void {
    this.#process.stdin?.write(`${replica}\n`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, 'exit')
    if (this.#process.kill()) await ended
  }
}

/** How often a kubelet would ask; endpoints change within a moment after that. */
const PROBE_MS = 200

function balance(port: number): void {
  const replicas = new Map<number, boolean>()
  let turn = 0
  const server = createServer(client => {
    const ready = [...replicas].filter(([, isReady]) => isReady)
    const [target] = ready[turn++ % Math.max(1, ready.length)] ?? []
    if (target === undefined) {
      client.destroy()
      return
    }
    const upstream = connect(target, '127.0.0.1')
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
      void readiness(replica).then(status => replicas.set(replica, status === 200))
  }, PROBE_MS)
  server.listen(port, '127.0.0.1', () => process.stdout.write('listening\n'))
}

if (import.meta.main) balance(Number(process.argv[2]))
