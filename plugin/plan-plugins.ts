import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { CONF_DIR_FILE, GUARD_DIRECTORY, GUARD_TYPE, GUARDED_PLUGINS } from '../src/cni/guarded.ts'
import { copyExecutable, isSameFile, readHeader } from './executable.ts'
import type { InstallOptions } from './install.ts'
import { InstallError } from './install-error.ts'
import { buildLauncher } from './launcher.ts'
import { distinct } from './one-installer.ts'
import {
  isGuard,
  isLeftEmpty,
  isLeftOver,
  isLost,
  isReal,
  isThere,
  lostText,
  putStandIn,
  putStandInIfFree,
  replacePlugin,
  resolved,
  temporaryOf,
} from './stand-in.ts'
import { planDirectory, planFile, type Step } from './steps.ts'

/** What brings one directory of plugins to where the guard stands in for all that it guards. */
export function planPlugins(options: InstallOptions, binDir: string): Step[] {
  const { executable, confDir, root = '/' } = options
  const privateDir = join(binDir, GUARD_DIRECTORY)
  const guard = join(privateDir, GUARD_TYPE)
  const copy = {
    text: `copy the guard to ${guard}`,
    run: () => copyExecutable(executable, guard, temporaryOf(binDir, GUARD_TYPE)),
  }
  const path = join('/', relative(root, binDir), GUARD_TYPE)
  return [
    ...planClearance(privateDir),
    ...planDirectory(privateDir),
    ...planFile(join(privateDir, CONF_DIR_FILE), `${join('/', relative(root, confDir))}\n`),
    ...(isSameFile(executable, guard) ? [] : [copy]),
    ...planLauncher(executable, join(binDir, GUARD_TYPE), join(dirname(path), GUARD_DIRECTORY, GUARD_TYPE)),
    ...planStandIns(options, binDir, path),
  ]
}

/** Each may be as long as the guard, and one is left each time that an installer is killed. */
function planClearance(privateDir: string): Step[] {
  const names = existsSync(privateDir) ? readdirSync(privateDir).filter(isLeftOver) : []
  if (names.length === 0) return []
  const clear = (): void => {
    for (const name of names) rmSync(join(privateDir, name), { force: true })
  }
  return [{ text: `remove what an installer that was ended has left in ${privateDir}`, run: clear }]
}

/** What is called by the guard's name, and calls the guard. */
function planLauncher(executable: string, file: string, guard: string): Step[] {
  const launcher = buildLauncher(guard, readHeader(executable))
  if (launcher === undefined)
    throw new InstallError(`${executable} is no program for x86-64 or arm64: use one of dist/plugin`)
  return planFile(file, launcher, '', 0o755)
}

/** @param path What is called by the guard's name, as the node has it. */
function planStandIns({ binDirs, root = '/' }: InstallOptions, binDir: string, path: string): Step[] {
  // A link into another of the directories leads to the guard there.
  const others = distinct(binDirs)
    .filter(other => other !== binDir)
    .map(resolved)
  const isOwn = (file: string): boolean => !others.includes(dirname(resolved(file)))
  const absent = GUARDED_PLUGINS.filter(name => !isThere(join(binDir, name)))
  const replaced = GUARDED_PLUGINS.filter(name => isReal(join(binDir, name)) && isOwn(join(binDir, name)))
  const emptied = GUARDED_PLUGINS.filter(name => isLeftEmpty(join(binDir, name)))
  const misled = GUARDED_PLUGINS.filter(name => isMisled(join(binDir, name), path, root))
  const lost = GUARDED_PLUGINS.filter(name => isLost(binDir, name))
  const several = (names: readonly string[], text: string, put: (name: string) => void): Step[] =>
    names.length === 0 ? [] : [{ text: `${text}: ${names.join(', ')}`, run: () => names.forEach(put) }]
  return [
    ...lost.map(name => {
      const aside = join(binDir, GUARD_DIRECTORY, name)
      return { text: lostText(aside), run: () => rmSync(aside, { force: true }) }
    }),
    ...replaced.map(name => ({
      text: `put the guard in the place of ${join(binDir, name)}`,
      run: () => replacePlugin(binDir, name, path),
    })),
    // Or the runtime finds them in a directory behind this one that nobody named, and runs them itself.
    ...several(absent, `put the guard under the names of plugins that are not in ${binDir}`, name => {
      // Copying the guard takes a while, in which somebody may have unpacked one.
      if (!putStandInIfFree(binDir, name, path)) replacePlugin(binDir, name, path)
    }),
    ...several(emptied, `put the guard in the place of empty files in ${binDir}`, name => {
      if (isLeftEmpty(join(binDir, name))) putStandIn(binDir, name, path)
    }),
    ...several(misled, `lead to the guard in ${binDir} what led to another place`, name => {
      if (isGuard(join(binDir, name))) putStandIn(binDir, name, path)
    }),
  ]
}

/** Whether a stand-in names a guard elsewhere, as after its directory was moved: nothing would answer by its name. */
function isMisled(file: string, path: string, root: string): boolean {
  if (!isGuard(file) || lstatSync(file).isSymbolicLink()) return false
  const named = readFileSync(file, 'latin1').slice('#!'.length).trim()
  if (named === path) return false
  // By another name of this directory it is found as well.
  const [own, other] = [join(dirname(file), GUARD_TYPE), join(root, named)].map(launcher =>
    statSync(launcher, { throwIfNoEntry: false }),
  )
  return own === undefined || own.dev !== other?.dev || own.ino !== other.ino
}
