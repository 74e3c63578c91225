import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { CniError } from '../src/cni/errors.ts'
import { isObject, type JsonObject } from '../src/json/value.ts'
import { CLAIM_ARG } from '../src/kube/annotations.ts'
import type { CommandName, Variables } from './environment.ts'
import type { Output } from './skeleton.ts'

/** More than any result; a plugin that prints more is broken. */
const MAX_OUTPUT = 16 * 1024 * 1024

/** Runs the real plugin with our own text of the configuration, never with the bytes that we were given. */
export function runDelegate(
  directory: string,
  type: string,
  command: CommandName,
  body: JsonObject,
  variables: Variables,
): Output {
  const program = join(directory, type)
  const env = { ...delegateVariables(variables), CNI_COMMAND: command }
  const { status, stdout, error } = spawnSync(program, [], {
    // Multi-call programs tell by their name which plugin they are.
    argv0: program,
    input: JSON.stringify(withoutClaim(body)),
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
    maxBuffer: MAX_OUTPUT,
    encoding: 'utf8',
  })
  if (error !== undefined) throw new CniError('io', `the plugin "${program}" cannot be run`, error.message)
  return { stdout, exit: status ?? 1 }
}

export function hasDelegate(directory: string, type: string): boolean {
  try {
    accessSync(join(directory, type), constants.X_OK)
    return true
  } catch {
    return false
  }
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

/** The reference vlan plugin reads vlanId; the other spelling is the one that people write (and would mean VLAN 0). */
export function translate(body: JsonObject, type: string): JsonObject {
  if (type !== 'vlan' || body.vlan === undefined || body.vlanId !== undefined) return body
  const { vlan, ...rest } = body
  return { ...rest, vlanId: vlan }
}
