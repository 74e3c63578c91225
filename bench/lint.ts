import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { readTextFile } from '../src/files/read-text.ts'
import { type LintOptions, lint } from '../src/lint/lint.ts'
import { lintInParallel } from '../src/lint/parallel.ts'
import type { LintResult } from '../src/lint/result.ts'
import { attachment, exampleWorld, macvlanConfig, pod } from '../src/policy/example.ts'
import { printManifest } from '../src/yaml/edit.ts'
import { median } from './measure.ts'

const FILES = 4_000
/** Enough for threads. */
const MANY_FILES = 40_000
const RUNS = 7

/** Files a second on one core and on all, memory for ten times the files, and the start of the program. */
export async function benchLint(print: (line: string) => void): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'socni-bench-'))
  try {
    const policy = join(directory, 'world.yaml')
    writeFileSync(policy, exampleWorld.map(printManifest).join('---\n'))
    const world = { path: policy, read: () => readTextFile(policy) }
    const options = { policy: [world], rules: {}, namespace: 'finance' }
    const sources = writeTree(join(directory, 'tree'), FILES)
    mustBeClean(lint(sources, options), FILES)
    const times = await repeat(RUNS, () => seconds(() => lint(sources, options)))
    print(`lint: ${Math.round(FILES / median(times))} files/s on one core, warm (${FILES} files)`)
    await printThreads(directory, options, print)
    printStart(directory, print)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** One document a file: a NAD in ten, pods, workloads, and what linting has nothing to say about. */
function writeTree(directory: string, count: number, kind = (index: number): number => index) {
  mkdirSync(directory, { recursive: true })
  return Array.from({ length: count }, (_, index) => {
    const path = join(directory, `${index}.yaml`)
    writeFileSync(path, printManifest(manifestOf(index, kind(index))))
    return { path, isNamed: false, read: () => readTextFile(path) }
  })
}

function manifestOf(index: number, kind = index): object {
  const name = `object-${index}`
  const range = `10.100.${(index / 10) & 255}.${(index % 8) * 32}/27`
  const config = { ...macvlanConfig(), name, ipam: { type: 'whereabouts', range, network_name: name } }
  const own = pod('storage')
  const named = { ...own, metadata: { ...own.metadata, name, namespace: 'finance' } }
  if (kind % 10 === 0 && index < 2_000) return attachment(config, { name })
  if (kind % 3 === 0) return named
  if (kind % 3 === 1) {
    const template = { metadata: { annotations: named.metadata.annotations }, spec: named.spec }
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'finance' },
      spec: { replicas: 2, template },
    }
  }
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ port: 80 }] },
  }
}

async function seconds(run: () => unknown): Promise<number> {
  const start = performance.now()
  await run()
  return (performance.now() - start) / 1000
}

/** A whole run in one thread and in one for each core, from cold; the threads' start is in it. */
async function printThreads(
  directory: string,
  options: LintOptions,
  print: (line: string) => void,
): Promise<void> {
  const tree = join(directory, 'large')
  const sources = writeTree(tree, MANY_FILES, index => (index % 2 === 0 ? 1 : 2))
  mustBeClean(await lintInParallel(sources, options), MANY_FILES)
  const alone = await repeat(3, () => seconds(() => lint(sources, options)))
  const threads = await repeat(3, () => seconds(() => lintInParallel(sources, options)))
  const ratio = (median(alone) / median(threads)).toFixed(2)
  print(
    `lint in threads: ${ratio} times as fast as in one (${MANY_FILES} files, ${availableParallelism()} cores)`,
  )
  // A heap that would not hold the tree, so that the run fails if it keeps it. Findings are kept, so there are none.
  const program = ['--max-old-space-size=64', 'bin/socni-ctl.js', 'lint', '--no-config']
  const { mebibytes } = runProgram([
    ...program,
    '-n',
    options.namespace,
    ...options.policy.flatMap(({ path }) => ['--policy', path]),
    tree,
  ])
  print(
    `lint memory: ${MANY_FILES} files in a heap of 64 MiB (${mebibytes} MiB resident with code and threads)`,
  )
}

function mustBeClean({ findings, manifests }: LintResult, count: number): void {
  if (findings.length > 0 || manifests !== count)
    throw new Error(`the tree is not clean: ${findings[0]?.message}`)
}

async function repeat<T>(times: number, run: () => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let count = 0; count < times; count++) results.push(await run())
  return results
}

function printStart(directory: string, print: (line: string) => void): void {
  const file = join(directory, 'one.yaml')
  writeFileSync(file, printManifest(manifestOf(0)))
  execFileSync('npm', ['run', '-s', 'build:package'])
  const programs = { checkout: 'bin/socni-ctl.js', package: 'dist/package/bin/socni-ctl.js' }
  const started = Object.entries(programs).map(([name, program]) => {
    const times = Array.from(
      { length: 15 },
      () => runProgram([program, 'lint', '--no-config', '-n', 'finance', file]).milliseconds,
    )
    return `${median(times).toFixed(0)} ms from the ${name}`
  })
  const empty = median(Array.from({ length: 15 }, () => runProgram(['-e', '0']).milliseconds))
  print(`lint start, one file: ${started.join(', ')} (node alone: ${empty.toFixed(0)} ms)`)
}

/** Runs node, and asks /usr/bin/time what it took. */
function runProgram(args: readonly string[]): { milliseconds: number; mebibytes: number } {
  const start = performance.now()
  const script = 'set -o pipefail; /usr/bin/time -f %M "$@" 2>&1 >/dev/null | tail -n 1'
  const output = execFileSync('bash', ['-c', script, 'bash', process.execPath, ...args], { encoding: 'utf8' })
  return { milliseconds: performance.now() - start, mebibytes: Math.round(Number(output.trim()) / 1024) }
}
