import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The directory of an npm package, from the registry into the user's cache: one for another machine than this. */
export function fetchPackage(name: string, version: string): string {
  const directory = join(
    process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
    'socni',
    'packages',
    `${name.replace('/', '-')}-${version}`,
  )
  if (!existsSync(directory)) {
    // Another build may be fetching the same.
    const partial = `${directory}.${process.pid}.part`
    mkdirSync(partial, { recursive: true })
    const args = ['pack', '--silent', `${name}@${version}`, '--pack-destination', partial]
    const packed = execFileSync('npm', args, { encoding: 'utf8' })
    execFileSync('tar', ['xzf', join(partial, packed.trim()), '-C', partial])
    rmSync(join(partial, packed.trim()))
    if (existsSync(directory)) rmSync(partial, { recursive: true })
    else renameSync(partial, directory)
  }
  return join(directory, 'package')
}
