import { parentPort, workerData } from 'node:worker_threads'
import { readTextFile } from '../files/read-text.ts'
import { Batch, type JudgeTask } from './batch.ts'
import type { ThreadReport, ThreadTask } from './parallel.ts'

/** A thread of lintInParallel: it gathers its files, waits for what all of them hold, and judges. */
const { files, namespace }: ThreadTask = workerData
const tell = (report: ThreadReport): void => parentPort?.postMessage(report)

/** A message for each file would cost more than the file. */
const FILES_A_MESSAGE = 100
let unreported = 0
const batch = new Batch(
  files.map(({ path, isNamed }) => ({ path, isNamed, read: () => readTextFile(path) })),
  {
    namespace,
    isLinted: true,
    onFile: () => {
      unreported++
      if (unreported < FILES_A_MESSAGE) return
      tell({ files: unreported })
      unreported = 0
    },
  },
)

parentPort?.once('message', (task: JudgeTask) => tell({ judged: batch.judge(task) }))
tell({ gathered: batch.gather() })
