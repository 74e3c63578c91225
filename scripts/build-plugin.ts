import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import packageJson from '../package.json' with { type: 'json' }
import { fetchPackage } from './fetch-package.ts'

const root = join(import.meta.dirname, '..')

/** The platforms that the guard is built for, and the package that holds bun for each. */
export const TARGETS = {
  'linux-x64-glibc': { package: '@oven/bun-linux-x64', target: 'bun-linux-x64' },
  'linux-x64-musl': { package: '@oven/bun-linux-x64-musl', target: 'bun-linux-x64-musl' },
  'linux-arm64-glibc': { package: '@oven/bun-linux-aarch64', target: 'bun-linux-arm64' },
  'linux-arm64-musl': { package: '@oven/bun-linux-aarch64-musl', target: 'bun-linux-arm64-musl' },
} as const

export type Platform = keyof typeof TARGETS

/** Where this runs itself; what it builds may be for another platform. */
const HOST: Platform = process.arch === 'arm64' ? 'linux-arm64-glibc' : 'linux-x64-glibc'

/**
 * Builds the guard into dist/plugin/<platform>/socni: one executable with its runtime in it, that needs no PATH, no HOME
 * and nothing to be installed. Compiled to bytecode ahead, since a CNI plugin starts once for each interface. The file is
 * there whole or not at all, also while somebody else builds it.
 */
export function buildPlugin(platform: Platform): string {
  const { package: name, target } = TARGETS[platform]
  const directory = join(root, 'dist/plugin', platform)
  mkdirSync(directory, { recursive: true })
  const scratch = mkdtempSync(join(directory, '.building-'))
  try {
    compile(join(scratch, 'socni'), name, target)
    const file = join(directory, 'socni')
    renameSync(join(scratch, 'socni'), file)
    return file
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function compile(file: string, runtime: string, target: string): void {
  const args = [
    'build',
    join(root, 'plugin/main.ts'),
    '--compile',
    '--minify',
    '--bytecode',
    // The installer stays apart, so that a call loads nothing of it.
    '--splitting',
    '--format=esm',
    `--target=${target}`,
    `--compile-executable-path=${bunOf(runtime)}`,
    '--no-compile-autoload-dotenv',
    '--no-compile-autoload-bunfig',
    `--outfile=${file}`,
  ]
  execFileSync(bunOf(TARGETS[HOST].package), args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

/** Bun for a platform: the installed one, or, for others than this machine's, out of its npm package. */
function bunOf(name: string): string {
  const installed = join(root, 'node_modules', name, 'bin/bun')
  if (existsSync(installed)) return installed
  const version = packageJson.optionalDependencies['@oven/bun-linux-x64']
  return join(fetchPackage(name, version), 'bin/bun')
}

if (import.meta.main) {
  const wanted = process.argv.slice(2)
  const platforms = wanted.length === 0 ? [HOST] : wanted
  for (const platform of platforms) {
    if (!(platform in TARGETS))
      throw new Error(`"${platform}" is no platform: use ${Object.keys(TARGETS).join(', ')}`)
    process.stdout.write(`${buildPlugin(platform as Platform)}\n`)
  }
}
