import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import supertest from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readHeader } from '../../plugin/executable.ts'
import { generateSigningKey, printKeySet, publicKeyOf } from '../../src/claims/keys.ts'
import { Images, imageObstacle } from './images.ts'

const QEMU = '/usr/bin/qemu-aarch64-static'
const missing = existsSync(QEMU) ? undefined : 'apt-get install qemu-user-static'
const obstacle = imageObstacle ?? missing

/** ELF, at byte 18 of the header: e_machine of AArch64 (System V ABI). */
const EM_AARCH64 = 183

const root = join(import.meta.dirname, '../..')

describe.skipIf(obstacle !== undefined)(
  `the images for arm64, emulated${obstacle === undefined ? '' : ` (${obstacle})`}`,
  () => {
    let images: Images
    const started: ChildProcess[] = []

    beforeAll(() => {
      images = new Images('arm64')
      images.makeBases()
    }, 600_000)
    afterAll(() => {
      // unshare itself takes no signal while its child runs; both are in a group of their own.
      for (const { pid = 0, exitCode } of started) if (exitCode === null) process.kill(-pid, 'SIGKILL')
      images?.[Symbol.dispose]()
    })

    /** The program of an image, as a container of it runs it. */
    function commandOf(name: 'webhook' | 'guard', ...args: readonly string[]): [string, ...string[]] {
      const { directory, entrypoint, user, workingDirectory } = images.open(name)
      copyFileSync(QEMU, join(directory, 'emulator'))
      mkdirSync(join(directory, 'proc'), { recursive: true })
      const place = ['--root', directory, '--wd', workingDirectory, '--mount-proc']
      const identity = ['--setuid', user, '--setgid', user]
      return [
        directory,
        ...['--fork', '--pid', '--mount', ...place, ...identity],
        ...['/emulator', ...entrypoint, ...args],
      ]
    }

    it('are the webhook, as nobody, which refuses a default route', async () => {
      images.build('webhook')
      const [directory, ...command] = commandOf('webhook', '--state=/tmp/state', '--port=0')
      const child = spawn('unshare', command, {
        env: {},
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      })
      started.push(child)
      const ended = once(child, 'exit').then(([exit]) => [`it ended with ${exit}`])
      const [greeting] = await Promise.race([once(child.stdout.setEncoding('utf8'), 'data'), ended])
      expect(greeting).toContain('SOCNI listens on')
      const [url = ''] = /https:\S+?(?=,)/.exec(greeting) ?? []
      const { body } = await supertest(url)
        .post('/validate')
        .ca(readFileSync(join(directory, 'tmp/state/tls/ca.crt'), 'utf8'))
        .send(JSON.parse(readFileSync(join(root, 'examples/reviews/default-route.json'), 'utf8')))
      expect(body.response.allowed).toBe(false)
      expect(body.response.status.message).toContain('"0.0.0.0/0" is a default route')
    }, 600_000)

    it('are the guard, which installs itself', () => {
      images.build('guard')
      const [directory, ...command] = commandOf('guard', 'install', '--keys', '/keys.json')
      const key = generateSigningKey()
      writeFileSync(
        join(directory, 'keys.json'),
        printKeySet(new Map([[key.kid, publicKeyOf(key, 'current')]])),
      )
      for (const path of ['bin', 'conf']) mkdirSync(join(directory, path), { recursive: true })
      const env = { CNI_BIN_DIR: '/bin', CNI_CONF_DIR: '/conf' }
      const { status, stdout } = spawnSync('unshare', command, { env, encoding: 'utf8', timeout: 120_000 })
      expect([status, stdout]).toEqual([0, expect.stringContaining('copy the guard')])
      // What is called, and what it becomes.
      for (const name of ['socni', 'socni.d/socni'])
        expect(readHeader(join(directory, 'bin', name)).readUInt16LE(18)).toBe(EM_AARCH64)
    }, 600_000)
  },
)
