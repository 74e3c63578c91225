import { KEYS_FILE } from '../claims/file-names.ts'
import { KeyError } from '../claims/jwk.ts'
import { type KeySet, parseKeySet } from '../claims/keys.ts'
import { GUARD_DIRECTORY, GUARD_TYPE, GUARDED_PLUGINS, isStandIn, SETTINGS_FILE } from '../cni/guarded.ts'
import { answer, type Check, type Question } from './check.ts'
import { binDirsOf, type Distribution } from './distribution.ts'
import { isExecutable } from './multus.ts'
import type { Tree } from './tree.ts'

const GUARD: Question = {
  id: 'guard',
  title: 'The guard is installed',
  why: 'Without it, and while it only writes down, nothing on the node stands in the way: what reached the cluster while the webhook was away attaches unchecked.',
}

const KEYS: Question = {
  id: 'keys',
  title: 'The node has the public keys',
  why: 'The guard refuses every attachment that it cannot verify.',
}

/** The guard's executable, what it stands in for, and its directory beside the CNI configurations. */
export function checkGuard(tree: Tree, distribution: Distribution): Check[] {
  const { binDir, confDir } = distribution
  const executable = `${binDir}/${GUARD_TYPE}`
  const missing = [executable, `${binDir}/${GUARD_DIRECTORY}/${GUARD_TYPE}`].find(
    path => !isExecutable(tree, path),
  )
  if (missing !== undefined) {
    const install = `CNI_BIN_DIR=${binDir} CNI_CONF_DIR=${confDir} scripts/install-cni.sh --keys keys.json`
    return [answer(GUARD, 'warning', `"${missing}" is missing`, install)]
  }
  const mode = checkMode(tree, executable, `${confDir}/${GUARD_DIRECTORY}/${SETTINGS_FILE}`)
  const guard =
    findReal(tree, binDirsOf(distribution)) ??
    (mode.status === 'ok' ? (findAbsent(tree, distribution) ?? mode) : mode)
  return [guard, checkKeys(tree, `${confDir}/${GUARD_DIRECTORY}/${KEYS_FILE}`)]
}

const INSTALL = 'scripts/install-cni.sh, or the same in the DaemonSet socni-guard'

function placesIn(directory: string): string[] {
  return GUARDED_PLUGINS.map(name => `${directory}/${name}`)
}

/** Real plugins where the guard should be: undefined when there are none. */
function findReal(tree: Tree, directories: readonly string[]): Check | undefined {
  const real = directories
    .flatMap(placesIn)
    .filter(path => isExecutable(tree, path) && !isGuardAt(tree, path))
  if (real.length === 0) return undefined
  const mend = `CNI_BIN_DIR=${directories.join(':')} ${INSTALL}`
  return answer(GUARD, 'error', `${real.join(', ')} can be run past the guard`, mend)
}

/** Nothing where the guard should be: undefined when it has all of its places. */
function findAbsent(tree: Tree, { binDir }: Distribution): Check | undefined {
  const absent = placesIn(binDir).filter(path => tree.entry(path).kind === 'missing')
  if (absent.length === 0) return undefined
  const found = `the guard is not at ${absent.join(', ')}: a runtime with a further directory runs what is there`
  return answer(GUARD, 'warning', found, `CNI_BIN_DIR=${binDir} ${INSTALL}`)
}

/** A link to the guard, or what stands in for a plugin that was a file or is not there. */
export function isGuardAt(tree: Tree, path: string): boolean {
  const entry = tree.entry(path)
  return (entry.kind === 'file' && entry.path.endsWith(`/${GUARD_TYPE}`)) || isStandIn(tree.read(path) ?? '')
}

function checkMode(tree: Tree, executable: string, settings: string): Check {
  const object = tree.readObject(settings)
  if (typeof object === 'string') {
    const found = `"${settings}" ${object}; the guard refuses every attachment`
    const mend = 'run scripts/install-cni.sh again, or restart the pod of socni-guard on this node'
    return answer(GUARD, 'error', found, mend)
  }
  if (object.mode !== 'audit') return answer(GUARD, 'ok', `"${executable}"`)
  return answer(
    GUARD,
    'warning',
    `"${settings}" has "mode": "audit"`,
    'install it with --mode enforce, once its log has refused nothing for a while',
  )
}

function checkKeys(tree: Tree, path: string): Check {
  const publish = `socni-ctl keys export > ${path}`
  const entry = tree.entry(path)
  if (entry.kind === 'unreadable')
    return answer(KEYS, 'unknown', entry.reason, 'run socni-ctl doctor as root')
  if (entry.kind !== 'file') return answer(KEYS, 'error', `"${path}" is missing`, publish)
  if ((entry.mode & 0o022) !== 0)
    return answer(KEYS, 'error', `"${path}" may be written by others than its owner`, `chmod 644 ${path}`)
  const keys = readKeys(tree.read(path) ?? '')
  if (typeof keys === 'string') return answer(KEYS, 'error', `"${path}": ${keys}`, publish)
  const states = [...keys.values()].map(({ state }) => state)
  if (!states.includes('current'))
    return answer(KEYS, 'error', `"${path}" holds no key that signs now`, publish)
  return answer(KEYS, 'ok', `${keys.size} in "${path}"${states.includes('next') ? ', the next one too' : ''}`)
}

function readKeys(text: string): KeySet | string {
  try {
    return parseKeySet(text)
  } catch (error) {
    if (error instanceof KeyError) return error.message
    throw error
  }
}
