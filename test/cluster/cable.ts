import type { ChildProcess } from 'node:child_process'
import { byPort, type ControlPlane, freeAddress } from './control-plane.ts'
import { endProcess, startProgram } from './processes.ts'
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
    return new Cable(byPort(plane, server.port), address, ways)
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
  const { child } = await startProgram('forwarder.ts', String(from), String(to))
  return child
}
