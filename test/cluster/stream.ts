import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { NETWORKS_ANNOTATION } from '../../src/kube/annotations.ts'
import type { ControlPlane } from './control-plane.ts'

/** What became of the pods that were created while something happened. */
export interface StreamResult {
  readonly made: number
  /** Refusals: milliseconds from the fault on, and what the API server said. */
  readonly refused: readonly { readonly at: number; readonly message: string }[]
  /** The longest that one pod was refused, in milliseconds: from the first refusal until it was admitted, made again at once. */
  readonly longest: number
  /** How often nobody listened at all. */
  readonly unanswered: number
}

const WORKERS = 4
/** Between two pods of a worker, so that the stream is steady and no flood. */
const PAUSE_MS = 20
/** What is stored is known to hold; only so many pods are kept. */
const BEFORE_MS = 1_000
/** So many answers make a stream; a slow machine takes longer for them than the fault. */
const ANSWERS = 200
/** A pod that is refused for so long when all is over is made no more, and no longer is waited for answers. */
const GIVE_UP_MS = 30_000

/** Creates pods of finance with the network `ledger` before, during and for a while after a fault. */
export async function streamPods(
  plane: ControlPlane,
  fault: () => Promise<void>,
  afterwards: number,
): Promise<StreamResult> {
  const { users } = JSON.parse(readFileSync(plane.kubeconfig('admin'), 'utf8'))
  const server = new URL(plane.server)
  const agent = new Agent({ keepAlive: true })
  const options = {
    host: server.hostname,
    port: server.port,
    path: '/api/v1/namespaces/finance/pods',
    method: 'POST',
    ca: readFileSync(join(plane.directory, 'certificates/apiserver.crt')),
    agent,
    headers: { authorization: `Bearer ${users[0].user.token}`, 'content-type': 'application/json' },
  }
  const body = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'books-', annotations: { [NETWORKS_ANNOTATION]: 'ledger' } },
    spec: { containers: [{ name: 'a', image: 'b' }] },
  })
  const create = (): Promise<{ status: number; text: string }> =>
    new Promise(resolve => {
      const call = request(options, response => {
        let text = ''
        response.on('data', part => {
          text += part
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      })
      call.on('error', () => resolve({ status: 0, text: '' }))
      call.end(body)
    })

  let isOver = false
  let made = 0
  let unanswered = 0
  const refused: { time: number; message: string }[] = []
  let longest = 0
  const worker = async (): Promise<void> => {
    let since: number | undefined
    while (!isOver || (since !== undefined && performance.now() < since + GIVE_UP_MS)) {
      const { status, text } = await create()
      const now = performance.now()
      if (status === 201) {
        made++
        if (since !== undefined) longest = Math.max(longest, now - since)
        since = undefined
      } else if (status === 0) unanswered++
      else {
        refused.push({ time: now, message: messageOf(text) })
        since ??= now
      }
      await pause(PAUSE_MS)
    }
    if (since !== undefined) longest = Number.POSITIVE_INFINITY
  }
  const workers = Array.from({ length: WORKERS }, worker)
  await pause(BEFORE_MS)
  const from = performance.now()
  await fault()
  await pause(afterwards)
  const enough = performance.now() + GIVE_UP_MS
  while (made + refused.length < ANSWERS && performance.now() < enough) await pause(PAUSE_MS)
  isOver = true
  await Promise.all(workers)
  agent.destroy()
  return {
    made,
    unanswered,
    longest: Math.round(longest),
    refused: refused.map(({ time, message }) => ({ at: Math.round(time - from), message })),
  }
}

function messageOf(text: string): string {
  try {
    return JSON.parse(text).message ?? text
  } catch {
    return text
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}
