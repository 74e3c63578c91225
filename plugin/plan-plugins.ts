import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { CONF_DIR_FILE, GUARD_DIRECTORY, GUARD_TYPE, GUARDED_PLUGINS } from '../src/cni/guarded.ts'
import { copyExecutable, isSameFile, readHeader } from './executable.ts'
import type { InstallOptions } from './install.ts'
import { InstallError } from './install-error.ts'
import { buildLauncher } from './launcher.ts'
import { distinct } from './one-installer.ts'
import {
  isLeftOver,
  isLost,
  isReal,
  isThere,
  lostText,
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
function planStandIns({ binDirs }: InstallOptions, binDir: string, path: string): Step[] {
  // A link into another of the directories leads to the guard there.
  const others = distinct(binDirs)
    .filter(other => other !== binDir)
    .map(resolved)
  const isOwn = (file: string): boolean => !others.includes(dirname(resolved(file)))
  const absent = GUARDED_PLUGINS.filter(name => !isThere(join(binDir, name)))
  const replaced = GUARDED_PLUGINS.filter(name => isReal(join(binDir, name)) && isOwn(join(binDir, name)))
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
  ]
}
