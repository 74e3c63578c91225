import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ApiServer } from '../../examples/demo/api-server.ts'
import { readFlags } from '../../webhook/flags.ts'

const root = join(import.meta.dirname, '..', '..')
const state = mkdtempSync(join(tmpdir(), 'socni-process-'))
afterAll(() => rmSync(state, { recursive: true }))

const start = (...args: string[]) => spawn(process.execPath, ['webhook/main.ts', ...args], { cwd: root })

/** What a process prints until this is in it, or until it ends. */
async function printedUntil(child: ChildProcess, pattern: RegExp): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout ?? []) {
    text += chunk
    if (pattern.test(text)) break
  }
  return text
}

async function ended(child: ChildProcess) {
  let text = ''
  child.stderr?.on('data', chunk => {
    text += chunk
  })
  const [code] = await once(child, 'close')
  return { code, text }
}

describe('the process of the webhook', () => {
  it('says where it listens and what to try, works, and ends by SIGTERM', async () => {
    const child = start('--state', state, '--port', '0')
    const greeting = await printedUntil(child, /\/validate\n/)
    const url = /SOCNI listens on (\S+),/.exec(greeting)?.[1] ?? ''
    expect(greeting).toContain(`curl --cacert ${state}/tls/ca.crt`)
    const apiServer = new ApiServer(url, readFileSync(join(state, 'tls', 'ca.crt'), 'utf8'))
    const answer = await apiServer.post(
      '/validate',
      readFileSync(join(root, 'examples/reviews/default-route.json'), 'utf8'),
    )
    apiServer.close()
    expect(answer.body).toContain('[default-route]')
    const end = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await end).toEqual([0, null])
  })

  it.each([
    [['--port', 'x'], 2, 'socni-webhook: --port "x" is no port: use 0 to 65535\n'],
    [['--tls-cert', 'a'], 2, 'socni-webhook: --tls-cert and --tls-key belong together\n'],
    [['--nonsense'], 2, /^socni-webhook: Unknown option '--nonsense'/],
    [['--state', '/dev/null/x', '--port', '0'], 3, /^socni-webhook: ENOTDIR/],
    [
      ['--state', join(state, 'none'), '--tls-cert', '/none', '--tls-key', '/none'],
      3,
      'socni-webhook: --tls-cert /none: there is no such file\n',
    ],
    [
      ['--state', join(state, 'none'), '--tls-cert', 'package.json', '--tls-key', 'package.json'],
      3,
      /^socni-webhook: --tls-cert package\.json: it is no PEM: /,
    ],
  ])('refuses %j with exit code %i and one line', async (args, code, message) => {
    const result = await ended(start(...args))
    expect(result).toEqual({
      code,
      text: typeof message === 'string' ? message : expect.stringMatching(message),
    })
    expect(result.text.trimEnd()).not.toContain('\n')
  })

  it('names the variable that a value comes from', () => {
    expect(() => readFlags([], { SOCNI_PORT: 'foo' })).toThrow('SOCNI_PORT "foo" is no port: use 0 to 65535')
    expect(() => readFlags(['--port', 'x'], { SOCNI_PORT: '1' })).toThrow('--port "x" is no port')
    expect(() => readFlags([], { SOCNI_CLUSTER: 'yes' })).toThrow('SOCNI_CLUSTER "yes" is neither')
  })

  it('takes a variable that is empty for none', () => {
    expect(readFlags(['--state', ''], { SOCNI_PORT: '', SOCNI_STATE: '/s' })).toMatchObject({
      port: 8443,
      stateDirectory: '/s',
    })
  })

  it('prints its options', async () => {
    expect(await printedUntil(start('--help'), /SOCNI_PORT/)).toContain('--policy')
  })
})
