import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import {
  CONF_DIR_FILE,
  GUARD_DIRECTORY,
  GUARD_TYPE,
  isStandIn,
  MAX_STAND_IN,
  standInText,
} from '../src/cni/guarded.ts'
import { writeAtomically } from '../src/files/atomic.ts'
import { readObject } from './read-object.ts'

/** How the real plugins were there, for putting them back. */
export const RECORD = 'installed.json'

/**
 * Puts the guard in a plugin's place. A file gives way to a file, one line that names the guard as its interpreter:
 * whoever copies a new plugin there writes over that line, and not through a link into the guard. A link gives way to a
 * link, as K3s replaces its own at an upgrade.
 * @param guard The guard's path as the node has it.
 */
export function replacePlugin(binDir: string, name: string, guard: string): void {
  const file = join(binDir, name)
  const real = join(binDir, GUARD_DIRECTORY, name)
  // Whoever planned this has looked before, and a stand-in that is taken for a plugin would replace the last real one.
  if (!isReal(file)) return
  const taken = lstatSync(file)
  const temporary = temporaryOf(binDir, name)
  const links = readRecord(join(binDir, GUARD_DIRECTORY))
  if (taken.isSymbolicLink()) {
    // K3s: all plugins are links to one program, which tells by its name which one it is.
    const target = readlinkSync(file)
    symlinkSync(target.startsWith('/') ? target : `../${target}`, temporary)
    links[name] = target
  } else {
    linkSync(file, temporary)
    delete links[name]
  }
  // The same once more of what nobody else can change: an installer of a version before this one waits for no lock.
  if (!isReal(temporary)) {
    rmSync(temporary)
    return
  }
  writeAtomically(join(binDir, GUARD_DIRECTORY, RECORD), `${JSON.stringify(links, null, 2)}\n`, 0o644)
  renameSync(temporary, real)
  // Both are one file where an installer was ended here: then a rename does nothing (rename(2)).
  rmSync(temporary, { force: true })
  // Somebody who unpacks plugins has put another one there meanwhile: that one is to be taken in.
  if (lstatSync(file, { throwIfNoEntry: false })?.ino !== taken.ino) replacePlugin(binDir, name, guard)
  else putStandIn(binDir, name, taken.isSymbolicLink() ? undefined : guard)
}

/** A line that names the guard as its interpreter; a link where no guard is named, or none that fits such a line. */
export function putStandIn(binDir: string, name: string, guard: string | undefined): void {
  renameSync(writeStandIn(binDir, name, guard), join(binDir, name))
}

/** The same under a name that is free. Returns whether it still was: what came there meanwhile stays. */
export function putStandInIfFree(binDir: string, name: string, guard: string): boolean {
  const temporary = writeStandIn(binDir, name, guard)
  try {
    linkSync(temporary, join(binDir, name))
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

function writeStandIn(binDir: string, name: string, guard: string | undefined): string {
  const temporary = temporaryOf(binDir, name)
  const line = standInText(guard ?? '')
  if (isStandIn(line)) {
    // A power failure must leave no empty file in a plugin's place.
    writeFileSync(temporary, line, { flush: true })
    chmodSync(temporary, 0o755)
  } else symlinkSync(GUARD_TYPE, temporary)
  return temporary
}

/** @param link Where the plugin led, when it was a link. */
export function restorePlugin(binDir: string, name: string, link: string | undefined): void {
  const file = join(binDir, name)
  if (link === undefined) {
    renameSync(join(binDir, GUARD_DIRECTORY, name), file)
    return
  }
  const temporary = temporaryOf(binDir, name)
  symlinkSync(link, temporary)
  renameSync(temporary, file)
}

/** A name that no other process has: containers have the same process ids. */
export function temporaryOf(binDir: string, name: string): string {
  return join(binDir, GUARD_DIRECTORY, `.${name}.${randomUUID()}.tmp`)
}

/** What an installer leaves when it is killed; while no other one is at work, nobody needs it. */
export function isLeftOver(name: string): boolean {
  return name.startsWith('.') && name.endsWith('.tmp')
}

/** The plugins that were set aside in a directory, by their names. */
export function listPlugins(binDir: string): string[] {
  const directory = join(binDir, GUARD_DIRECTORY)
  const names = existsSync(directory) ? readdirSync(directory) : []
  return names.filter(name => !OWN_FILES.includes(name) && !isLeftOver(name) && isReal(join(directory, name)))
}

const OWN_FILES: readonly string[] = [RECORD, CONF_DIR_FILE, GUARD_TYPE]

/** Whether a stand-in was set aside in a plugin's place, as installers did to each other that did not wait. */
export function isLost(binDir: string, name: string): boolean {
  const aside = join(binDir, GUARD_DIRECTORY, name)
  return isThere(aside) && !isReal(aside) && !isReal(join(binDir, name))
}

/** What is done about that, and what to do. */
export function lostText(standIn: string): string {
  return `remove ${standIn}, a stand-in for a plugin that is lost: unpack the CNI plugins of this node again`
}

/** Where plugins that were links led, by their names. */
export function readRecord(directory: string): Record<string, string> {
  const entries = Object.entries(readObject(join(directory, RECORD)))
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

/** A plugin that is there, and not the guard in its place: nor a link to where the guard already is, nor an empty file. */
export function isReal(file: string): boolean {
  const end = resolved(file)
  return isThere(file) && !isGuard(file) && !isGuard(end) && basename(end) !== GUARD_TYPE && !isEmpty(end)
}

/** What a power failure, or a full disk, has left of a plugin, or of a stand-in. */
export function isEmpty(file: string): boolean {
  const status = lstatSync(file, { throwIfNoEntry: false })
  return status?.isFile() === true && status.size === 0
}

/** The same, but not what somebody is just copying a plugin to. */
export function isLeftEmpty(file: string): boolean {
  return isEmpty(file) && Math.abs(Date.now() - lstatSync(file).mtimeMs) > COPYING_MS
}

const COPYING_MS = 10_000

/** Where links lead in the end; a link into what is not mounted here leads nowhere. */
export function resolved(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}

export function isGuard(path: string): boolean {
  const status = lstatSync(path, { throwIfNoEntry: false })
  if (status?.isSymbolicLink()) return readlinkSync(path) === GUARD_TYPE
  return status?.isFile() === true && status.size <= MAX_STAND_IN && isStandIn(readFileSync(path, 'latin1'))
}

/** Also a link that leads nowhere is there. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
