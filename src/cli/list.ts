import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type NodeConfiguration, readConfigurations, readKernelVlans } from '../manage/node.ts'
import { type GrantOverview, overviewOf } from '../manage/overview.ts'
import { readShownWorld, type World } from '../manage/world.ts'
import type { KernelVlan } from '../net/kernel-vlans.ts'
import { readRoot, readVlans } from './arguments.ts'
import {
  type AddCommand,
  choose,
  type ExitCode,
  FailureError,
  type GlobalFlags,
  type Terminal,
} from './command.ts'
import { vlansOption } from './options.ts'
import { printPlain, printTable } from './output.ts'
import { noteMissing, openStore } from './store.ts'

interface ListFlags extends GlobalFlags {
  readonly detailed?: true
}

interface StatusFlags extends GlobalFlags {
  readonly id?: string
  readonly root: string
}

/** `socni-ctl list` and `status`: what is granted, and what uses it. */
export const addList: AddCommand = (program, { terminal, action }) => {
  program
    .command('list')
    .summary('list VLANs and who holds them')
    .description('Lists the VLANs of the policy; with --config-dir also the configurations of a node.')
    .option('--detailed', 'with subnets, labels and what uses them')
    .addHelpText(
      'after',
      '\nExample:\n  socni-ctl --config-dir /var/lib/rancher/k3s/agent/etc/cni/net.d list',
    )
    .action(action((_, command) => list(command.optsWithGlobals(), terminal)))
  program
    .command('status')
    .summary('show what a VLAN is granted to and used by')
    .description('Shows grants, networks and pods of a VLAN, and on a node the interfaces of its kernel.')
    .addOption(vlansOption('--id <vlans>', 'a VLAN id, or several (default: all); repeatable'))
    .option('--root <dir>', 'where the file system of the node is', '/')
    .addHelpText('after', '\nExample:\n  socni-ctl status --id 200')
    .action(action((_, command) => status(command.optsWithGlobals(), terminal)))
}

async function list(flags: ListFlags, terminal: Terminal): Promise<ExitCode> {
  const chosen = choose('--format', flags.format, ['text', 'json', 'yaml'])
  noteMissing(flags, terminal)
  const store = await openStore(flags, terminal)
  const world = await readShownWorld(store, terminal.stderr)
  const grants = overviewOf(world)
  const configurations = configurationsOf(flags, world, terminal)
  if (chosen !== 'text') {
    terminal.stdout(printPlain({ grants, ...(configurations && { configurations }) }, chosen))
    return 0
  }
  terminal.stdout(
    grants.length === 0
      ? `no VLAN is granted in ${store.title}: ${store.missing ?? 'socni-ctl create makes one'}\n`
      : grantTable(grants, flags),
  )
  if (configurations !== undefined)
    terminal.stdout(`\n${flags.configDir}:\n${configurationTable(configurations)}`)
  return 0
}

async function status(flags: StatusFlags, terminal: Terminal): Promise<ExitCode> {
  const chosen = choose('--format', flags.format, ['text', 'json', 'yaml'])
  const vlans = flags.id === undefined ? undefined : readVlans('--id', flags.id)
  noteMissing(flags, terminal)
  const world = await readShownWorld(await openStore(flags, terminal), terminal.stderr)
  const grants = overviewOf(world, vlans)
  const interfaces = readKernelVlans(readRoot(flags.root, terminal), vlans)
  const configurations = configurationsOf(flags, world, terminal)
  if (chosen !== 'text') {
    const data = { grants, ...(configurations && { configurations }), ...(interfaces && { interfaces }) }
    terminal.stdout(printPlain(data, chosen))
    return 0
  }
  const what = flags.id === undefined ? 'no VLAN' : `VLAN ${flags.id}`
  terminal.stdout(
    grants.length === 0
      ? `${what} is granted to ${flags.id ? 'nobody' : 'anybody'}\n`
      : grants.map(describe).join('\n'),
  )
  if (configurations !== undefined)
    terminal.stdout(`\n${flags.configDir}:\n${configurationTable(configurations)}`)
  if (interfaces !== undefined) terminal.stdout(`\n${interfaceTable(interfaces)}`)
  return 0
}

/** The node's, where its directory is named. */
function configurationsOf({ configDir }: GlobalFlags, world: World, { directory }: Terminal) {
  if (configDir === undefined) return undefined
  const absolute = resolve(directory, configDir)
  if (!statSync(absolute, { throwIfNoEntry: false })?.isDirectory())
    throw new FailureError(
      `--config-dir "${configDir}" is no directory: name that of the node's CNI configurations`,
    )
  return readConfigurations(absolute, world)
}

function grantTable(grants: readonly GrantOverview[], { detailed }: ListFlags): string {
  const rows = grants.map(({ vlans, masters, tenant, shared, subnets, mtu, labels, networks, pods }) => [
    vlans,
    masters.join(','),
    tenant,
    shared ? 'shared' : '',
    ...(detailed
      ? [
          subnets.join(','),
          String(mtu ?? ''),
          printLabels(labels),
          String(networks.length),
          String(pods.length),
        ]
      : []),
  ])
  const more = detailed ? ['SUBNETS', 'MTU', 'LABELS', 'NETWORKS', 'PODS'] : []
  return printTable(['VLANS', 'INTERFACE', 'TENANT', 'SHARED', ...more], rows)
}

function describe({
  vlans,
  masters,
  tenant,
  namespaces,
  shared,
  subnets,
  mtu,
  labels,
  networks,
  pods,
}: GrantOverview): string {
  const lines = [
    ['tenant', `${tenant} (${namespaces.join(', ') || 'by namespaceSelector'})`],
    ['subnets', subnets.join(', ')],
    ['mtu', String(mtu ?? '')],
    ['labels', printLabels(labels)],
    ['networks', networks.join(', ')],
    ['pods', pods.join(', ')],
  ].filter(([, text]) => text !== '')
  const head = `VLAN ${vlans} on ${masters.join(', ')}${shared ? ' (shared)' : ''}\n`
  return head + lines.map(([name = '', text]) => `  ${name.padEnd(9)} ${text}\n`).join('')
}

function configurationTable(configurations: readonly NodeConfiguration[]): string {
  if (configurations.length === 0) return 'no configuration\n'
  const rows = configurations.map(({ file, network, types, segments, tenants, problem }) => {
    if (problem !== undefined) return [file, '', '', '', '', `cannot be read: ${problem}`]
    const vlans = segments.map(segment => `${segment.vlans} on ${segment.master}`).join(', ')
    return [file, network, types.join(','), vlans, tenants.join(',')]
  })
  return printTable(['FILE', 'NETWORK', 'TYPES', 'VLANS', 'TENANTS', ''], rows)
}

function interfaceTable(interfaces: readonly KernelVlan[]): string {
  if (interfaces.length === 0) return 'the kernel of this node has no such VLAN interface\n'
  return printTable(
    ['INTERFACE', 'VLAN', 'ON'],
    interfaces.map(({ name, vlan, parent }) => [name, String(vlan), parent]),
  )
}

function printLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}
