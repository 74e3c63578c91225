import type { Command } from 'commander'
import { buildProgram } from '../src/cli/socni-ctl.ts'

/** Every command's own help, in the order in which the program lists them. */
export function commandReference(): string {
  let printed = ''
  const write = (text: string): void => {
    printed += text
  }
  const terminal = {
    stdin: () => '',
    stdout: write,
    stderr: write,
    color: false,
    hasProgress: false,
    directory: '/',
  }
  const helpOf = (command: Command): string => {
    printed = ''
    command.outputHelp()
    return printed.trim()
  }
  const section = (command: Command, path: readonly string[]): string[] => {
    const names = [...path, command.name()]
    const own = `## ${names.join(' ')}\n\n\`\`\`\n${helpOf(command)}\n\`\`\`\n`
    return [own, ...command.commands.flatMap(sub => section(sub, names))]
  }
  const program = buildProgram(terminal, () => {})
  return `# socni-ctl

Every command with what \`--help\` says of it. Global options stand before or after the command. Exit codes: 0 clean,
1 findings or refusals, 2 wrong usage, 3 something could not be read, written or reached.

The program runs as \`npx socni-ctl\` in a checkout, as \`socni-ctl\` where the package is installed, and as
\`kubectl socni\` where kubectl is as well. As that it works on the cluster of the kubeconfig that kubectl takes (KUBECONFIG, or
~/.kube/config), unless --policy-dir or --keys-dir is named; lint asks a cluster only with --cluster, --kubeconfig or --context.

${section(program, []).join('\n')}`
}
