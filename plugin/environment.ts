import { CniError } from '../src/cni/errors.ts'
import { isInterfaceName } from '../src/net/interface-name.ts'

export const COMMANDS = ['ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION'] as const
export type CommandName = (typeof COMMANDS)[number]

/** What the runtime says of one call. CNI SPEC 1.1.0, "Parameters". */
export interface CallEnvironment {
  readonly command: CommandName
  readonly containerId: string
  readonly netns: string
  readonly interface: string
  /** CNI_ARGS, each key once. */
  readonly args: ReadonlyMap<string, string>
}

export type Variables = Readonly<Record<string, string | undefined>>

/** Which variables a command needs (containernetworking/cni pkg/skel/skel.go getCmdArgsFromEnv). */
const REQUIRED: Readonly<Record<CommandName, readonly string[]>> = {
  ADD: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME', 'CNI_PATH'],
  CHECK: ['CNI_CONTAINERID', 'CNI_NETNS', 'CNI_IFNAME', 'CNI_PATH'],
  DEL: ['CNI_CONTAINERID', 'CNI_IFNAME', 'CNI_PATH'],
  GC: ['CNI_PATH'],
  STATUS: ['CNI_PATH'],
  VERSION: [],
}

/** Reads the environment of a call. Throws a CniError (4) that names the variable. */
export function readEnvironment(variables: Variables): CallEnvironment {
  const named = variables.CNI_COMMAND ?? ''
  const command = COMMANDS.find(candidate => candidate === named)
  if (command === undefined)
    throw new CniError('environment', `CNI_COMMAND "${named}" is none: use ${COMMANDS.join(', ')}`)
  const missing = REQUIRED[command].filter(name => !variables[name])
  if (missing.length > 0)
    throw new CniError('environment', `required env variables [${missing.join(',')}] missing`)
  const { CNI_CONTAINERID: containerId = '', CNI_NETNS: netns = '', CNI_IFNAME: ifname = '' } = variables
  if (containerId !== '' && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(containerId))
    throw new CniError('environment', 'CNI_CONTAINERID is no container id', JSON.stringify(containerId))
  if (ifname !== '' && !isInterfaceName(ifname))
    throw new CniError('environment', 'CNI_IFNAME is no interface name', JSON.stringify(ifname))
  return {
    command,
    containerId,
    netns,
    interface: ifname,
    // Cleaning up must not depend on what nobody asks for.
    args: command === 'ADD' || command === 'CHECK' ? readArgs(variables.CNI_ARGS ?? '') : new Map(),
  }
}

/**
 * `K1=V1;K2=V2`. Thin Multus appends what the runtime gave, so that a key may stand twice with one value; with two, nobody
 * could tell which one the plugin takes. IgnoreUnknown is left out: runtimes say 1 and Multus true, and it tells of no
 * network (containernetworking/cni pkg/types/args.go).
 */
function readArgs(text: string): ReadonlyMap<string, string> {
  const args = new Map<string, string>()
  for (const pair of text.split(';')) {
    if (pair === '') continue
    const at = pair.indexOf('=')
    if (at < 1)
      throw new CniError('environment', 'CNI_ARGS holds a part that is no KEY=VALUE', JSON.stringify(pair))
    const [key, value] = [pair.slice(0, at), pair.slice(at + 1)]
    if (key === 'IgnoreUnknown') continue
    const known = args.get(key)
    if (known !== undefined && known !== value)
      throw new CniError(
        'environment',
        `CNI_ARGS holds ${key} twice, with two values`,
        JSON.stringify([known, value]),
      )
    args.set(key, value)
  }
  return args
}
