import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { buildPlugin, type Platform } from '../../scripts/build-plugin.ts'
import { generateSigningKey, printKeySet, publicKeyOf } from '../../src/claims/keys.ts'
import type { JsonObject } from '../../src/json/value.ts'
import { admit } from './admission.ts'
import { PLUGINS } from './node.ts'

interface Processor {
  readonly name: string
  readonly platform: Platform
  readonly emulator: string
  readonly options: readonly string[]
}

const LIBRARIES = '/usr/aarch64-linux-gnu'
const PROCESSORS: readonly Processor[] = [
  {
    name: 'arm64',
    platform: 'linux-arm64-glibc',
    emulator: '/usr/bin/qemu-aarch64-static',
    options: ['-L', LIBRARIES],
  },
  // As the small ones at the edge are (Apollo Lake, Gemini Lake): SSE 4.2, and nothing of AVX and BMI.
  {
    name: 'x86-64 of 2008',
    platform: 'linux-x64-glibc',
    emulator: '/usr/bin/qemu-x86_64-static',
    options: ['-cpu', 'Nehalem'],
  },
]

const needed = [...PROCESSORS.map(({ emulator }) => emulator), LIBRARIES, join(PLUGINS, 'macvlan')]
const reason = needed.every(existsSync)
  ? undefined
  : 'apt-get install qemu-user-static libc6-arm64-cross containernetworking-plugins'

describe.skipIf(reason !== undefined)(
  `the guard on other processors, emulated${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    const made: string[] = []
    afterAll(() => {
      for (const directory of made) rmSync(directory, { recursive: true })
    })

    it.each(PROCESSORS)(
      'verifies a claim and runs the real plugin, or refuses, on $name',
      async processor => {
        const directory = mkdtempSync(join(tmpdir(), 'socni-processor-'))
        made.push(directory)
        const [real, conf] = [join(directory, 'real'), join(directory, 'socni.d')]
        for (const each of [real, conf]) mkdirSync(each)
        const key = generateSigningKey()
        const config: JsonObject = {
          cniVersion: '1.0.0',
          type: 'macvlan',
          master: 'eth0.100',
          mode: 'bridge',
        }
        const { config: admitted, args } = await admit(config, key)
        const guard = buildPlugin(processor.platform)
        symlinkSync(join(PLUGINS, 'macvlan'), join(real, 'macvlan'))
        writeFileSync(join(conf, 'guard.json'), JSON.stringify({ log: join(directory, 'log') }))
        writeFileSync(join(conf, 'keys.json'), printKeySet(new Map([[key.kid, publicKeyOf(key, 'current')]])))
        const add = (input: JsonObject) => {
          const env = {
            CNI_COMMAND: 'ADD',
            CNI_CONTAINERID: 'c1',
            CNI_NETNS: '/run/netns/none',
            CNI_IFNAME: 'net1',
            CNI_PATH: real,
            CNI_ARGS: args,
            SOCNI_CONF_DIR: directory,
          }
          const emulated = ['-0', 'macvlan', ...processor.options, guard]
          return spawnSync(processor.emulator, emulated, {
            env,
            input: JSON.stringify(input),
            encoding: 'utf8',
          }).stdout
        }
        // The real plugin complains of the master, which is not there.
        expect(JSON.parse(add(admitted))).toEqual({ code: 999, msg: 'Link not found' })
        expect(add({ ...admitted, master: 'eth0.300' })).toContain('it was signed for uplinks')
        expect(execFileSync('cat', [join(directory, 'log')], { encoding: 'utf8' }).split('\n')).toHaveLength(
          3,
        )
      },
    )
  },
)
