import { createCommands } from './commands.ts'
import { readInput, writeStandardOutput } from './libc.ts'
import { runPlugin } from './skeleton.ts'

const args = process.argv.slice(2)

// A runtime gives no arguments of its own and always a command; a person the other way round.
if (args.length > 0 && process.env.CNI_COMMAND === undefined) {
  // Loaded only here: what a call does not need makes every call slower.
  const { runInstaller } = await import('./installer.ts')
  // The first process of a container is ended by no signal that it does not take.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit())
  process.exitCode = runInstaller({
    args,
    variables: process.env,
    executable: process.execPath,
    stdout: text => process.stdout.write(text),
    stderr: text => process.stderr.write(text),
  })
} else {
  const world = {
    variables: process.env,
    // As the interpreter of the file in a plugin's place it is given that file.
    calledAs: args[0] ?? process.argv0,
    stdin: readInput,
    stdout: writeStandardOutput,
  }
  process.exitCode = await runPlugin(world, createCommands(process.env, process.execPath))
}
