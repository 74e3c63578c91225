import { join } from 'node:path'
import { GUARD_DIRECTORY, GUARD_TYPE, GUARDED_PLUGINS } from '../src/cni/guarded.ts'
import { distinct } from './one-installer.ts'
import { isGuard, isLost, listPlugins, lostText, readRecord, restorePlugin } from './stand-in.ts'
import { planRemoval, type Step } from './steps.ts'

/** What brings everything back to how it was. A plugin that somebody put back meanwhile stays. */
export function planUninstall({
  binDirs,
  confDir,
}: {
  readonly binDirs: readonly string[]
  readonly confDir: string
}): Step[] {
  return [...distinct(binDirs).flatMap(planRestoring), ...planRemoval([join(confDir, GUARD_DIRECTORY)])]
}

function planRestoring(binDir: string): Step[] {
  const privateDir = join(binDir, GUARD_DIRECTORY)
  const links = readRecord(privateDir)
  const kept = listPlugins(binDir)
  const restored = kept
    .filter(name => isGuard(join(binDir, name)))
    .map(name => ({
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
