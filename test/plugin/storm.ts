import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'

/**
 * Run inside the test's kernel: hundreds of ADDs and DELs of one network at once, some killed at any moment, as a runtime
 * whose node is short of memory would see them. Prints what is left, as JSON.
 */
interface Storm {
  readonly program: string
  readonly environment: Readonly<Record<string, string>>
  readonly config: string
  /** Network namespaces; each has one container at a time, so that as many calls run at once. */
  readonly pods: readonly string[]
  readonly containers: number
  /** Every so many-th ADD or DEL is killed. */
  readonly killEvery: number
  readonly killWithinMs: number
}

const storm: Storm = JSON.parse(process.argv[2] ?? '')

/** Calls the plugin; `killAfter` milliseconds later the guard is killed, and only the guard. */
function call(
  command: string,
  pod: string,
  container: number,
  killAfter?: number,
): Promise<{ exit: number | null; stdout: string }> {
  const child = spawn(storm.program, [], {
    env: {
      ...storm.environment,
      CNI_COMMAND: command,
      CNI_CONTAINERID: `c${container}`,
      CNI_NETNS: `/run/netns/${pod}`,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter)
  let stdout = ''
  child.stdout.on('data', chunk => {
    stdout += chunk
  })
  child.stdin.on('error', () => {
    // It was killed before it read.
  })
  child.stdin.end(storm.config)
  return new Promise(resolve => {
    // Not "close": the real plugin may go on and keep the pipe.
    child.on('exit', exit => {
      clearTimeout(timer)
      setTimeout(() => resolve({ exit, stdout }), exit === null ? 0 : 1)
    })
  })
}

const count = { added: 0, killed: 0, refused: 0, retried: 0, removed: 0 }
const complaints = new Set<string>()

/** One container's life: ADD, then DEL until it succeeds, as kubelet does. */
async function live(pod: string, container: number): Promise<void> {
  const isKilled = (salt: number) => (container + salt) % storm.killEvery === 0
  const moment = () => Math.random() * storm.killWithinMs
  const added = await call('ADD', pod, container, isKilled(0) ? moment() : undefined)
  if (added.exit === 0) count.added++
  else if (added.exit === null) count.killed++
  else {
    count.refused++
    complaints.add(added.stdout)
  }
  for (let attempt = 0; attempt < 20; attempt++) {
    const { exit, stdout } = await call(
      'DEL',
      pod,
      container,
      attempt === 0 && isKilled(3) ? moment() : undefined,
    )
    if (exit === 0) {
      count.removed++
      return
    }
    count.retried++
    if (exit !== null) complaints.add(stdout)
  }
}

const waiting = Array.from({ length: storm.containers }, (_, index) => index)
await Promise.all(
  storm.pods.map(async pod => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await live(pod, next)
  }),
)
const stores = '/var/lib/cni/networks'
const addresses = readdirSync(stores).flatMap(name =>
  readdirSync(`${stores}/${name}`).filter(file => /^\d/.test(file)),
)
process.stdout.write(`${JSON.stringify({ ...count, addresses, complaints: [...complaints] })}\n`)
