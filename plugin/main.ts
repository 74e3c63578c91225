import { readFileSync, writeSync } from 'node:fs'
import { createCommands } from './commands.ts'
import { runPlugin } from './skeleton.ts'

const args = process.argv.slice(2)
const stdout = (text: string): void => {
  writeSync(1, text)
}

// A runtime gives no arguments and always a command; a person the other way round.
if (args.length > 0 && process.env.CNI_COMMAND === undefined) {
  // Loaded only here: what a call does not need makes every call slower.
  const { runInstaller } = await import('./installer.ts')
  const stderr = (text: string): void => {
    writeSync(2, text)
  }
  process.exitCode = runInstaller({
    args,
    variables: process.env,
    executable: process.execPath,
    stdout,
    stderr,
  })
} else {
  const world = {
    variables: process.env,
    calledAs: process.argv0,
    stdin: () => readFileSync(0, 'utf8'),
    stdout,
  }
  process.exitCode = runPlugin(world, createCommands(process.env))
}
