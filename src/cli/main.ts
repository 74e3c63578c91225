#!/usr/bin/env node
import { readFileSync, readSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { basename, delimiter, join } from 'node:path'

// Compiling takes most of a start; what is compiled once is kept where only this user may write.
enableCompileCache(join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'socni-ctl'))
const { run } = await import('./socni-ctl.ts')

const isInteractive = process.stdin.isTTY === true && process.stderr.isTTY === true

/** What the shell says of a program that SIGPIPE ended: 128 and the signal's number (signal(7)). */
const CLOSED_PIPE = 141

// Whoever reads may close early (`| head`), and a disk may be full. What was begun is done to its end all the same.
let unwritten: number | undefined
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    const isClosed = error.code === 'EPIPE'
    if (!isClosed && unwritten === undefined && stream !== process.stderr)
      process.stderr.write(`socni-ctl: standard output cannot be written: ${error.message}\n`)
    unwritten ??= isClosed ? CLOSED_PIPE : 3
    process.exitCode = unwritten
  })
}

const exit = await run(process.argv.slice(2), {
  stdin: () => readFileSync(0, 'utf8'),
  stdout: text => process.stdout.write(text),
  stderr: text => process.stderr.write(text),
  color: process.stdout.isTTY === true && process.stdout.hasColors() && !process.env.NO_COLOR,
  hasProgress: process.stderr.isTTY === true && !process.env.CI,
  // The name that it was called by: a package manager links both names to one file.
  isKubectlPlugin: basename(process.argv[1] ?? '') === 'kubectl-socni',
  kubeconfigs: (process.env.KUBECONFIG ?? '').split(delimiter).filter(file => file !== ''),
  directory: process.cwd(),
  ...(isInteractive && {
    confirm: (question: string) => {
      process.stderr.write(`${question} [y/N] `)
      const answer = Buffer.alloc(64)
      const length = readSync(0, answer)
      return /^y(?:es)?\s*$/i.test(answer.toString('utf8', 0, length))
    },
  }),
})
process.exitCode = unwritten ?? exit
