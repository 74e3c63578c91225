import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Work for all who ask for the same at a time: who asks while it runs shares the next run, which begins after that. So what
 * is asked for was not read before somebody asked, and however many ask, one of them is done at a time. Before the next one it
 * rests as long as somebody waited for the last: a namespace of thousands of networks is read for half of the time at most.
 */
export function shared<T>(work: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const running = new Map<string, Promise<T>>()
  const next = new Map<string, Promise<T>>()
  const begin = (key: string): Promise<T> => {
    next.delete(key)
    const run = work(key).finally(() => running.delete(key))
    running.set(key, run)
    return run
  }
  return key => {
    const waiting = next.get(key)
    if (waiting !== undefined) return waiting
    const run = running.get(key)
    if (run === undefined) return begin(key)
    const start = performance.now()
    const after = run
      .catch(() => {})
      .then(() => sleep(performance.now() - start))
      .then(() => begin(key))
    next.set(key, after)
    return after
  }
}
