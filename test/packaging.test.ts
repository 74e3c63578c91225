import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ctl } from './socni-ctl.ts'

const root = join(import.meta.dirname, '..')
const directory = mkdtempSync(join(tmpdir(), 'socni-package-'))
afterAll(() => rmSync(directory, { recursive: true }))
const path = `${dirname(process.execPath)}:/usr/bin:/bin`
const seed = join(root, 'examples/seeds/004-macvlan-conf.yaml')

/** Runs a program; its output must not depend on who runs the tests. */
function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; input?: string; env?: object } = {},
) {
  const env = { PATH: path, HOME: directory, ...options.env }
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', ...options, env })
  return { exit: status, stdout, stderr }
}

/** A schema of schemastore.org; its formats are annotations. */
function schemaOf(name: string) {
  const file = createRequire(import.meta.url).resolve(`schemastore/schemas/json/${name}.json`)
  return new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(readFileSync(file, 'utf8')))
}

describe('the published package', () => {
  let bin: string
  beforeAll(() => {
    const npm = ['pack', '--silent', '--pack-destination', directory]
    const packed = run('npm', npm, { cwd: root })
    expect(packed).toMatchObject({ exit: 0 })
    const unpacked = join(directory, 'node_modules', 'socni')
    mkdirSync(unpacked, { recursive: true })
    run('tar', [
      'xzf',
      join(directory, packed.stdout.trim().split('\n').at(-1) ?? ''),
      '-C',
      unpacked,
      '--strip-components=1',
    ])
    bin = join(unpacked, 'bin/socni-ctl.js')
  }, 120_000)

  it.each([
    ['lint', '--no-config', seed],
    ['lint', '--no-config', '--format', 'sarif', '--policy', join(root, 'examples/policy'), seed],
    ['rules'],
    ['explain', 'default-route'],
    ['--version'],
    ['nonsense'],
  ])('does what the checkout does: socni-ctl %s', async (...args) => {
    expect(run(process.execPath, [bin, ...args.filter(arg => arg !== undefined)])).toEqual(
      await ctl(args.filter(arg => arg !== undefined)),
    )
  })

  it('says on an older Node which one it needs, in the checkout and in what is built for elsewhere', () => {
    const older = 'Object.defineProperty(process, "versions", { value: { node: "20.9.0" } })'
    for (const file of [
      join(root, 'bin/socni-ctl.js'),
      join(dirname(bin), '../dist/package/bin/socni-ctl.js'),
    ]) {
      const args = ['--import', `data:text/javascript,${older}`, file, 'rules']
      expect(run(process.execPath, args)).toMatchObject({
        exit: 3,
        stderr: expect.stringContaining('it needs Node 22.19 or newer'),
      })
      // What an older Node cannot link, it runs nothing of.
      expect(readFileSync(file, 'utf8')).not.toMatch(/^import (?!\{ existsSync \} from 'node:fs')/m)
    }
  })

  it('lints a large tree in threads of its own', () => {
    const tree = join(directory, 'tree')
    mkdirSync(tree)
    const text = readFileSync(seed, 'utf8')
    for (let index = 0; index < 15_000; index++)
      writeFileSync(join(tree, `${index}.yaml`), index === 7 ? text : 'a: b\n')
    const { exit, stdout } = run(process.execPath, [bin, 'lint', '--no-config', tree])
    expect([exit, stdout.includes('7.yaml:17:20'), stdout.includes('1 manifest of 15000 files')]).toEqual([
      1,
      true,
      true,
    ])
  })

  it('names the licence of each package that it holds', () => {
    const text = readFileSync(join(dirname(bin), '../dist/package/THIRD-PARTY-LICENSES.txt'), 'utf8')
    for (const name of ['yaml', 'zod', 'commander', 'ajv', '@kubernetes/client-node'])
      expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'))
  })
})

