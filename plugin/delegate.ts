import { isObject, type JsonObject } from '../src/json/value.ts'
import { CLAIM_ARG } from '../src/kube/annotations.ts'
import type { CommandName, Variables } from './environment.ts'
import { runProgram } from './runtime.ts'
import type { Output } from './skeleton.ts'

/** Where real plugins are found, and what they are run with. */
export interface Surroundings {
  readonly pluginDirectories: readonly string[]
  readonly variables: Variables
  /** Open files that hold locks: they stay locked for as long as the plugin runs, even when the guard is killed. */
  readonly locks: readonly number[]
}

/**
 * Runs the real plugin with our own text of the configuration, never with the bytes that we were given. Undefined when it
 * is not installed.
 */
export function runDelegate(
  { pluginDirectories, variables, locks }: Surroundings,
  type: string,
  command: CommandName,
  body: JsonObject,
): Output | undefined {
  const call = {
    input: JSON.stringify(withoutClaim(body)),
    env: { ...delegateVariables(variables), CNI_COMMAND: command },
    files: locks,
  }
  for (const directory of pluginDirectories) {
    const output = runProgram({ ...call, path: `${directory}/${type}` })
    if (output !== undefined) return output
  }
  return undefined
}

/** What the specification names, and what plugins look programs up by. Nothing that could take over a runtime. */
function delegateVariables(variables: Variables): Record<string, string> {
  const kept = Object.entries(variables).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (entry[0].startsWith('CNI_') || entry[0] === 'PATH'),
  )
  return Object.fromEntries(kept)
}

/** The claim is for the guard alone: plugins that keep their configuration on disk must not keep it too. */
function withoutClaim(body: JsonObject): JsonObject {
  const { args } = body
  if (!isObject(args) || !isObject(args.cni) || args.cni[CLAIM_ARG] === undefined) return body
  const { [CLAIM_ARG]: _, ...cni } = args.cni
  return { ...body, args: { ...args, cni } }
}
