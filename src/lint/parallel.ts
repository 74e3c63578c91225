import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Gathered, Judged, JudgeTask } from './batch.ts'
import { buildLintWorld, conclude, type LintOptions, lint } from './lint.ts'
import { type LintResult, type Source, STDIN } from './result.ts'

/** Starting a thread, which compiles everything anew, takes as long as linting some thousand files (bench/lint.ts). */
const WORTH_A_THREAD = 7_500

function threadsFor(files: number): number {
  return Math.min(availableParallelism(), Math.floor(files / WORTH_A_THREAD))
}

/** What a thread is started with. */
export interface ThreadTask {
  readonly files: readonly { readonly path: string; readonly isNamed: boolean }[]
  readonly namespace: string
}

/** What a thread tells. */
export type ThreadReport =
  | { readonly gathered: Gathered }
  | { readonly judged: Judged }
  | { readonly files: number }

/**
 * Lints with a thread for each core where there are files enough for that: each reads its own, and none standard input. The result is that of `lint`, whatever the number of threads.
 */
export async function lintInParallel(
  sources: readonly Source[],
  options: LintOptions,
  onProgress: (files: number) => void = () => {},
  count = threadsFor(sources.length),
): Promise<LintResult> {
  if (count < 2 || sources.some(({ path }) => path === STDIN)) return lint(sources, options)
  const size = Math.ceil(sources.length / count)
  let done = 0
  const threads = Array.from({ length: count }, (_, index) => {
    const part = sources.slice(index * size, (index + 1) * size)
    return startThread(part, options.namespace, files => {
      done += files
      onProgress(done)
    })
  })
  try {
    const gathered = await Promise.all(threads.map(thread => thread.gathered))
    const world = buildLintWorld(gathered, options)
    const judged = await Promise.all(threads.map(thread => thread.judge(world)))
    return conclude(gathered, judged, world)
  } finally {
    await Promise.all(threads.map(thread => thread.stop()))
  }
}

function startThread(sources: readonly Source[], namespace: string, onFiles: (files: number) => void) {
  const files = sources.map(({ path, isNamed = true }) => ({ path, isNamed }))
  const workerData: ThreadTask = { files, namespace }
  // Its own extension: the published package holds JavaScript, the checkout TypeScript.
  const worker = new Worker(
    new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url),
    {
      workerData,
    },
  )
  const gathered = Promise.withResolvers<Gathered>()
  const judged = Promise.withResolvers<Judged>()
  // A thread that fails ends both, and whoever waits for neither yet must not bring the process down.
  judged.promise.catch(() => {})
  worker.on('message', (report: ThreadReport) => {
    if ('gathered' in report) gathered.resolve(report.gathered)
    else if ('judged' in report) judged.resolve(report.judged)
    else onFiles(report.files)
  })
  worker.on('error', error => {
    gathered.reject(error)
    judged.reject(error)
  })
  return {
    gathered: gathered.promise,
    judge({ policy, rules, isPartial }: JudgeTask): Promise<Judged> {
      worker.postMessage({ policy, rules, isPartial } satisfies JudgeTask)
      return judged.promise
    },
    stop: () => worker.terminate(),
  }
}
