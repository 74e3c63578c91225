#!/usr/bin/env node
import { readFileSync, readSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// Compiling takes most of a start; what is compiled once is kept where only this user may write.
enableCompileCache(join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'socni-ctl'))
const { run } = await import('./socni-ctl.ts')

const isInteractive = process.stdin.isTTY === true && process.stderr.isTTY === true

process.exitCode = await run(process.argv.slice(2), {
  stdin: () => readFileSync(0, 'utf8'),
  stdout: text => process.stdout.write(text),
  stderr: text => process.stderr.write(text),
  color: process.stdout.isTTY === true && process.stdout.hasColors() && !process.env.NO_COLOR,
  hasProgress: process.stderr.isTTY === true && !process.env.CI,
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
