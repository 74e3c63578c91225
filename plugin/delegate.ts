import { GUARD_DIRECTORY, GUARD_TYPE } from '../src/cni/guarded.ts'
import { isObject, type JsonObject } from '../src/json/value.ts'
import { CLAIM_ARG } from '../src/kube/annotations.ts'
import type { CommandName, Variables } from './environment.ts'
import { closeFile, openFile } from './libc.ts'
import { runProgram } from './runtime.ts'
import type { Output } from './skeleton.ts'

/** Where real plugins are found, and what they are run with. */
export interface Surroundings {
  /** In the order in which they are looked for. */
  readonly directories: readonly string[]
  readonly variables: Variables
  /** Open files that hold locks: they stay locked for as long as the plugin runs, even when the guard is killed. */
  readonly locks: readonly number[]
}

/** Names, to a guard that is reached again from the plugin that it runs, that plugin. */
const MARK = 'SOCNI_DELEGATE'

/**
 * Where the real plugins may be: beside the guard, where an installation put them aside, then wherever the runtime would
 * have looked (CNI SPEC 1.1.0, "Parameters", CNI_PATH). What is under its own name in a guarded directory is the guard.
 * @param own The guard's own directory.
 */
export function realDirectories(own: string, path: string): string[] {
  const others = path.split(':').filter(directory => directory.startsWith('/') && directory !== own)
  const real = others.map(directory => (isThere(`${directory}/${GUARD_TYPE}`) ? aside(directory) : directory))
  return [aside(own), ...real]
}

function aside(directory: string): string {
  return `${directory}/${GUARD_DIRECTORY}`
}

function isThere(path: string): boolean {
  const file = openFile(path)
  if (file !== undefined) closeFile(file)
  return file !== undefined
}

/**
 * Runs the real plugin with our own text of the configuration, never with the bytes that we were given. Undefined when it
 * is not installed.
 */
export function runDelegate(
  { directories, variables, locks }: Surroundings,
  type: string,
  command: CommandName,
  body: JsonObject,
): Output | undefined {
  // A link that leads back to the guard is no plugin.
  if (variables[MARK] === type) return undefined
  const path = directories.map(directory => `${directory}/${type}`).find(isThere)
  if (path === undefined) return undefined
  return runPlugin(path, { variables, locks }, type, command, body)
}

/**
 * Has the plugin that gave a real plugin its addresses take them back. It is found as the real one finds it
 * (containernetworking/cni pkg/invoke/find.go): the first in CNI_PATH, by a name that is no path. Undefined when it is not
 * installed.
 * @param type The real plugin: a guard that is named there knows by it that it runs already.
 */
export function releaseAddresses(
  { variables, locks }: Surroundings,
  type: string,
  ipam: string,
  body: JsonObject,
): Output | undefined {
  if (ipam.includes('/')) return undefined
  const directories = (variables.CNI_PATH ?? '').split(':').filter(directory => directory.startsWith('/'))
  const path = directories.map(directory => `${directory}/${ipam}`).find(isThere)
  return path === undefined ? undefined : runPlugin(path, { variables, locks }, type, 'DEL', body)
}

function runPlugin(
  path: string,
  { variables, locks }: Pick<Surroundings, 'variables' | 'locks'>,
  type: string,
  command: CommandName,
  body: JsonObject,
): Output | undefined {
  return runProgram({
    path,
    input: JSON.stringify(withoutClaim(body)),
    env: { ...delegateVariables(variables), CNI_COMMAND: command, [MARK]: type },
    files: locks,
  })
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
