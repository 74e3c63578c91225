import { readFileSync, writeSync } from 'node:fs'
import { createCommands } from './commands.ts'
import { runInstaller } from './installer.ts'
import { runPlugin } from './skeleton.ts'

const args = process.argv.slice(2)
const stdout = (text: string): void => {
  writeSync(1, text)
}

// A runtime gives no arguments and always a command; a person the other way round.
process.exitCode =
  args.length > 0 && process.env.CNI_COMMAND === undefined
    ? runInstaller({
        args,
        variables: process.env,
        executable: process.execPath,
        stdout,
        stderr: text => {
          writeSync(2, text)
        },
      })
    : runPlugin(
        { variables: process.env, calledAs: process.argv0, stdin: () => readFileSync(0, 'utf8'), stdout },
        createCommands(process.env),
      )
