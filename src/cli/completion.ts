import type { Command } from 'commander'
import { type AddCommand, choose } from './command.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

/** `socni-ctl completion`: what the shell offers behind TAB, made from the commands themselves. */
export const addCompletion: AddCommand = (program, { terminal, action }) => {
  program
    .command('completion')
    .summary('print the completion script of a shell')
    .description('Prints the completion script of a shell, for socni-ctl and for kubectl-socni.')
    .argument('<shell>', SHELLS.join(', '))
    .addHelpText(
      'after',
      `
Examples:
  socni-ctl completion bash > /etc/bash_completion.d/socni-ctl
  source <(socni-ctl completion zsh)
  socni-ctl completion fish > ~/.config/fish/completions/socni-ctl.fish`,
    )
    .action(
      action((shell: string) => {
        const commands = listCommands(program)
        terminal.stdout({ bash, zsh, fish }[choose('shell', shell, SHELLS)](commands))
        return 0
      }),
    )
}

/** A command with the words that may follow it. */
interface CommandWords {
  /** `keys rotate`; empty for the program itself. */
  readonly path: string
  readonly words: readonly string[]
  readonly options: readonly { readonly flag: string; readonly description: string }[]
  readonly subcommands: readonly { readonly name: string; readonly description: string }[]
}

function listCommands(
  command: Command,
  path: readonly string[] = [],
  inherited: readonly string[] = [],
): CommandWords[] {
  const subcommands = command.commands.map(sub => ({
    name: sub.name(),
    description: sub.summary() || sub.description(),
  }))
  const options = command.options.map(({ long, short, description }) => ({
    flag: long ?? short ?? '',
    description,
  }))
  const flags = [...options.map(({ flag }) => flag), ...inherited]
  return [
    {
      path: path.join(' '),
      words: [...subcommands.map(({ name }) => name), ...flags, '--help'],
      options,
      subcommands,
    },
    ...command.commands.flatMap(sub => listCommands(sub, [...path, sub.name()], flags)),
  ]
}

/** The words before the cursor that are commands name the case. */
function bash(commands: readonly CommandWords[]): string {
  const names = commands.filter(({ path }) => path !== '').map(({ path }) => `"${path}"`)
  const cases = commands.map(({ path, words }) => `    "${path}") words="${words.join(' ')}" ;;\n`)
  return `# bash completion of socni-ctl
_socni_ctl() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word words i
  local known=" ${names.map(name => name.replaceAll('"', '').replaceAll(' ', '_')).join(' ')} "
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${path:+\${path}_}\${COMP_WORDS[i]}"
    [[ "$known" == *" \${word// /_} "* ]] && path="\${path:+$path }\${COMP_WORDS[i]}"
  done
  case "$path" in
${cases.join('')}  esac
  if [[ "$current" == -* || -n "$(compgen -W "$words" -- "$current")" ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _socni_ctl socni-ctl kubectl-socni
`
}

/** zsh runs completion functions of bash. */
function zsh(commands: readonly CommandWords[]): string {
  return `#compdef socni-ctl kubectl-socni
autoload -U +X compinit && compinit -u
autoload -U +X bashcompinit && bashcompinit
${bash(commands)}`
}

function fish(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ path, options, subcommands }) => {
    const words = path.split(' ').filter(word => word !== '')
    const own = subcommands.map(({ name }) => name).join(' ')
    const isHere = words.map(word => `__fish_seen_subcommand_from ${word}`)
    const inside = own === '' ? isHere : [...isHere, `not __fish_seen_subcommand_from ${own}`]
    const condition = (parts: readonly string[]): string =>
      parts.length === 0 ? '' : ` -n '${parts.join('; and ')}'`
    return [
      ...subcommands.map(
        ({ name, description }) => `${condition(inside)} -f -a ${name} -d '${escapeFish(description)}'`,
      ),
      ...options.map(
        ({ flag, description }) =>
          `${condition(isHere)} -l ${flag.replace(/^--/, '')} -d '${escapeFish(description)}'`,
      ),
    ]
  })
  const programs = ['socni-ctl', 'kubectl-socni']
  return `# fish completion of socni-ctl\n${programs.flatMap(name => lines.map(line => `complete -c ${name}${line}\n`)).join('')}`
}

function escapeFish(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
}
