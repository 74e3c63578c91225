import { KeyError } from '../claims/keys.ts'
import { type ExitCode, type Subcommand, type Terminal, UsageError } from './command.ts'
import { keysCommand } from './keys.ts'
import { lintCommand } from './lint.ts'
import { explainCommand, rulesCommand } from './rules.ts'

const subcommands: readonly Subcommand[] = [lintCommand, rulesCommand, explainCommand, keysCommand]

/** Runs a command line. A wrong one is exit code 2, a world that fails 3, each with one line on stderr. */
export function run(args: readonly string[], terminal: Terminal): ExitCode {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === 'help') {
    terminal.stdout(overview())
    return name === undefined ? 2 : 0
  }
  const subcommand = subcommands.find(candidate => candidate.name === name)
  if (rest.includes('--help') && subcommand !== undefined) {
    terminal.stdout(subcommand.usage)
    return 0
  }
  try {
    if (subcommand === undefined) {
      throw new UsageError(
        `"${name}" is no command: use ${subcommands.map(candidate => candidate.name).join(', ')}`,
      )
    }
    return subcommand.run(rest, terminal)
  } catch (error) {
    const isFailure = error instanceof KeyError || (error instanceof Error && 'syscall' in error)
    if (!(error instanceof UsageError) && !isFailure) throw error
    terminal.stderr(`socni-ctl: ${error.message}\n`)
    return error instanceof UsageError ? 2 : 3
  }
}

function overview(): string {
  const width = Math.max(...subcommands.map(({ name }) => name.length))
  const lines = subcommands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return `Usage: socni-ctl COMMAND [options]\n\n${lines.join('\n')}\n\nsocni-ctl COMMAND --help says more.\n`
}
