import { appendFileSync } from 'node:fs'
import type { Authorization } from './authorize.ts'
import type { Call } from './skeleton.ts'

/** Writes down a decision, a line of JSON. A log that cannot be written keeps nothing from attaching, or from coming off. */
export function logDecision(
  file: string,
  { environment, calledAs }: Call,
  mode: string,
  decision: Authorization,
): void {
  if (file === '' || decision.outcome === 'unguarded') return
  const { command, containerId, args } = environment
  const line = {
    time: new Date().toISOString(),
    tag: 'socni-cni',
    command,
    plugin: calledAs,
    mode,
    outcome: decision.outcome,
    namespace: args.get('K8S_POD_NAMESPACE'),
    pod: args.get('K8S_POD_NAME'),
    uid: args.get('K8S_POD_UID'),
    container: containerId,
    interface: environment.interface,
    ...(decision.outcome === 'allowed'
      ? { tenant: decision.claim.tenant, nad: decision.claim.nad, uplinks: decision.claim.uplinks }
      : { statement: decision.statement, message: decision.message }),
  }
  try {
    appendFileSync(file, `${JSON.stringify(line)}\n`, { mode: 0o640 })
  } catch {
    // Read-only roots, full disks: the decision stands without its line.
  }
}
