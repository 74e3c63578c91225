import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { buildPlugin } from '../../scripts/build-plugin.ts'
import { generateSigningKey, printKeySet, publish } from '../../src/claims/keys.ts'
import type { JsonObject } from '../../src/json/value.ts'
import { admit } from './admission.ts'
import { PLUGINS } from './node.ts'

const EMULATOR = '/usr/bin/qemu-aarch64-static'
const LIBRARIES = '/usr/aarch64-linux-gnu'
const reason = [EMULATOR, LIBRARIES, join(PLUGINS, 'macvlan')].every(existsSync)
  ? undefined
  : 'apt-get install qemu-user-static libc6-arm64-cross containernetworking-plugins'

const directory = mkdtempSync(join(tmpdir(), 'socni-arm64-'))
afterAll(() => rmSync(directory, { recursive: true }))

describe.skipIf(reason !== undefined)(
  `the guard for arm64, emulated${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    it('verifies a claim and runs the real plugin, or refuses', async () => {
      const [real, conf] = [join(directory, 'real'), join(directory, 'socni.d')]
      for (const made of [real, conf]) mkdirSync(made)
      const key = generateSigningKey()
      const config: JsonObject = { cniVersion: '1.0.0', type: 'macvlan', master: 'eth0.100', mode: 'bridge' }
      const { config: admitted, args } = await admit(config, key)
      const guard = buildPlugin('linux-arm64-glibc')
      symlinkSync(join(PLUGINS, 'macvlan'), join(real, 'macvlan'))
      writeFileSync(
        join(conf, 'guard.json'),
        JSON.stringify({ pluginDirectory: real, log: join(directory, 'log') }),
      )
      writeFileSync(join(conf, 'keys.json'), printKeySet(new Map([[key.kid, publish(key, 'current')]])))
      const add = (input: JsonObject) => {
        const env = {
          CNI_COMMAND: 'ADD',
          CNI_CONTAINERID: 'c1',
          CNI_NETNS: '/run/netns/none',
          CNI_IFNAME: 'net1',
          CNI_PATH: directory,
          CNI_ARGS: args,
          SOCNI_CONF_DIR: directory,
        }
        const emulated = ['-0', 'macvlan', '-L', LIBRARIES, guard]
        return spawnSync(EMULATOR, emulated, { env, input: JSON.stringify(input), encoding: 'utf8' }).stdout
      }
      // The real plugin complains of the master, which is not there.
      expect(JSON.parse(add(admitted))).toEqual({ code: 999, msg: 'Link not found' })
      expect(add({ ...admitted, master: 'eth0.300' })).toContain('it was signed for uplinks')
      expect(execFileSync('cat', [join(directory, 'log')], { encoding: 'utf8' }).split('\n')).toHaveLength(3)
    })
  },
)
