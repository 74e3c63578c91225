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
}

export async function startLag(plane: ControlPlane): Promise<Lag> {
  const [certificate = '', key = ''] = ['crt', 'key'].map(end =>
    join(plane.directory, `certificates/apiserver.${end}`),
  )
  const { child, line } = await startProgram('late-watches.ts', plane.server, certificate, key)
  return {
    plane: byPort(plane, Number(line)),
    be: async milliseconds => {
      child.stdin.write(`${milliseconds}\n`)
      await once(child.stdout, 'data')
    },
    [Symbol.asyncDispose]: () => endProcess(child),
  }
}
