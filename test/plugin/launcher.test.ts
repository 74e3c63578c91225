import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { buildLauncher } from '../../plugin/launcher.ts'

/** What of a program says which processor it is for: ELF-64, and e_machine. */
function headerOf(machine: number): Buffer {
  const header = Buffer.alloc(64)
  header.write('\x7fELF', 'latin1')
  header.writeUInt16LE(machine, 18)
  return header
}

const EMULATOR = '/usr/bin/qemu-aarch64-static'
const PROCESSORS = [
  { name: 'x86-64', machine: 62, command: [], isHere: process.arch === 'x64' },
  { name: 'arm64, emulated', machine: 183, command: [EMULATOR], isHere: existsSync(EMULATOR) },
]

describe.each(PROCESSORS)("what is called by the guard's name, on $name", ({ machine, command, isHere }) => {
  const directory = mkdtempSync(join(tmpdir(), 'socni-launcher-'))
  afterAll(() => rmSync(directory, { recursive: true }))

  /** Starts it in a directory, which another program may have removed before. */
  const start = (program: string, args: readonly string[], before = ''): SpawnSyncReturns<string> => {
    const launcher = join(directory, 'launcher')
    writeFileSync(launcher, buildLauncher(program, headerOf(machine)) ?? '', { mode: 0o755 })
    const words = [...command, launcher, ...args]
    return spawnSync('/bin/sh', ['-c', `${before} exec "$@"`, 'sh', ...words], {
      cwd: directory,
      env: { ASKED: 'what' },
      encoding: 'utf8',
    })
  }
  const script = 'echo "$1 $2 $ASKED"; cat; /bin/pwd'

  it.skipIf(!isHere)('hands on arguments, variables and the working directory', () => {
    const { stdout } = start('/bin/sh', ['-c', script, 'sh', 'one', 'two'])
    expect(stdout).toBe(`one two what\n${directory}\n`)
  })

  it.skipIf(!isHere)('goes to the root where the working directory is out of reach', () => {
    mkdirSync(join(directory, 'gone'))
    const { stdout } = start('/bin/sh', ['-c', script, 'sh', '', ''], 'cd gone; rmdir ../gone;')
    expect(stdout).toBe('  what\n/\n')
  })

  it.skipIf(!isHere)('ends as a shell does where there is no such program', () => {
    expect(start('/nowhere/socni', []).status).toBe(127)
  })
})

it('is made for no other processor, and for nothing that is no program', () => {
  for (const header of [headerOf(243), Buffer.from('#!/bin/sh\n'), Buffer.alloc(0)])
    expect(buildLauncher('/opt/cni/bin/socni.d/socni', header)).toBeUndefined()
})
