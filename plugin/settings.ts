import { KEYS_FILE, REVOCATIONS_FILE } from '../src/claims/file-names.ts'
import { KeyError, type PublicJwk, parseJwkSet } from '../src/claims/jwk.ts'
import { parseRevocations, type Revocation } from '../src/claims/revocations.ts'
import { CniError } from '../src/cni/errors.ts'
import { CONF_DIR_FILE, GUARD_DIRECTORY, SETTINGS_FILE } from '../src/cni/guarded.ts'
import { readJson } from '../src/json/reader.ts'
import { isObject, type JsonObject } from '../src/json/value.ts'
import {
  type ClusterFacts,
  type ClusterNetworks,
  decodeClusterNetworks,
  decodeFacts,
  decodeText,
} from './cluster-facts.ts'
import { readText } from './libc.ts'
import { sha256 } from './runtime.ts'

/** How the guard is run on this node: `socni.d/guard.json` beside the CNI configurations. */
export interface Settings extends ClusterFacts, ClusterNetworks {
  /** `<CNI_CONF_DIR>/socni.d`. */
  readonly directory: string
  /** enforce refuses; audit only writes down what it would refuse. */
  readonly mode: 'enforce' | 'audit'
  /** File of decisions, a JSON object a line; `syslog`: the node's; empty: none. */
  readonly log: string
  /** What the node is called in the cluster; undefined: the UID of a bound claim has to do. */
  readonly node: string | undefined
}

/**
 * The directory of the guard's own files. Throws a CniError (5) where no installation says.
 * @param confDir The CNI configurations, if the runtime's variables say where; undefined: as the installation says.
 * @param ownDirectory The guard's own.
 */
export function findDirectory(confDir: string | undefined, ownDirectory: string): string {
  const pointer = `${ownDirectory}/${GUARD_DIRECTORY}/${CONF_DIR_FILE}`
  const found = confDir ?? readText(pointer)?.trim()
  return found === undefined ? notInstalled(pointer) : `${found}/${GUARD_DIRECTORY}`
}

/** Reads guard.json. Throws a CniError (5 or 7) with the command that mends it. */
export function readSettings(directory: string): Settings {
  const path = `${directory}/${SETTINGS_FILE}`
  const text = readText(path) ?? notInstalled(path)
  const reading = readJson(text)
  if (reading.ok && isObject(reading.value)) return decode(reading.value, directory, path)
  const problem = reading.ok ? 'it is no object' : reading.problems[0]?.message
  throw new CniError('configuration', `${path}: ${problem}`)
}

function notInstalled(missing: string): never {
  throw new CniError(
    'io',
    'the guard has no configuration on this node: run scripts/install-cni.sh',
    `${missing} is missing`,
  )
}

function decode(value: JsonObject, directory: string, path: string): Settings {
  const refuse = (key: string, wanted: string): never => {
    throw new CniError('configuration', `${path}: "${key}" is not ${wanted}`)
  }
  const text = (key: string, fallback: string): string => decodeText(value, key, fallback, refuse)
  const mode = text('mode', 'enforce')
  return {
    directory,
    mode: mode === 'enforce' || mode === 'audit' ? mode : refuse('mode', '"enforce" or "audit"'),
    log: text('log', ''),
    node: value.node === undefined ? undefined : text('node', ''),
    ...decodeFacts(value, refuse),
    ...decodeClusterNetworks(value, refuse),
  }
}

/** What claims are verified with. */
export interface Trust {
  readonly keys: ReadonlyMap<string, PublicJwk>
  readonly revocations: readonly Revocation[]
}

/** Reads keys and revocations. Throws a CniError (5): without them nothing may attach. */
export function readTrust({ directory }: Settings): Trust {
  const path = `${directory}/${KEYS_FILE}`
  const keys = readOr(path, `copy what "socni-ctl keys export" prints to ${path}`, 'keys', text => {
    if (text === undefined) throw new CniError('io', `${path} is missing`)
    return new Map(parseJwkSet(text, sha256).map(key => [key.kid, key]))
  })
  const list = `${directory}/${REVOCATIONS_FILE}`
  const mend = `put the cluster's list into ${list}: socni-ctl install, or --revocations of scripts/install-cni.sh`
  const revocations = readOr(list, mend, 'revocations', text =>
    text === undefined ? [] : parseRevocations(text),
  )
  return { keys, revocations }
}

/** Reads one of these files, or says what mends it. */
function readOr<T>(path: string, mend: string, what: string, parse: (text: string | undefined) => T): T {
  try {
    return parse(readText(path))
  } catch (error) {
    if (error instanceof KeyError)
      throw new CniError('io', `the ${what} of this node cannot be read: ${error.message}`, mend)
    if (error instanceof CniError) throw new CniError('io', error.message, mend)
    throw error
  }
}
