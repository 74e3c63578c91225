import { readShownWorld, type World } from '../manage/world.ts'
import { renderHtml } from '../map/html.ts'
import { renderMermaid } from '../map/mermaid.ts'
import { printRange, readSpace, type VlanSpace } from '../map/space.ts'
import { renderSvg } from '../map/svg.ts'
import { type AddCommand, choose, type ExitCode, type GlobalFlags, type Terminal } from './command.ts'
import { printPlain, printTable, writeOutputFile } from './output.ts'
import { noteMissing, openStore } from './store.ts'

interface MapFlags extends GlobalFlags {
  readonly output?: string
  readonly dryRun?: true
}

const FORMATS = ['text', 'mermaid', 'svg', 'html', 'json', 'yaml'] as const

/** `socni-ctl map`: the VLAN space, and who is where in it. */
export const addMap: AddCommand = (program, { terminal, action }) => {
  program
    .command('map')
    .summary('draw tenants, VLANs, networks and pods')
    .description('Draws which VLANs of which interface are free, granted, shared, in use or contested.')
    .option('--output <file>', 'write it there, and print nothing')
    .option('--dry-run', 'with --output: print it, and write nothing')
    .addHelpText(
      'after',
      `
Formats: ${FORMATS.join(', ')}.

Examples:
  socni-ctl map
  socni-ctl --kubeconfig /etc/rancher/k3s/k3s.yaml map --format html --output vlans.html`,
    )
    .action(action((_, command) => map(command.optsWithGlobals(), terminal)))
}

async function map(flags: MapFlags, terminal: Terminal): Promise<ExitCode> {
  const format = choose('--format', flags.format, FORMATS)
  noteMissing(flags, terminal)
  const text = render(
    spaceOf(await readShownWorld(await openStore(flags, terminal), terminal.stderr)),
    format,
  )
  if (flags.output === undefined || flags.dryRun) terminal.stdout(text)
  else writeOutputFile('--output', flags.output, text, terminal)
  return 0
}

function spaceOf({ tenants, inventory }: World): VlanSpace {
  const attachments = [...inventory.attachments()].map(attachment => ({
    attachment,
    tenant: inventory.tenantOf(attachment.namespace),
    pods: inventory.uses.of(attachment.namespace, attachment.name).size,
  }))
  return readSpace(
    [...tenants.values()].map(({ tenant }) => tenant),
    attachments,
    inventory.cluster,
  )
}

function render(space: VlanSpace, format: (typeof FORMATS)[number]): string {
  switch (format) {
    case 'text':
      return renderTable(space)
    case 'mermaid':
      return renderMermaid(space)
    case 'svg':
      return renderSvg(space)
    case 'html':
      return renderHtml(space)
    default:
      return printPlain(space, format)
  }
}

function renderTable({ interfaces }: VlanSpace): string {
  if (interfaces.length === 0) return 'no VLAN is granted or used\n'
  const rows = interfaces.flatMap(({ name, ranges }) =>
    ranges.map(range => [
      name,
      printRange(range),
      range.state === 'used' ? 'in use' : range.state,
      range.tenants.join(','),
      range.networks.join(','),
      range.pods === 0 ? '' : String(range.pods),
    ]),
  )
  return printTable(['INTERFACE', 'VLANS', 'STATE', 'TENANTS', 'NETWORKS', 'PODS'], rows)
}