describe('socni-ctl completion', () => {
  const offered = (...words: string[]) => {
    const script = `source <(node bin/socni-ctl.js completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _socni_ctl; echo "\${COMPREPLY[*]}"`
    return run('bash', ['-c', script, 'bash', 'socni-ctl', ...words], { cwd: root }).stdout.trim()
  }

  it.each([
    [['li'], 'lint list'],
    [['keys', 'ro'], 'rotate'],
    [['--format', 'json', 'lint', '--ba'], '--baseline'],
    [['lint', 'LICEN'], 'LICENSE'],
  ])('offers in bash, behind %j, %s', (words, expected) => {
    expect(offered(...words)).toBe(expected)
  })

  it.each(['zsh', 'fish'])('is a script that %s can read, where there is one', async shell => {
    const { stdout } = await ctl(['completion', shell])
    expect(stdout).toContain('socni-ctl')
    const isThere = run('which', [shell]).exit === 0
    const script = join(directory, `completion.${shell}`)
    writeFileSync(script, stdout)
    if (isThere) expect(run(shell, ['-n', script])).toMatchObject({ exit: 0, stderr: '' })
  })

  it('names the shells that it knows', async () => {
    expect(await ctl(['completion', 'tcsh'])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('bash, zsh, fish'),
    })
  })
})

describe('the GitHub action', () => {
  const action = parse(readFileSync(join(root, 'action.yml'), 'utf8'))
  const { run: script, env } = action.runs.steps.at(-1)
  const lint = (inputs: Record<string, string>) =>
    run('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: root,
      env: { ...Object.fromEntries(Object.keys(env).map(name => [name, ''])), SOCNI: root, ...inputs },
    })

  it('is one by its schema', () => {
    const validate = schemaOf('github-action')
    expect([validate(action), validate.errors]).toEqual([true, null])
  })

  it('annotates lines, and writes SARIF', () => {
    const sarif = join(directory, 'action.sarif')
    const { exit, stdout } = lint({
      PATHS: 'examples/seeds/004-macvlan-conf.yaml\n',
      POLICY: 'examples/policy',
      SARIF: sarif,
    })
    expect([exit, stdout.includes('::error file=examples/seeds/004-macvlan-conf.yaml,line=17')]).toEqual([
      1,
      true,
    ])
    expect(JSON.parse(readFileSync(sarif, 'utf8')).version).toBe('2.1.0')
  })

  it('hands every input on to the linter', () => {
    const seed004 = { PATHS: 'examples/seeds/004-macvlan-conf.yaml', POLICY: 'examples/policy' }
    const rules = 'default-route=off\nhost-local-on-many-nodes=warn'
    expect(lint({ ...seed004, RULES: rules }).exit).toBe(0)
    expect(lint({ ...seed004, RULES: rules, MAX_WARNINGS: '0' }).exit).toBe(1)
    const baseline = join(directory, 'baseline.json')
    const write = ['lint', '--policy', 'examples/policy', '--write-baseline', baseline, seed004.PATHS]
    run(process.execPath, [join(root, 'bin/socni-ctl.js'), ...write], { cwd: root })
    expect(lint({ ...seed004, BASELINE: baseline }).exit).toBe(0)
    const config = join(directory, 'linter.yaml')
    writeFileSync(config, 'rules: { default-route: off }\n')
    expect(lint({ ...seed004, CONFIG: config }).exit).toBe(0)
    const used = Object.values(env as Record<string, string>).join()
    expect(Object.keys(action.inputs).filter(name => !used.includes(`inputs.${name} `))).toEqual([])
  })

  it('takes no input for a script or for an option', () => {
    const victim = join(directory, 'victim')
    const { exit, stderr } = lint({
      PATHS: `$(touch ${victim})\n--fix\n; touch ${victim}`,
    })
    expect([exit, run('ls', [victim]).exit]).toEqual([3, 2])
    expect(stderr).toContain('--fix: there is no such file or directory')
  })
})

