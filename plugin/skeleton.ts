import { CniError } from '../src/cni/errors.ts'
import { CNI_VERSIONS, isCniVersion, isNetworkName } from '../src/cni/spec.ts'
import type { JsonObject } from '../src/json/value.ts'
import { type CallEnvironment, type CommandName, readEnvironment, type Variables } from './environment.ts'
import { JSON_LIMIT, readForCleanUp, readPluginConfiguration } from './stdin-configuration.ts'

/** The process, passed in so that tests need none. */
export interface GuardProcess {
  readonly variables: Variables
  /** The name that the program was called by: `vlan`, or a path that ends in it. */
  readonly calledAs: string
  readonly stdin: () => string
  readonly stdout: (text: string) => void
}

/** One call: its environment, and its configuration as the strict reader has it (empty for VERSION). */
export interface Call {
  readonly environment: CallEnvironment
  readonly calledAs: string
  readonly body: JsonObject
}

export type Command = (call: Call) => Promise<Output>

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
export async function runPlugin(world: GuardProcess, commands: Commands): Promise<number> {
  let version = '1.1.0'
  try {
    const environment = readEnvironment(world.variables)
    const calledAs = world.calledAs.slice(world.calledAs.lastIndexOf('/') + 1)
    const body = readBody(environment.command, world)
    // What nobody can read was never attached.
    if (body === undefined) return 0
    version = versionOf(body)
    check(body, version, environment.command)
    const { stdout, exit } = await commands[environment.command]({ environment, calledAs, body })
    if (stdout !== '') world.stdout(stdout)
    return exit
  } catch (error) {
    try {
      world.stdout(printError(error, version))
    } catch {
      // Nobody listens; the exit code says it as well.
    }
    return 1
  }
}

/** The configuration; undefined only for a DEL that has none. */
function readBody(command: CommandName, world: GuardProcess): JsonObject | undefined {
  if (command === 'VERSION') return {}
  const text = world.stdin()
  // However long: a plugin's result is in it, and what was attached has to come off.
  if (command === 'DEL') return readForCleanUp(text)
  if (text.length > JSON_LIMIT)
    throw new CniError('decoding', `the configuration is longer than ${JSON_LIMIT} characters`)
  const { body, problem } = readPluginConfiguration(text)
  if (body === undefined) throw new CniError('decoding', `the configuration cannot be read: ${problem}`)
  return body
}

/** The version that errors are printed in. */
function versionOf({ cniVersion }: JsonObject): string {
  return typeof cniVersion === 'string' && cniVersion !== '' ? cniVersion : '0.1.0'
}

function check({ name }: JsonObject, version: string, command: CommandName): void {
  // DEL is never refused for what it cannot use.
  if (command === 'VERSION' || command === 'DEL') return
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
  if (typeof name !== 'string' || !isNetworkName(name))
    throw new CniError(
      'configuration',
      name === undefined ? 'missing network name' : 'invalid network name',
      JSON.stringify(name ?? ''),
    )
}

/** CNI SPEC 1.1.0, "Error". What is no CniError is our own mistake: 999, as the reference skeleton has it. */
function printError(error: unknown, version: string): string {
  const cniVersion = isCniVersion(version) ? version : '1.1.0'
  const [code, msg, details] =
    error instanceof CniError
      ? [error.code, error.message, error.details]
      : [999, 'the guard failed', error instanceof Error ? error.message : String(error)]
  return `${JSON.stringify({ cniVersion, code, msg, ...(details !== '' && { details }) })}\n`
}
