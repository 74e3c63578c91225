import {
  chmodSync,
  linkSync,
  lstatSync,
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
  GUARD_TYPE as GUARD,
  isStandIn,
  MAX_STAND_IN,
  GUARD_DIRECTORY as PRIVATE,
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
  const real = join(binDir, PRIVATE, name)
  const temporary = temporaryOf(binDir, name)
  rmSync(temporary, { force: true })
  const links = readRecord(join(binDir, PRIVATE))
  const isLink = lstatSync(file).isSymbolicLink()
  if (isLink) {
    // K3s: all plugins are links to one program, which tells by its name which one it is.
    const target = readlinkSync(file)
    symlinkSync(target.startsWith('/') ? target : `../${target}`, temporary)
    links[name] = target
  } else {
    linkSync(file, temporary)
    delete links[name]
  }
  writeAtomically(join(binDir, PRIVATE, RECORD), `${JSON.stringify(links, null, 2)}\n`, 0o644)
  renameSync(temporary, real)
  putStandIn(binDir, name, isLink ? undefined : guard)
}

/** A line that names the guard as its interpreter; a link where no guard is named, or none that fits such a line. */
export function putStandIn(binDir: string, name: string, guard: string | undefined): void {
  const temporary = temporaryOf(binDir, name)
  rmSync(temporary, { force: true })
  const line = standInText(guard ?? '')
  if (isStandIn(line)) {
    writeFileSync(temporary, line)
    chmodSync(temporary, 0o755)
  } else symlinkSync(GUARD, temporary)
  renameSync(temporary, join(binDir, name))
}

export function restorePlugin(binDir: string, name: string, link: string | undefined): void {
  const file = join(binDir, name)
  if (link === undefined) {
    renameSync(join(binDir, PRIVATE, name), file)
    return
  }
  const temporary = temporaryOf(binDir, name)
  rmSync(temporary, { force: true })
  symlinkSync(link, temporary)
  renameSync(temporary, file)
}

/** What is left of an installer that was killed goes with the guard's directory. */
export function temporaryOf(binDir: string, name: string): string {
  return join(binDir, PRIVATE, `.${name}.tmp`)
}

/** Where plugins that were links led, by their names. */
export function readRecord(directory: string): Record<string, string> {
  const entries = Object.entries(readObject(join(directory, RECORD)))
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

/** A plugin that is there, and not the guard in its place: nor a link to where the guard already is. */
export function isReal(file: string): boolean {
  const end = resolved(file)
  return isThere(file) && !isGuard(file) && !isGuard(end) && basename(end) !== GUARD
}

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
  if (status?.isSymbolicLink()) return readlinkSync(path) === GUARD
  return status?.isFile() === true && status.size <= MAX_STAND_IN && isStandIn(readFileSync(path, 'latin1'))
}

/** Also a link that leads nowhere is there. */
export function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
