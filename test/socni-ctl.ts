import type { Terminal } from '../src/cli/command.ts'
import { run } from '../src/cli/socni-ctl.ts'

/** Runs a command line in this process, with everything that it touches. */
export async function ctl(args: readonly string[], world: Partial<Terminal> & { input?: string } = {}) {
  let [stdout, stderr] = ['', '']
  const { input = '', ...rest } = world
  const exit = await run(args, {
    stdin: () => input,
    stdout: text => {
      stdout += text
    },
    stderr: text => {
      stderr += text
    },
    color: false,
    hasProgress: false,
    directory: process.cwd(),
    ...rest,
  })
  return { exit, stdout, stderr }
}
