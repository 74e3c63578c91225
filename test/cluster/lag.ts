import { once } from 'node:events'
import { join } from 'node:path'
import { byPort, type ControlPlane } from './control-plane.ts'
import { endProcess, startProgram } from './processes.ts'

/** A way to the API server on which watches tell of everything late. */
export interface Lag extends AsyncDisposable {
  /** The same control plane, by this way. */
  readonly plane: ControlPlane
  /** How late from now on. */
  be(milliseconds: number): Promise<void>
  /** Breaks the connections of all watches; how often a whole list of the keys was asked for until then. */
  breakWatches(): Promise<number>
}

export async function startLag(plane: ControlPlane): Promise<Lag> {
  const [certificate = '', key = ''] = ['crt', 'key'].map(end =>
    join(plane.directory, `certificates/apiserver.${end}`),
  )
  const { child, line } = await startProgram('late-watches.ts', plane.server, certificate, key)
  const tell = async (what: number | 'break'): Promise<number> => {
    child.stdin.write(`${what}\n`)
    const [answer] = await once(child.stdout, 'data')
    return Number(answer)
  }
  return {
    plane: byPort(plane, Number(line)),
    be: async milliseconds => {
      await tell(milliseconds)
    },
    breakWatches: () => tell('break'),
    [Symbol.asyncDispose]: () => endProcess(child),
  }
}
