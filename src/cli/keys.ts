import { parseArgs } from 'node:util'
import { type ClaimKeys, publishNextKey, readKeys, rotateKeys } from '../claims/files.ts'
import { printKeySet } from '../claims/keys.ts'
import { type Subcommand, UsageError } from './command.ts'

type Verb = (directory: string) => string

const VERBS: ReadonlyMap<string, Verb> = new Map([
  ['list', directory => table(readKeys(directory))],
  ['generate', directory => table(publishNextKey(directory))],
  ['rotate', directory => table(rotateKeys(directory))],
  ['export', directory => printKeySet(readKeys(directory).keys)],
])

/** `socni-ctl keys`: the keys that claims are signed with, in the webhook's directory. */
export const keysCommand: Subcommand = {
  name: 'keys',
  summary: 'list, make and rotate the keys that sign claims',
  usage: `socni-ctl keys list|generate|rotate|export [--dir DIRECTORY]

  list      key ids (RFC 7638 thumbprints) and their states; * signs
  generate  make the key that will sign next, and publish its public half
  rotate    sign with it, once every node has it; the key so far retires
  export    print the public keys as a JWK Set

  --dir DIRECTORY  where they are (default: .socni/keys)
`,

  run(args, terminal) {
    const { values, positionals } = parse(args)
    const [name = '', ...rest] = positionals
    const verb = VERBS.get(name)
    if (verb === undefined || rest.length > 0) {
      throw new UsageError(
        `"keys ${positionals.join(' ')}" is not understood: use ${[...VERBS.keys()].join(', ')}`,
      )
    }
    terminal.stdout(verb(values.dir))
    return 0
  },
}

function parse(args: readonly string[]) {
  try {
    const options = { dir: { type: 'string', default: '.socni/keys' } } as const
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function table({ keys, signing }: ClaimKeys): string {
  return [...keys.values()]
    .map(({ kid, state }) => `${kid}  ${state.padEnd(7)}${kid === signing.kid ? '  *' : ''}\n`)
    .join('')
}
