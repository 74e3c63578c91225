import type { Command } from 'commander'
import { networksLosing } from '../manage/overview.ts'
import { type GrantText, planCreate, planGrant, planRevoke } from '../manage/plan.ts'
import { readWorld } from '../manage/world.ts'
import { printVlans, type VlanSet } from '../net/vlan-set.ts'
import {
  askFirst,
  readLabels,
  readMaster,
  readMtu,
  readName,
  readSubnetOption,
  readVlans,
} from './arguments.ts'
import { type AddCommand, type ExitCode, FailureError, type Terminal, UsageError } from './command.ts'
import { listOption, neededOption, onceOption, vlansOption } from './options.ts'
import { openStore } from './store.ts'
import { type WritingFlags, writePlan } from './write-plan.ts'

interface CreateFlags extends WritingFlags {
  readonly id: string
  readonly master: readonly string[]
  readonly subnet?: readonly string[]
  readonly label?: readonly string[]
  readonly namespace?: readonly string[]
  readonly mtu?: string
}

interface TargetFlags extends WritingFlags {
  readonly vlanId: string
  readonly targetTenant: string
  readonly master?: string
}

interface DeleteFlags extends WritingFlags {
  readonly id: string
  readonly master?: string
  readonly force?: true
}

/** `socni-ctl create`, `grant`, `revoke` and `delete`: who holds which VLAN. */
export const addVlans: AddCommand = (program, { terminal, action }) => {
  writing(program, 'create', 'give a VLAN that nobody holds to the tenant --tenant-id')
    .addOption(neededOption(vlansOption('--id <vlans>', 'a VLAN id, or several: 100,200-209; repeatable')))
    .addOption(neededOption(listOption('--master <interface>', 'host interface that it is on; repeatable')))
    .addOption(onceOption('--mtu <bytes>', 'largest MTU of networks in it'))
    .addOption(listOption('--subnet <prefix>', 'subnet that networks in it may use; repeatable'))
    .addOption(listOption('--label <key=value>', 'a note; repeatable'))
    .addOption(
      listOption(
        '--namespace <name>',
        'namespace of a tenant that is new (default: its own name); repeatable',
      ),
    )
    .addHelpText(
      'after',
      '\nExample:\n  socni-ctl --tenant-id admin create --id 200 --master eth0 --label environment=production',
    )
    .action(action((_, command) => create(command.optsWithGlobals(), terminal)))

  writing(program, 'grant', 'share a VLAN of the tenant --tenant-id with another tenant')
    .addOption(neededOption(vlansOption('--vlan-id <vlans>', 'a VLAN id, or several; repeatable')))
    .addOption(neededOption(onceOption('--target-tenant <name>', 'who gets it; made when it does not exist')))
    .addHelpText(
      'after',
      '\nExample:\n  socni-ctl --tenant-id admin grant --vlan-id 200 --target-tenant finance',
    )
    .action(action((_, command) => grant(command.optsWithGlobals(), terminal)))

  writing(program, 'revoke', 'take a VLAN away from a tenant; its claims for it no longer count')
    .addOption(neededOption(vlansOption('--vlan-id <vlans>', 'a VLAN id, or several; repeatable')))
    .addOption(neededOption(onceOption('--target-tenant <name>', 'who loses it')))
    .addOption(onceOption('--master <interface>', 'only on this host interface'))
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  socni-ctl revoke --vlan-id 200 --target-tenant finance --yes')
    .action(action((_, command) => revoke(command.optsWithGlobals(), terminal)))

  writing(program, 'delete', 'take a VLAN away from the tenant --tenant-id')
    .addOption(neededOption(vlansOption('--id <vlans>', 'a VLAN id, or several; repeatable')))
    .addOption(onceOption('--master <interface>', 'only on this host interface'))
    .option('--force', 'even while networks use it')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  socni-ctl --tenant-id admin delete --id 200 --yes')
    .action(action((_, command) => remove(command.optsWithGlobals(), terminal)))
}