describe('the hook for pre-commit', () => {
  const hooks = parse(readFileSync(join(root, '.pre-commit-hooks.yaml'), 'utf8'))

  it('is one by its schema, and its entry runs', () => {
    const validate = schemaOf('pre-commit-hooks')
    expect([validate(hooks), validate.errors]).toEqual([true, null])
    const shims = join(directory, 'shims')
    mkdirSync(shims)
    writeFileSync(join(shims, 'socni-ctl'), `#!/bin/sh\nexec node ${join(root, 'bin/socni-ctl.js')} "$@"\n`)
    chmodSync(join(shims, 'socni-ctl'), 0o755)
    const result = run('sh', ['-c', `${hooks[0].entry} "$1"`, 'sh', seed], {
      cwd: root,
      env: { PATH: `${shims}:${path}` },
    })
    expect([result.exit, result.stdout.includes('[default-route]')]).toEqual([1, true])
  })

  it('is what the example asks for', () => {
    const config = parse(readFileSync(join(root, 'examples/ci/pre-commit-config.yaml'), 'utf8'))
    expect(config.repos[0].hooks[0].id).toBe(hooks[0].id)
  })
})

describe('a release', () => {
  const workflow = parse(readFileSync(join(root, '.github/workflows/release.yml'), 'utf8'))
  interface Step {
    readonly id?: string
    readonly run?: string
    readonly with?: Readonly<Record<string, string>>
  }
  const steps: Step[] = [...workflow.jobs.images.steps, ...workflow.jobs.executables.steps]
  const step = (id: string): Step => steps.find(candidate => candidate.id === id) ?? {}
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const outputs = join(directory, 'outputs')
  const versionOf = (tag: string) => {
    writeFileSync(outputs, '')
    const env = { GITHUB_REF_NAME: tag, GITHUB_OUTPUT: outputs }
    const { exit } = run('bash', ['-e', '-c', step('version').run ?? 'false'], { cwd: root, env })
    return { exit, output: readFileSync(outputs, 'utf8') }
  }

  it('names its images as the manifests do', () => {
    const { exit, output } = versionOf(`v${version}`)
    expect([exit, output]).toEqual([0, `version=${version}\n`])
    const { images } = parse(readFileSync(join(root, 'manifests/base/kustomization.yaml'), 'utf8'))
    const pushed = (workflow.jobs.images.strategy.matrix.image as string[]).map(image => {
      const values: Record<string, string> = {
        'github.repository_owner': 'socni',
        'matrix.image': image,
        'steps.version.outputs.version': output.trim().slice('version='.length),
      }
      return step('push').with?.tags?.replace(/\$\{\{ (\S+) \}\}/g, (_, name) => values[name] ?? '?')
    })
    expect(pushed).toEqual(
      (images as { newName: string; newTag: string }[]).map(({ newName, newTag }) => `${newName}:${newTag}`),
    )
  })

  it('ends where the tag is not the version of the package', () => {
    expect(versionOf('v999.0.0')).toEqual({ exit: 1, output: '' })
  })

  it('packs each executable, with what it is made of and sums of all', () => {
    const made = join(directory, 'release')
    const platforms = ['linux-x64-glibc', 'linux-arm64-musl']
    for (const platform of platforms) {
      mkdirSync(join(made, 'dist/plugin', platform), { recursive: true })
      writeFileSync(join(made, 'dist/plugin', platform, 'socni'), platform)
    }
    for (const file of ['package.json', 'package-lock.json']) cpSync(join(root, file), join(made, file))
    expect(run('bash', ['-e', '-c', step('pack').run ?? 'false'], { cwd: made }).exit).toBe(0)
    expect(run('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: made }).exit).toBe(0)
    const sums = readFileSync(join(made, 'SHA256SUMS'), 'utf8').trimEnd().split('\n')
    expect(sums.map(line => line.split(/\s+/)[1]).sort()).toEqual([
      'socni-linux-arm64-musl.tar.gz',
      'socni-linux-x64-glibc.tar.gz',
      'socni.spdx.json',
    ])
    const { packages } = JSON.parse(readFileSync(join(made, 'socni.spdx.json'), 'utf8'))
    const names = (packages as { name: string }[]).map(({ name }) => name)
    expect(names).toContain('express')
    expect(names).not.toContain('vitest')
  })
})
