import type { Command } from 'commander'
import type { ClaimKeys } from '../claims/files.ts'
import { printKeySet } from '../claims/keys.ts'
import type { KeyStore } from '../store/keys.ts'
import { askFirst } from './arguments.ts'
import { type AddCommand, choose, type ExitCode, type GlobalFlags } from './command.ts'
import { printPlain } from './output.ts'
import { openKeyStore } from './store.ts'

interface KeysFlags extends GlobalFlags {
  readonly dryRun?: true
  readonly yes?: true
}

/** `socni-ctl keys`: the keys that claims are signed with, in the webhook's directory or in a cluster. */
export const addKeys: AddCommand = (program, { terminal, action }) => {
  const keys = program
    .command('keys')
    .summary('list, make, rotate and drop the keys that sign claims')
    .description(
      'Lists, makes, rotates and drops the keys that sign claims, in --keys-dir or with --kubeconfig in a cluster.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  socni-ctl keys list\n  socni-ctl --keys-dir /etc/socni/keys keys rotate\n  socni-ctl --kubeconfig ~/.kube/config keys generate',
    )
  const verb = (
    name: string,
    description: string,
    run: (store: KeyStore, flags: KeysFlags, command: Command) => Promise<string>,
  ) =>
    keys
      .command(name)
      .description(description)
      .action(
        action(async (...args: unknown[]): Promise<ExitCode> => {
          const command = args.at(-1) as Command
          const flags: KeysFlags = command.optsWithGlobals()
          terminal.stdout(await run(await openKeyStore(flags, terminal), flags, command))
          return 0
        }),
      )

  verb('list', 'key ids (RFC 7638 thumbprints) and their states; * signs', async (store, flags) =>
    show(await store.read(), flags),
  )
  verb('export', 'print the public keys as a JWK Set (RFC 7517)', async (store, { format }) => {
    choose('--format', format, ['text', 'json'])
    return printKeySet((await store.published()).keys)
  })
  verb('generate', 'make the key that will sign next, and publish its public half', async (store, flags) => {
    if (!flags.dryRun) return show(await store.publishNext(), flags)
    await store.check('generate')
    return `would publish a new key in ${store.place}\n`
  }).option('--dry-run', 'only say what would be written')
  verb(
    'rotate',
    'sign with the next key, once every node has it; the present one retires',
    async (store, flags) => {
      if (!flags.dryRun) return show(await store.rotate(), flags)
      await store.check('rotate')
      return `would sign with the key published as "next" in ${store.place}\n`
    },
  ).option('--dry-run', 'only say what would be written')
  verb(
    'drop',
    'drop a retired key: pods whose claims it signed are refused when their sandbox is made anew',
    async (store, flags, { args: [kid = ''] }) => {
      if (flags.dryRun) {
        await store.check('drop', kid)
        return `would drop ${kid} from ${store.place}\n`
      }
      askFirst(`Claims that ${kid} signed will no longer hold. Drop it?`, flags, terminal)
      return show(await store.drop(kid), flags)
    },
  )
    .argument('<kid>', 'id of the key, as keys list shows it')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'only say what would be written')
}

function show({ keys, signing }: ClaimKeys, { format }: GlobalFlags): string {
  const rows = [...keys.values()].map(({ kid, state }) => ({ kid, state, signs: kid === signing.kid }))
  const chosen = choose('--format', format, ['text', 'json', 'yaml'])
  if (chosen !== 'text') return printPlain(rows, chosen)
  return rows.map(({ kid, state, signs }) => `${kid}  ${state.padEnd(7)}${signs ? '  *' : ''}\n`).join('')
}
