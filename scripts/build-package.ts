import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'

const root = join(import.meta.dirname, '..')

/**
 * Builds the package that is published: JavaScript, since Node strips no types below node_modules, and with everything
 * it needs in it, so that it starts in half the time and installs nothing else.
 */
export async function buildPackage(target: string): Promise<void> {
  rmSync(target, { recursive: true, force: true })
  const bundle = await rolldown({
    input: {
      main: join(root, 'src/cli/main.ts'),
      // Started by name: see src/lint/parallel.ts.
      thread: join(root, 'src/lint/thread.ts'),
    },
    platform: 'node',
    logLevel: 'warn',
  })
  const { output } = await bundle.write({
    dir: join(target, 'bin'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  })
  await bundle.close()
  // An older Node could not even load the bundle, to say which one it needs.
  const launcher = readFileSync(join(root, 'bin/socni-ctl.js'), 'utf8')
  const [check = ''] = /^const \[major.*?^}\n/ms.exec(launcher) ?? []
  writeFileSync(join(target, 'bin/socni-ctl.js'), `#!/usr/bin/env node\n${check}await import('./main.js')\n`)
  chmodSync(join(target, 'bin/socni-ctl.js'), 0o755)
  const modules = output.flatMap(file => (file.type === 'chunk' ? file.moduleIds : []))
  writeFileSync(join(target, 'THIRD-PARTY-LICENSES.txt'), licensesOf(modules))
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`)
  for (const name of ['README.md', 'LICENSE']) cpSync(join(root, name), join(target, name))
}

function manifest(): object {
  const { name, version, description, license, engines } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  const program = 'bin/socni-ctl.js'
  return {
    name,
    version,
    description,
    license,
    type: 'module',
    engines,
    bin: { 'socni-ctl': program, 'kubectl-socni': program },
    files: ['bin', 'THIRD-PARTY-LICENSES.txt'],
  }
}

/** The licences of every package whose code is in the bundle, as most of them ask for. */
function licensesOf(modules: readonly string[]): string {
  const packages = new Set(
    modules.flatMap(id => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? []),
  )
  return [...packages]
    .sort()
    .map(directory => {
      const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
      const file = readdirSync(directory).find(entry => /^licen[cs]e/i.test(entry))
      const text = file === undefined ? '' : readFileSync(join(directory, file), 'utf8').trim()
      return `${name} ${version} (${license})\n\n${text}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
}

if (import.meta.main) {
  const target = join(root, 'dist/package')
  mkdirSync(target, { recursive: true })
  await buildPackage(target)
}
