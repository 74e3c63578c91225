import { readFileSync, writeSync } from 'node:fs'
import { createCommands } from './commands.ts'
import { runPlugin } from './skeleton.ts'

process.exitCode = runPlugin(
  {
    variables: process.env,
    calledAs: process.argv0,
    stdin: () => readFileSync(0, 'utf8'),
    stdout: text => {
      writeSync(1, text)
    },
  },
  createCommands(process.env),
)
