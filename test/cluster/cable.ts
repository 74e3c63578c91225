import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ControlPlane, freeAddress } from './control-plane.ts'
import { endProcess } from './processes.ts'
import type { Address } from './readiness.ts'

/**
 * The network of one process: its way to the API server, and that of others to it. Cut, it drops what is sent in both
 * directions and says nothing: connections stay open, as when a switch has lost its power.
 */
export class Cable implements AsyncDisposable {
  /** The same control plane, by this way. */
  readonly plane: ControlPlane
  /** Where others reach the process. */
  readonly address: Address
  readonly #ways: readonly ChildProcess[]

  private constructor(plane: ControlPlane, address: Address, ways: readonly ChildProcess[]) {
    this.plane = plane
    this.address = address
    this.#ways = ways
  }

  /** @param end Where the process listens. */
  static async start(plane: ControlPlane, end: Address): Promise<Cable> {
    const [address, server] = [await freeAddress(), await freeAddress()]
    const ways = [
      await startForwarder(server.port, Number(new URL(plane.server).port)),
      await startForwarder(address.port, end.port),
    ]
    const kubeconfig = (user: Parameters<ControlPlane['kubeconfig']>[0]) => {
      const file = join(plane.directory, `${user}-${server.port}.kubeconfig`)
      const text = readFileSync(plane.kubeconfig(user), 'utf8')
      writeFileSync(file, text.replace(plane.server, `https://127.0.0.1:${server.port}`), { mode: 0o600 })
      return file
    }
    return new Cable({ ...plane, kubeconfig }, address, ways)
  }

  cut(): void {
    for (const way of this.#ways) way.kill('SIGSTOP')
  }

  mend(): void {
    for (const way of this.#ways) way.kill('SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.mend()
    await Promise.all(this.#ways.map(way => endProcess(way)))
  }
}

async function startForwarder(from: number, to: number): Promise<ChildProcess> {
  const program = join(import.meta.dirname, 'forwarder.ts')
  const way = spawn(process.execPath, [program, String(from), String(to)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(way.stdout, 'data')
  return way
}
