import type { Log } from './log.ts'

/** Does the work again and again, with a pause in between; one failure does not end it. */
export function repeat(
  work: () => Promise<void>,
  interval: number,
  log: Log,
  failure: string,
): { stop(): Promise<void> } {
  let isStopped = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const turn = async (): Promise<void> => {
    try {
      await work()
    } catch (error) {
      log.warn({ err: error }, `${failure}; it is tried again`)
    }
    if (!isStopped) {
      timer = setTimeout(() => {
        running = turn()
      }, interval)
    }
  }
  running = turn()
  return {
    stop: async () => {
      isStopped = true
      clearTimeout(timer)
      await running
    },
  }
}
