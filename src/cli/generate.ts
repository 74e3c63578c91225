import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { isConfigurationFile } from '../cni/spec.ts'
import { lint } from '../lint/lint.ts'
import {
  generateAttachment,
  generateConflist,
  IPAM_TYPES,
  NETWORK_TYPES,
  type NetworkRequest,
} from '../manage/generate.ts'
import { parseIp } from '../net/ip.ts'
import { contains, parsePrefix } from '../net/prefix.ts'
import { LAST_VLAN } from '../net/vlan-set.ts'
import { printManifest } from '../yaml/edit.ts'
import { readInterface, readMtu, readName, readSubnetOption } from './arguments.ts'
import {
  type AddCommand,
  choose,
  type ExitCode,
  FailureError,
  type GlobalFlags,
  type Terminal,
  UsageError,
} from './command.ts'
import { neededOption, onceOption } from './options.ts'
import { printPlain, writeOutputFile } from './output.ts'

interface GenerateFlags extends GlobalFlags {
  readonly id: string
  readonly master: string
  readonly subnet?: string
  readonly gateway?: string
  readonly name?: string
  readonly mtu?: string
  readonly type: string
  readonly ipam: string
  readonly nad?: true
  readonly namespace: string
  readonly output?: string
  readonly dryRun?: true
}

/** `socni-ctl generate`: a configuration for a VLAN, without the mistakes that the rules find. */
export const addGenerate: AddCommand = (program, { terminal, action }) => {
  program
    .command('generate')
    .summary('print a CNI configuration or a NAD for a VLAN')
    .description(
      'Prints a CNI configuration list for a VLAN, or a NetworkAttachmentDefinition, that passes lint.',
    )
    .addOption(neededOption(onceOption('--id <vlan>', 'VLAN id')))
    .addOption(
      neededOption(
        onceOption('--master <interface>', 'host interface that it is on; with --type bridge the bridge'),
      ),
    )
    .addOption(
      onceOption('--subnet <prefix>', 'subnet of its addresses (host-local and whereabouts need one)'),
    )
    .option('--gateway <address>', "the subnet's gateway; no default route is made of it")
    .option('--name <name>', 'name of the network (default: vlan and the id)')
    .option('--mtu <bytes>', 'MTU of the interface in the pod')
    .option('--type <type>', NETWORK_TYPES.join(', '), 'vlan')
    .option('--ipam <type>', IPAM_TYPES.join(', '), 'host-local')
    .option('--nad', 'a NetworkAttachmentDefinition in YAML')
    .option('-n, --namespace <name>', 'namespace of the NAD', 'default')
    .option('--output <file>', 'write it there, and print nothing')
    .option('--dry-run', 'with --output: print it, and write nothing')
    .addHelpText(
      'after',
      `
Examples:
  socni-ctl generate --id 200 --master eth0 --subnet 10.200.0.0/24 --output 200-vlan.conflist
  socni-ctl generate --id 200 --master eth0 --subnet 10.200.0.0/24 --type macvlan --ipam whereabouts --nad`,
    )
    .action(action((_, command) => generate(command.optsWithGlobals(), terminal)))
}

function generate(flags: GenerateFlags, terminal: Terminal): ExitCode {
  const request = readRequest(flags)
  const namespace = readName('--namespace', flags.namespace)
  const attachment = generateAttachment(request, namespace)
  const isLinted = reportFindings(printManifest(attachment), terminal)
  if (!isLinted) return 1
  const isYaml = flags.nad === true && flags.format !== 'json'
  const text = isYaml
    ? printManifest(attachment)
    : printPlain(
        flags.nad ? attachment : generateConflist(request),
        flags.format === 'yaml' ? 'yaml' : 'json',
      )
  choose('--format', flags.format, ['text', 'json', 'yaml'])
  if (flags.output === undefined || flags.dryRun) {
    terminal.stdout(text)
    return 0
  }
  const file = resolve(terminal.directory, flags.output)
  if (!existsSync(dirname(file)))
    throw new FailureError(
      `${dirname(file)} does not exist: is this the node, and is that its CNI directory?`,
    )
  if (!flags.nad) warnOfOrder(file, terminal)
  const verb = existsSync(file) ? 'replaced' : 'wrote'
  writeOutputFile('--output', flags.output, text, terminal)
  terminal.stderr(`${verb} ${flags.output}\n`)
  return 0
}

function readRequest(flags: GenerateFlags): NetworkRequest {
  const vlan = /^\d{1,4}$/.test(flags.id) ? Number(flags.id) : 0
  if (vlan < 1 || vlan > LAST_VLAN) throw new UsageError(`--id "${flags.id}" is no VLAN: use 1 to 4094`)
  const ipam = choose('--ipam', flags.ipam, IPAM_TYPES)
  const needsSubnet = ipam === 'host-local' || ipam === 'whereabouts'
  if (needsSubnet && flags.subnet === undefined)
    throw new UsageError(`--ipam ${ipam} needs --subnet, like 10.200.0.0/24`)
  if (!needsSubnet && (flags.subnet ?? flags.gateway) !== undefined)
    throw new UsageError(
      `--ipam ${ipam} takes no --subnet and no --gateway: its addresses come from elsewhere`,
    )
  return {
    type: choose('--type', flags.type, NETWORK_TYPES),
    ipam,
    vlan,
    master: readInterface(flags.master),
    name: readName('--name', flags.name ?? `vlan${vlan}`),
    mtu: flags.mtu === undefined ? undefined : readMtu(flags.mtu),
    subnet: flags.subnet === undefined ? undefined : readSubnetOption(flags.subnet),
    gateway: flags.gateway === undefined ? undefined : readGateway(flags.gateway, flags.subnet),
  }
}

function readGateway(text: string, subnet: string | undefined): string {
  const gateway = parseIp(text)
  if (gateway === undefined)
    throw new UsageError(`--gateway "${text}" is no IP address: write one like 10.200.0.1`)
  const prefix = subnet === undefined ? undefined : parsePrefix(subnet)
  if (prefix !== undefined && !contains(prefix, gateway))
    throw new UsageError(`--gateway ${text} is not in --subnet ${subnet}: no route by it would work`)
  return text
}

/** What we write ourselves is judged like everybody's: errors keep it from being written, warnings are shown. */
function reportFindings(manifest: string, terminal: Terminal): boolean {
  const source = { path: 'generated', read: () => manifest }
  const { findings } = lint([source], { policy: [], rules: {}, namespace: 'default' })
  for (const { rule, severity, message } of findings)
    terminal.stderr(`socni-ctl: ${severity}: ${message} [${rule}]\n`)
  return findings.every(({ severity }) => severity === 'warning')
}

/** The container runtime takes the first file as the network of every pod. */
function warnOfOrder(file: string, terminal: Terminal): void {
  const others = readdirSync(dirname(file)).filter(isConfigurationFile)
  const [first] = [...others, basename(file)].sort()
  const isFirst = first === basename(file) && others.some(name => name !== first)
  if (isFirst)
    terminal.stderr(
      `socni-ctl: warning: ${basename(file)} sorts before ${others.sort()[0]}: containerd would take it for every pod's network\n`,
    )
}
