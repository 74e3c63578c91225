import { networksLosing } from '../manage/overview.ts'
import { planAddNamespace, planDeleteTenant, planRemoveNamespace } from '../manage/plan-tenant.ts'
import { readWorld } from '../manage/world.ts'
import { askFirst, readName } from './arguments.ts'
import { type AddCommand, type ExitCode, FailureError, type Terminal } from './command.ts'
import { isInCluster, openStore } from './store.ts'
import { type WritingFlags, writePlan } from './write-plan.ts'

interface RemoveFlags extends WritingFlags {
  readonly force?: true
}

/** `socni-ctl tenant`: which namespaces a tenant has, and its end; `create` and `grant` make one. */
export const addTenant: AddCommand = (program, { terminal, action }) => {
  const tenant = program
    .command('tenant')
    .summary('give a tenant namespaces, take them away, and delete one that is empty')
    .description(
      'Gives the tenant --tenant-id namespaces, takes them away, and deletes it when it holds no VLAN. "create" and "grant" make tenants.',
    )
    .addHelpText(
      'after',
      `
Examples:
  socni-ctl --tenant-id finance tenant add-namespace finance-batch
  socni-ctl --tenant-id finance tenant remove-namespace finance-batch --yes
  socni-ctl --tenant-id finance tenant delete`,
    )
  const verb = (name: string, description: string) =>
    tenant.command(name).description(description).option('--dry-run', 'only show what would be written')

  verb('add-namespace', 'let the pods of a namespace join the VLANs of the tenant')
    .argument('<namespace>', 'name of a namespace that no tenant has')
    .action(action((namespace: string, _, command) => add(namespace, command.optsWithGlobals(), terminal)))
  verb('remove-namespace', 'take a namespace away from the tenant; claims of its pods no longer count')
    .argument('<namespace>', 'name of a namespace that the tenant names')
    .option('--force', 'even while networks in it use VLANs of the tenant')
    .option('--yes', 'do not ask')
    .action(action((namespace: string, _, command) => remove(namespace, command.optsWithGlobals(), terminal)))
  verb('delete', 'delete the tenant, which holds no VLAN any more')
    .option('--yes', 'do not ask')
    .action(action((_, command) => deleteTenant(command.optsWithGlobals(), terminal)))
}

async function add(namespace: string, flags: WritingFlags, terminal: Terminal): Promise<ExitCode> {
  const [name, given] = [readName('--tenant-id', flags.tenantId), readName('namespace', namespace)]
  const store = await openStore(flags, terminal)
  const world = await readWorld(store, terminal.stderr)
  const plan = planAddNamespace(world, name, given)
  const isThere = !isInCluster(flags) || world.inventory.hasNamespace(given)
  const notes = isThere ? [] : [`namespace ${given} is not there yet`]
  return writePlan(
    { ...plan, notes },
    world,
    store,
    flags,
    terminal,
    `tenant ${name} with namespace ${given}`,
  )
}

async function remove(namespace: string, flags: RemoveFlags, terminal: Terminal): Promise<ExitCode> {
  const [name, given] = [readName('--tenant-id', flags.tenantId), readName('namespace', namespace)]
  const store = await openStore(flags, terminal)
  const world = await readWorld(store, terminal.stderr)
  const plan = planRemoveNamespace(world, name, given)
  const users = networksLosing(plan, world)
  if (users.length > 0 && !flags.force)
    throw new FailureError(
      `namespace ${given} has networks in VLANs of tenant ${name}, ${users.join(', ')}: delete these first, or use --force`,
    )
  askFirst(`Take namespace ${given} away from tenant ${name}?`, flags, terminal)
  const what = `tenant ${name} without namespace ${given}, the claims of its pods revoked`
  return writePlan(plan, world, store, flags, terminal, what)
}

async function deleteTenant(flags: WritingFlags, terminal: Terminal): Promise<ExitCode> {
  const name = readName('--tenant-id', flags.tenantId)
  const store = await openStore(flags, terminal)
  const world = await readWorld(store, terminal.stderr)
  const plan = planDeleteTenant(world, name)
  askFirst(`Delete tenant ${name}?`, flags, terminal)
  return writePlan(plan, world, store, flags, terminal, `tenant ${name} deleted`)
}
