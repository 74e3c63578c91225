import type { Authorization } from './authorize.ts'
import { appendText, closeFile, openFile, renameFile, sendDatagram, tryLock } from './libc.ts'
import type { Call } from './skeleton.ts'

type Outcome = Authorization['outcome'] | 'gone'

/** Writes down a decision, a line of JSON. A log that cannot be written keeps nothing from attaching, or from coming off. */
export function logDecision(
  log: string,
  { environment, calledAs }: Call,
  mode: string,
  decision: Authorization,
): void {
  if (log === '' || decision.outcome === 'unguarded') return
  const { command, containerId, args } = environment
  const line = {
    time: new Date().toISOString(),
    tag: TAG,
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
  write(log, JSON.stringify(line), decision.outcome)
}

/** Writes down what a plugin said of an attachment that it could not take off, since nothing was left of it. */
export function logGone(log: string, { environment, calledAs }: Call, said: string): void {
  if (log === '') return
  const { command, containerId } = environment
  const line = {
    time: new Date().toISOString(),
    tag: TAG,
    command,
    plugin: calledAs,
    outcome: 'gone',
    container: containerId,
    interface: environment.interface,
    message: said.trim().slice(0, 1000),
  }
  write(log, JSON.stringify(line), 'gone')
}

function write(log: string, text: string, outcome: Outcome): void {
  // Read-only roots, full disks, a syslog that is away: the decision stands without its line.
  if (log === SYSLOG) sendDatagram('/dev/log', syslogMessage(text, outcome))
  else {
    keepSmall(log)
    appendText(log, `${text}\n`)
  }
}

/** A pod that is refused is tried again for as long as it is there, and the disks of small nodes are small. */
const MAX_LOG_BYTES = 10 * 1024 * 1024

/** Puts a log that is long aside, in the place of the one that was put aside before. */
function keepSmall(log: string): void {
  if (!isLong(log)) return
  const file = openFile(log)
  if (file === undefined) return
  try {
    // Whoever waited for the lock of the long one finds a short one at its path.
    if (tryLock(file) && isLong(log)) renameFile(log, `${log}.1`)
  } finally {
    closeFile(file)
  }
}

/** Devices have no size. */
function isLong(log: string): boolean {
  const { size } = Bun.file(log)
  return Number.isSafeInteger(size) && size > MAX_LOG_BYTES
}

/** What `log` says in guard.json for the node's syslog instead of a file. */
const SYSLOG = 'syslog'
/** The tag of every line. */
const TAG = 'socni-cni'
const FACILITY_DAEMON = 3 * 8
const WARNING = 4
const INFORMATIONAL = 6

/** RFC 3164 section 4.1, as syslog(3) writes it for the local socket: without a host's name. */
function syslogMessage(text: string, outcome: Outcome): string {
  const priority = FACILITY_DAEMON + (outcome === 'refused' ? WARNING : INFORMATIONAL)
  const [, month = '', day = '', , time = ''] = new Date().toString().split(' ')
  return `<${priority}>${month} ${day.replace(/^0/, ' ')} ${time} ${TAG}: ${text}`
}
