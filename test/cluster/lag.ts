import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ControlPlane } from './control-plane.ts'
import { endProcess } from './processes.ts'

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
  const program = join(import.meta.dirname, 'late-watches.ts')
  const child = spawn(process.execPath, [program, plane.server, certificate, key], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [port] = await once(child.stdout, 'data')
  return {
    plane: {
      ...plane,
      kubeconfig: user => {
        const file = join(plane.directory, `${user}-late.kubeconfig`)
        const text = readFileSync(plane.kubeconfig(user), 'utf8')
        writeFileSync(file, text.replace(plane.server, `https://127.0.0.1:${String(port).trim()}`), {
          mode: 0o600,
        })
        return file
      },
    },
    be: async milliseconds => {
      child.stdin.write(`${milliseconds}\n`)
      await once(child.stdout, 'data')
    },
    [Symbol.asyncDispose]: () => endProcess(child),
  }
}
