import { CniError } from '../src/cni/errors.ts'
import { CNI_VERSIONS, isCniVersion, isNetworkName } from '../src/cni/spec.ts'
import { JSON_LIMIT, readPluginConfiguration } from './configuration.ts'
import { type CallEnvironment, type CommandName, readEnvironment, type Variables } from './environment.ts'

/** The process, passed in so that tests need none. */
export interface World {
  readonly variables: Variables
  /** The name that the program was called by: `vlan`, or a path that ends in it. */
  readonly calledAs: string
  readonly stdin: () => string
  readonly stdout: (text: string) => void
}

/** One call: its environment, and its configuration as text and as it was read. */
export interface Call {
  readonly environment: CallEnvironment
  readonly calledAs: string
  readonly text: string
}

export type Command = (call: Call) => Output

/** What a command prints, and its exit code. */
export interface Output {
  readonly stdout: string
  readonly exit: number
}

export type Commands = Readonly<Record<CommandName, Command>>

/** Versions before these do not know the command (CNI SPEC 0.4.0 and 1.1.0). */
const SINCE: Partial<Record<CommandName, (typeof CNI_VERSIONS)[number]>> = {
  CHECK: '0.4.0',
  GC: '1.1.0',
  STATUS: '1.1.0',
}

/** Runs one call from environment and standard input to standard output and exit code. It never throws. */
export function runPlugin(world: World, commands: Commands): number {
  let version = '1.1.0'
  try {
    const environment = readEnvironment(world.variables)
    const calledAs = world.calledAs.slice(world.calledAs.lastIndexOf('/') + 1)
    const text = world.stdin()
    if (text.length > JSON_LIMIT)
      throw new CniError('decoding', `the configuration is longer than ${JSON_LIMIT} characters`)
    const { command } = environment
    if (command !== 'VERSION') version = checkVersion(text, command)
    const { stdout, exit } = commands[command]({ environment, calledAs, text })
    world.stdout(stdout)
    return exit
  } catch (error) {
    world.stdout(printError(error, version))
    return 1
  }
}

/** The version that errors are printed in; DEL is never refused for what it cannot use. */
function checkVersion(text: string, command: CommandName): string {
  const { body, problem } = readPluginConfiguration(text)
  if (body === undefined && command !== 'DEL')
    throw new CniError('decoding', `the configuration cannot be read: ${problem}`)
  const version = typeof body?.cniVersion === 'string' && body.cniVersion !== '' ? body.cniVersion : '0.1.0'
  if (command === 'DEL') return isCniVersion(version) ? version : '1.1.0'
  if (!isCniVersion(version))
    throw new CniError(
      'version',
      'incompatible CNI versions',
      `config is "${version}", plugin supports ${JSON.stringify(CNI_VERSIONS)}`,
    )
  const since = SINCE[command]
  if (since !== undefined && CNI_VERSIONS.indexOf(version) < CNI_VERSIONS.indexOf(since))
    throw new CniError(
      'version',
      `config version does not allow ${command}`,
      `"${version}" is from before ${since}`,
    )
  const name = body?.name
  if (typeof name !== 'string' || !isNetworkName(name))
    throw new CniError(
      'configuration',
      name === undefined ? 'missing network name' : 'invalid network name',
      JSON.stringify(name ?? ''),
    )
  return version
}

/** CNI SPEC 1.1.0, "Error". What is no CniError is our own mistake: 999, as the reference skeleton has it. */
function printError(error: unknown, cniVersion: string): string {
  const [code, msg, details] =
    error instanceof CniError
      ? [error.code, error.message, error.details]
      : [999, 'the guard failed', error instanceof Error ? error.message : String(error)]
  return `${JSON.stringify({ cniVersion, code, msg, ...(details !== '' && { details }) })}\n`
}