function writing(program: Command, name: string, description: string): Command {
  const text = `${description.charAt(0).toUpperCase()}${description.slice(1)}.`
  return program
    .command(name)
    .summary(description)
    .description(text)
    .option('--dry-run', 'only show what would be written')
}

async function create(flags: CreateFlags, terminal: Terminal): Promise<ExitCode> {
  const vlans = readVlans('--id', flags.id)
  const text: GrantText = {
    ids: printVlans(vlans),
    masters: flags.master.map(readMaster),
    ...(flags.subnet !== undefined && { subnets: flags.subnet.map(readSubnetOption) }),
    ...(flags.mtu !== undefined && { mtu: readMtu(flags.mtu) }),
    ...(flags.label !== undefined && { labels: readLabels(flags.label) }),
  }
  const name = readName('--tenant-id', flags.tenantId)
  const store = await openStore(flags, terminal)
  const world = await readWorld(store, terminal.stderr)
  const namespaces = (flags.namespace ?? [name]).map(namespace => readName('--namespace', namespace))
  const held = world.tenants.get(name)?.tenant.namespaces
  const other = flags.namespace?.find(namespace => held !== undefined && !held.includes(namespace))
  if (other !== undefined)
    throw new UsageError(
      `--namespace "${other}" is for a tenant that is new, and "${name}" is there: use socni-ctl tenant add-namespace`,
    )
  const plan = planCreate(world, name, text, namespaces)
  return writePlan(
    plan,
    world,
    store,
    flags,
    terminal,
    `VLAN ${text.ids} on ${text.masters.join(', ')} for tenant ${name}`,
  )
}

async function grant(flags: TargetFlags, terminal: Terminal): Promise<ExitCode> {
  const vlans = readVlans('--vlan-id', flags.vlanId)
  const [owner, target] = [
    readName('--tenant-id', flags.tenantId),
    readName('--target-tenant', flags.targetTenant),
  ]
  const store = await openStore(flags, terminal)
  const world = await readWorld(store, terminal.stderr)
  const what = `VLAN ${printVlans(vlans)} of tenant ${owner}, shared with tenant ${target}`
  return writePlan(planGrant(world, owner, target, vlans), world, store, flags, terminal, what)
}

async function revoke(flags: TargetFlags, terminal: Terminal): Promise<ExitCode> {
  const vlans = readVlans('--vlan-id', flags.vlanId)
  const name = readName('--target-tenant', flags.targetTenant)
  const store = await openStore(flags, terminal)
  const world = await readWorld(store, terminal.stderr)
  const plan = planRevoke(world, name, vlans, flags.master)
  const what = describe(vlans, flags.master)
  askFirst(`Take ${what} away from tenant ${name}?`, flags, terminal)
  return writePlan(
    plan,
    world,
    store,
    flags,
    terminal,
    `tenant ${name} without ${what}, its claims for it revoked`,
  )
}

async function remove(flags: DeleteFlags, terminal: Terminal): Promise<ExitCode> {
  const vlans = readVlans('--id', flags.id)
  const name = readName('--tenant-id', flags.tenantId)
  const store = await openStore(flags, terminal)
  const world = await readWorld(store, terminal.stderr)
  const plan = planRevoke(world, name, vlans, flags.master)
  const what = describe(vlans, flags.master)
  const users = networksLosing(plan, world)
  if (users.length > 0 && !flags.force)
    throw new FailureError(`${what} is in use by ${users.join(', ')}: delete these first, or use --force`)
  askFirst(`Delete ${what} of tenant ${name}?`, flags, terminal)
  return writePlan(plan, world, store, flags, terminal, `tenant ${name} without ${what}`)
}

function describe(vlans: VlanSet, master: string | undefined): string {
  return `VLAN ${printVlans(vlans)}${master === undefined ? '' : ` on ${master}`}`
}
