import { join } from 'node:path'
import { GUARD_DIRECTORY, GUARD_TYPE, GUARDED_PLUGINS } from '../src/cni/guarded.ts'
import type { InstallOptions } from './install.ts'
import { distinct } from './one-installer.ts'
import {
  isEmpty,
  isGuard,
  isLost,
  isThere,
  listPlugins,
  lostText,
  readRecord,
  restorePlugin,
} from './stand-in.ts'
import { planRemoval, type Step } from './steps.ts'

/** What brings everything back to how it was. A plugin that somebody put back meanwhile stays. */
export function planUninstall({ binDirs, confDir }: Pick<InstallOptions, 'binDirs' | 'confDir'>): Step[] {
  return [...distinct(binDirs).flatMap(planRestoring), ...planRemoval([join(confDir, GUARD_DIRECTORY)])]
}

/** The directory goes only once each plugin in it is back, or has another one in its place. */
function planRestoring(binDir: string): Step[] {
  const privateDir = join(binDir, GUARD_DIRECTORY)
  const links = readRecord(privateDir)
  const isMissing = (name: string): boolean =>
    isGuard(join(binDir, name)) || !isThere(join(binDir, name)) || isEmpty(join(binDir, name))
  const kept = listPlugins(binDir)
  const restored = kept.filter(isMissing).map(name => ({
    text: `put ${join(binDir, name)} back`,
    run: () => restorePlugin(binDir, name, links[name]),
  }))
  const standIns = GUARDED_PLUGINS.filter(name => !kept.includes(name) && isGuard(join(binDir, name)))
  const removed = standIns.flatMap(name => {
    const file = join(binDir, name)
    return planRemoval([file]).map(step => (isLost(binDir, name) ? { ...step, text: lostText(file) } : step))
  })
  return [...restored, ...removed, ...planRemoval([privateDir, join(binDir, GUARD_TYPE)])]
}
