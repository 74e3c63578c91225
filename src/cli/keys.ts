import { resolve } from 'node:path'
import { type ClaimKeys, publishNextKey, readKeys, rotateKeys } from '../claims/files.ts'
import { printKeySet } from '../claims/keys.ts'
import { type AddCommand, choose, type GlobalFlags } from './command.ts'
import { printPlain } from './output.ts'

interface KeysFlags extends GlobalFlags {
  readonly dryRun?: true
}

/** `socni-ctl keys`: the keys that claims are signed with, in the webhook's directory. */
export const addKeys: AddCommand = (program, { terminal, action }) => {
  const keys = program
    .command('keys')
    .summary('list, make and rotate the keys that sign claims')
    .description('Lists, makes and rotates the keys that sign claims, in --keys-dir.')
    .addHelpText(
      'after',
      '\nExamples:\n  socni-ctl keys list\n  socni-ctl --keys-dir /etc/socni/keys keys rotate',
    )
  const verb = (name: string, description: string, run: (flags: KeysFlags, directory: string) => string) =>
    keys
      .command(name)
      .description(description)
      .action(
        action((_, command) => {
          const flags: KeysFlags = command.optsWithGlobals()
          terminal.stdout(run(flags, resolve(terminal.directory, flags.keysDir)))
          return 0
        }),
      )

  verb('list', 'key ids (RFC 7638 thumbprints) and their states; * signs', (flags, directory) =>
    show(readKeys(directory), flags),
  )
  verb('export', 'print the public keys as a JWK Set (RFC 7517)', (_, directory) =>
    printKeySet(readKeys(directory).keys),
  )
  verb('generate', 'make the key that will sign next, and publish its public half', (flags, directory) =>
    flags.dryRun ? `would publish a new key in ${flags.keysDir}\n` : show(publishNextKey(directory), flags),
  ).option('--dry-run', 'only say what would be written')
  verb('rotate', 'sign with it, once every node has it; the key so far retires', (flags, directory) =>
    flags.dryRun
      ? `would sign with the key published as "next" in ${flags.keysDir}\n`
      : show(rotateKeys(directory), flags),
  ).option('--dry-run', 'only say what would be written')
}

function show({ keys, signing }: ClaimKeys, { format }: GlobalFlags): string {
  const rows = [...keys.values()].map(({ kid, state }) => ({ kid, state, signs: kid === signing.kid }))
  const chosen = choose('--format', format, ['text', 'json', 'yaml'])
  if (chosen !== 'text') return printPlain(rows, chosen)
  return rows.map(({ kid, state, signs }) => `${kid}  ${state.padEnd(7)}${signs ? '  *' : ''}\n`).join('')
}
