import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { openKeys, readKeys } from '../../src/claims/files.ts'
import { parseKeySet } from '../../src/claims/keys.ts'
import { ruleTexts } from '../../src/lint/rules.ts'
import { exampleWorld, pod } from '../../src/policy/example.ts'
import { ctl } from '../socni-ctl.ts'
import { startWebhook } from '../webhook-under-test.ts'

const directory = mkdtempSync(join(tmpdir(), 'socni-cli-'))
afterAll(() => rmSync(directory, { recursive: true }))

const seeds = 'examples/seeds'
const policy = ['--policy', 'examples/policy']
const defaultRoute = `${seeds}/004-macvlan-conf.yaml`

describe('socni-ctl lint', () => {
  it('shows the value, the line and why it matters', async () => {
    expect(
      (await ctl(['lint', ...policy, defaultRoute])).stdout,
    ).toContain(`examples/seeds/004-macvlan-conf.yaml:17:20: error: "0.0.0.0/0" is a default route: name the networks behind the VLAN instead, or ask for allowDefaultRoute [default-route]
  17 |           { "dst": "0.0.0.0/0" }
     |                    ^^^^^^^^^^^
  The attachment takes the pod's default route away from Flannel (NetworkAttachmentDefinition default/macvlan-conf). CNI plugins`)
  })

  it('lets manifests of one run see each other', async () => {
    const files = ['000-vlan100-network.yaml', '000-dual-net-pod.yaml'].map(name => `${seeds}/${name}`)
    expect(await ctl(['lint', ...policy, '-n', 'secure-zone-1', ...files])).toMatchObject({
      exit: 0,
      stderr: '',
    })
    expect((await ctl(['lint', ...policy, '-n', 'secure-zone-1', files[1] ?? ''])).exit).toBe(1)
    expect(
      (await ctl(['lint', ...policy, '--policy', files[0] ?? '', '-n', 'secure-zone-1', files[1] ?? '']))
        .exit,
    ).toBe(0)
  })

  it('leaves the rules about tenancy out while there is no Tenant, and says so once', async () => {
    const { exit, stdout } = await ctl(['lint', resolve(seeds, '000-vlan100-network.yaml')], { directory })
    expect(exit).toBe(0)
    expect(stdout.match(/note: no Tenant was found/g)).toHaveLength(1)
    expect((await ctl(['lint', defaultRoute])).exit).toBe(1)
  })

  it('reads standard input, directories and patterns', async () => {
    const text = readFileSync(defaultRoute, 'utf8')
    expect((await ctl(['lint', '-'], { input: text })).stdout).toContain('<stdin>:17:20: error:')
    expect((await ctl(['lint', seeds])).stdout).toMatch(/ of 9 files\n$/)
    expect((await ctl(['lint', `${seeds}/003*.yaml`])).stdout).toMatch(/2 manifests of 1 file\n$/)
  })

  it.each<[what: string, args: string[], exit: number]>([
    ['warnings alone', [`${seeds}/000-vlan100-network.yaml`], 0],
    ['warnings that count', ['--fail-on', 'warning', `${seeds}/000-vlan100-network.yaml`], 1],
    ['too many warnings', ['--max-warnings', '2', `${seeds}/000-vlan100-network.yaml`], 1],
    ['as many warnings as allowed', ['--max-warnings', '3', `${seeds}/000-vlan100-network.yaml`], 0],
    ['a rule that is off', ['--rule', 'default-route=off', defaultRoute], 0],
    ['a rule that only warns', ['--rule=default-route=warn', defaultRoute], 0],
    [
      'a warning that denies',
      ['--rule', 'host-local-on-many-nodes=deny', '--rule', 'default-route=off', defaultRoute],
      1,
    ],
    ['no such file', ['nowhere.yaml'], 3],
    ['nothing to lint', [], 2],
    ['an unknown format', ['--format', 'pdf', defaultRoute], 2],
    ['an unknown rule', ['--rule', 'x=off', defaultRoute], 2],
    ['an unknown setting', ['--rule', 'default-route=maybe', defaultRoute], 2],
    ['an unknown option', ['--nonsense'], 2],
  ])('ends with the right code for %s', async (_, args, exit) => {
    const result = await ctl(['lint', ...args])
    expect([result.exit, result.stderr.split('\n').length]).toEqual([exit, exit >= 2 ? 2 : 1])
  })

  it('goes on behind what it cannot read, and says what that was', async () => {
    const binary = join(directory, 'image.yaml')
    writeFileSync(binary, Buffer.from([0x89, 0x50, 0, 1]))
    const latin = join(directory, 'latin.yaml')
    writeFileSync(latin, Buffer.from([0x61, 0x3a, 0xe9]))
    const result = await ctl(['lint', binary, latin, defaultRoute])
    expect(result).toMatchObject({
      exit: 3,
      stderr: `socni-ctl: ${binary}: it is a binary file\nsocni-ctl: ${latin}: it is not UTF-8 text\n`,
    })
    expect(result.stdout).toContain('[default-route]')
  })

  it('follows links only within what is looked at, whoever made them, and reads what never ends to its limit', async () => {
    const [repository, home] = ['repository', 'home'].map(name => mkdtempSync(join(directory, `${name}-`)))
    if (repository === undefined || home === undefined) throw new Error('no directories')
    const pod = 'apiVersion: v1\nkind: Pod\nmetadata: { name: a, namespace: b }\n'
    writeFileSync(join(home, 'kubeconfig.yaml'), 'token: of nobody else: 7\n')
    writeFileSync(join(repository, 'pod.yaml'), pod)
    mkdirSync(join(repository, 'deploy'))
    symlinkSync('../pod.yaml', join(repository, 'deploy/within.yaml'))
    symlinkSync(join(home, 'kubeconfig.yaml'), join(repository, 'deploy/mine.yaml'))
    symlinkSync(home, join(repository, 'deploy/house'))
    mkdirSync(join(repository, '.git'))
    writeFileSync(join(repository, '.git/config'), 'token: of nobody else: 7\n')
    symlinkSync('../.git/config', join(repository, 'deploy/checkout.yaml'))
    writeFileSync(join(repository, '.env'), 'token: of nobody else: 7\n')
    symlinkSync('../.env', join(repository, 'deploy/environment.yaml'))
    symlinkSync('..', join(repository, 'deploy/again'))
    for (const paths of [['deploy'], ['deploy/*.yaml', 'deploy/*/*.yaml']]) {
      const { exit, stdout, stderr } = await ctl(['lint', '--no-config', ...paths], { directory: repository })
      expect(exit).toBe(3)
      expect(stdout + stderr).not.toContain('nobody')
      expect(stderr).toContain(
        `deploy/mine.yaml: it is a link to ${join(home, 'kubeconfig.yaml')}, which is none of the manifests looked at: name it to have it read`,
      )
      expect(stderr).not.toContain('within')
    }
    const outside = `{${repository},${join(repository, 'nowhere')}}/*.yaml`
    expect(await ctl(['lint', '--no-config', outside])).toMatchObject({
      exit: 0,
      stderr: expect.not.stringContaining('link'),
    })
    const named = await ctl(['lint', '--no-config', 'deploy/mine.yaml'], { directory: repository })
    expect(named.stdout + named.stderr).toContain('nobody')
    const endless = await ctl(['lint', '--no-config', '/dev/zero'], { directory: repository })
    expect(endless.stderr).toContain(
      '/dev/zero: it has more than the 16777216 bytes that a file of manifests may have',
    )
  })

  it('has a finding for text that is no manifest', async () => {
    expect(await ctl(['lint', '-'], { input: 'a: [\n' })).toMatchObject({
      exit: 1,
      stdout: expect.stringContaining('[unreadable-manifest]'),
    })
  })

  it.each([
    [
      'a Tenant',
      'kind: Tenant\nmetadata: {name: a}\nspec: {namespaces: [a], vlans: [{ids: 5000, masters: [eth0]}]}\n',
      4,
      '',
    ],
    [
      'a cluster configuration',
      'kind: ClusterConfiguration\nmetadata: {}\nspec: {podCIDRs: [x]}\n',
      4,
      '"x" is no subnet',
    ],
    ['no manifest', 'a: [\n', 3, ''],
  ])('fails for %s of the policy that cannot be read', async (_, text, line, message) => {
    const file = join(directory, 'policy.yaml')
    writeFileSync(file, `apiVersion: socni.dev/v1alpha1\n${text}`)
    const { exit, stdout } = await ctl(['lint', '--policy', file, `${seeds}/000-vlan100-network.yaml`])
    expect(exit).toBe(1)
    expect(stdout).toContain(`${file}:${line}:`)
    expect(stdout).toContain('[unreadable-manifest]')
    expect(stdout).toContain(message)
  })

  it.each(['json', 'sarif', 'gitlab'])('prints %s that is JSON', async format => {
    const { stdout } = await ctl(['lint', ...policy, '--format', format, defaultRoute])
    expect(JSON.stringify(JSON.parse(stdout))).toContain('default-route')
  })

  it('prints SARIF with what GitHub needs: rules, a region, a relative path and a fingerprint', async () => {
    const { stdout } = await ctl(['lint', '--format', 'sarif', defaultRoute])
    const [sarif] = JSON.parse(stdout).runs
    const result = sarif.results.find(({ ruleId }: { ruleId: string }) => ruleId === 'default-route')
    expect(sarif.tool.driver.rules).toHaveLength(ruleTexts.length)
    for (const { id, helpUri } of sarif.tool.driver.rules) {
      const page = helpUri.replace('https://github.com/socni/socni/blob/main/', '')
      expect(readFileSync(page, 'utf8')).toMatch(new RegExp(`^# ${id}\n`))
    }
    expect(result).toMatchObject({
      ruleId: 'default-route',
      ruleIndex: sarif.tool.driver.rules.findIndex(({ id }: { id: string }) => id === 'default-route'),
      level: 'error',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: defaultRoute },
            region: { startLine: 17, startColumn: 20, endLine: 17, endColumn: 31 },
          },
        },
      ],
      partialFingerprints: { primaryLocationLineHash: expect.stringMatching(/^[0-9a-f]{32}$/) },
    })
  })

  it('prints annotations for GitHub, and JUnit', async () => {
    expect((await ctl(['lint', '--format', 'github', defaultRoute])).stdout).toMatch(
      /^::error file=examples\/seeds\/004-macvlan-conf\.yaml,line=17,endLine=17,col=20,title=default-route::"0/m,
    )
    expect((await ctl(['lint', '--format', 'junit', defaultRoute])).stdout).toContain(
      '<failure type="error" message="&quot;0.0.0.0/0&quot; is a default route',
    )
  })

  it('writes further reports into files', async () => {
    const file = join(directory, 'report.sarif')
    await ctl(['lint', '--report', `sarif=${file}`, defaultRoute])
    expect(JSON.parse(readFileSync(file, 'utf8')).version).toBe('2.1.0')
    expect(await ctl(['lint', '--report', `serif=${file}`, defaultRoute])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('--report "serif"'),
    })
  })

  it('leaves out what is excluded, however the directory is named', async () => {
    const root = join(directory, 'excluding')
    mkdirSync(join(root, 'deploy/vendor'), { recursive: true })
    writeFileSync(join(root, 'deploy/a.yaml'), 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\n')
    writeFileSync(join(root, 'deploy/vendor/b.yaml'), 'a: [\n')
    writeFileSync(join(root, 'socni.yaml'), 'exclude: ["deploy/vendor/**"]\n')
    for (const path of ['deploy', './deploy', join(root, 'deploy')])
      expect(await ctl(['lint', path], { directory: root })).toMatchObject({ exit: 0, stderr: '' })
  })

  it('says what a namespace may be called', async () => {
    expect(await ctl(['lint', '-n', 'Foo Bar', defaultRoute])).toMatchObject({ exit: 2 })
  })
})

describe('socni-ctl keys', () => {
  const keys = (...args: string[]) => ctl(['keys', ...args, '--keys-dir', join(directory, 'keys')])
  const states = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map(line => line.split(/\s+/).slice(1).join(' '))

  it('goes from one key to the next, while claims of the old one still hold', async () => {
    expect(await keys('list')).toMatchObject({
      exit: 3,
      stderr: expect.stringMatching(/lacks signing-key\.json: socni-ctl keys generate makes it\n$/),
    })
    const before = openKeys(join(directory, 'keys'))
    expect(states((await keys('list')).stdout)).toEqual(['current *'])
    for (const args of [['rotate'], ['rotate', '--dry-run']])
      expect(await keys(...args)).toMatchObject({
        exit: 3,
        stderr: expect.stringContaining('make one with socni-ctl keys generate'),
      })
    expect((await keys('generate', '--dry-run')).stdout).toContain('would publish a new key in')
    expect(states((await keys('generate')).stdout)).toEqual(['current *', 'next'])
    for (const args of [['generate'], ['generate', '--dry-run']])
      expect(await keys(...args)).toMatchObject({ exit: 3, stderr: expect.stringContaining('rotate first') })
    expect((await keys('rotate', '--dry-run')).stdout).toContain('would sign with the key')
    expect(states((await keys('rotate')).stdout)).toEqual(['retired', 'current *'])
    const after = readKeys(join(directory, 'keys'))
    expect([after.keys.has(before.signing.kid), after.signing.kid === before.signing.kid]).toEqual([
      true,
      false,
    ])
    expect(parseKeySet((await keys('export')).stdout).size).toBe(2)
    expect((await keys('export')).stdout).not.toContain('"d"')
    // Somebody may have read the old one: then its claims must not hold any more.
    for (const flag of ['--yes', '--dry-run'])
      expect(await keys('drop', after.signing.kid, flag)).toMatchObject({
        exit: 3,
        stderr: expect.stringContaining(
          `is "current", and only keys that have retired can be dropped: ${before.signing.kid}`,
        ),
      })
    expect((await keys('drop', before.signing.kid, '--dry-run')).stdout).toContain('would drop')
    expect((await keys('drop', before.signing.kid)).stderr).toContain('Nobody is here to answer: add --yes')
    expect(states((await keys('drop', before.signing.kid, '--yes')).stdout)).toEqual(['current *'])
    expect(await keys('drop', before.signing.kid, '--yes')).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('none has retired: rotate first'),
    })
  })

  it('goes on where a crash stopped it', async () => {
    const own = join(directory, 'crashed')
    const keys = (verb: string) => ctl(['keys', verb, '--keys-dir', own])
    openKeys(own)
    const set = join(own, 'keys.json')
    const before = readFileSync(set)
    // generate publishes the key that signs, where a crash left it unpublished; so would a dry run.
    rmSync(set)
    expect((await ctl(['keys', 'generate', '--dry-run', '--keys-dir', own])).exit).toBe(0)
    writeFileSync(set, before)
    await keys('generate')
    const waiting = readFileSync(join(own, 'next-signing-key.json'))
    const [signing, published] = [readFileSync(join(own, 'signing-key.json')), readFileSync(set)]
    // The key was written, and not published: the same one is.
    writeFileSync(set, before)
    expect((await keys('rotate')).stderr).toContain('make one with socni-ctl keys generate')
    expect(states((await keys('generate')).stdout)).toEqual(['current *', 'next'])
    expect(readFileSync(set)).toEqual(published)
    await keys('rotate')
    // The set says so, and the other key signs still.
    writeFileSync(join(own, 'signing-key.json'), signing)
    writeFileSync(join(own, 'next-signing-key.json'), waiting, { mode: 0o600 })
    expect((await keys('generate')).stderr).toContain('rotate first')
    expect(states((await keys('rotate')).stdout)).toEqual(['retired', 'current *'])
    expect(readFileSync(join(own, 'signing-key.json'))).toEqual(waiting)
  })

  it.each([
    ['keys', 'lost'],
    ['keys', 'list', 'all'],
    ['keys', '--nonsense'],
  ])('refuses %j %j %j with one line', async (...args) => {
    expect(await ctl(args)).toMatchObject({
      exit: 2,
      stderr: expect.stringMatching(/^socni-ctl: [^\n]+\n$/),
    })
  })
})

describe('socni-ctl', () => {
  it('lists the rules, and explains each', async () => {
    expect((await ctl(['rules'])).stdout.trimEnd().split('\n')).toHaveLength(ruleTexts.length)
    expect(JSON.parse((await ctl(['rules', '--format', 'json'])).stdout)).toHaveLength(ruleTexts.length)
    for (const { id, why } of ruleTexts)
      expect(await ctl(['explain', id])).toMatchObject({ exit: 0, stdout: expect.stringContaining(why) })
    expect(JSON.parse((await ctl(['explain', 'default-route', '--format', 'json'])).stdout)).toMatchObject({
      id: 'default-route',
      refused: expect.stringContaining('kind: NetworkAttachmentDefinition'),
    })
  })

  it.each([
    [['--help'], 0, 'Usage: socni-ctl [options] [command]'],
    [['help', 'keys'], 0, 'rotate'],
    [['lint', '--help'], 0, '--fail-on'],
  ])('says how it is used: %j', async (args, exit, text) => {
    expect(await ctl(args)).toMatchObject({ exit, stdout: expect.stringContaining(text) })
  })

  it.each([['lnt'], ['lint', '--polcy', 'x'], ['explain', 'x'], ['rules', '--format', 'x']])(
    'refuses %j %j with one line',
    async (...args) => {
      const { exit, stderr } = await ctl(args)
      expect([exit, stderr.split('\n').length]).toEqual([2, 2])
    },
  )

  it('works on the cluster of the kubeconfig as the plugin of kubectl, unless a directory is named', async () => {
    const own = mkdtempSync(join(directory, 'plugin-'))
    const kubeconfigs = [join(own, 'nowhere')]
    const plugin = (...args: string[]) => ctl(args, { directory: own, isKubectlPlugin: true, kubeconfigs })
    for (const args of [['list'], ['map'], ['keys', 'list'], ['create', '--id', '7', '--master', 'eth0']])
      expect(await plugin(...args)).toEqual({
        exit: 3,
        stdout: '',
        stderr: `socni-ctl: the variable KUBECONFIG names no file that is there: ${join(own, 'nowhere')}\n`,
      })
    expect((await plugin('list', '--policy-dir', 'policy')).exit).toBe(0)
    expect((await plugin('--keys-dir', 'keys', 'list')).exit).toBe(0)
    expect((await plugin('lint', '--no-config', resolve(defaultRoute))).exit).toBe(1)
    expect((await ctl(['list'], { directory: own })).exit).toBe(0)
    symlinkSync(resolve('bin/socni-ctl.js'), join(own, 'kubectl-socni'))
    const { status, stderr } = spawnSync(process.execPath, [join(own, 'kubectl-socni'), 'list'], {
      encoding: 'utf8',
      env: { KUBECONFIG: join(own, 'nowhere') },
    })
    expect([status, stderr]).toEqual([3, expect.stringContaining('KUBECONFIG')])
  })

  it('is a program that runs from the checkout', async () => {
    const { status, stdout } = spawnSync(process.execPath, ['src/cli/main.ts', 'lint', '-'], {
      input: readFileSync(defaultRoute),
      encoding: 'utf8',
    })
    expect([status, stdout.includes('<stdin>:17:20')]).toEqual([1, true])
  })

  it.each([
    ['rules | true', '141', ''],
    ['nosuch 2>&1 | true', '141', ''],
    [
      'rules > /dev/full',
      '3',
      'socni-ctl: standard output cannot be written: ENOSPC: no space left on device, write\n',
    ],
    ['nosuch 2> /dev/full', '3', ''],
  ])('ends without a trace of the program where nobody reads: %s', (line, exit, said) => {
    const command = `"$0" src/cli/main.ts ${line}; echo "\${PIPESTATUS[0]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', command, process.execPath], { encoding: 'utf8' })
    expect([stdout.trim(), stderr]).toEqual([exit, said])
  })
})

describe('socni-ctl claim verify', () => {
  it('takes the claim of a pod that came with its node, which nothing binds', async () => {
    const [own, file] = [join(directory, 'claims'), join(directory, 'running.json')]
    mkdirSync(own)
    writeFileSync(join(own, 'policy.yaml'), exampleWorld.map(part => JSON.stringify(part)).join('\n---\n'))
    const signing = join(directory, 'signing')
    const flags = ['--policy-dir', own, '--keys-dir', signing]
    openKeys(signing)
    writeFileSync(file, JSON.stringify(pod('storage')))
    const issued = parse((await ctl([...flags, 'claim', 'issue', file])).stdout)
    issued.metadata.uid = 'f3b0c442-98fc-1c14-9afb-f4c8996fb924'
    issued.spec.nodeName = 'edge-1'
    writeFileSync(file, JSON.stringify(issued))
    expect(await ctl([...flags, 'claim', 'verify', file])).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('finance/storage as net1: valid'),
    })
  })
})

describe('socni-ctl review --server', () => {
  it('asks a running webhook over TLS, and answers as the local engine does', async () => {
    const webhook = await startWebhook(exampleWorld)
    try {
      const ca = join(directory, 'ca.crt')
      writeFileSync(ca, webhook.service.authority ?? '')
      const files = { good: pod('storage'), bad: pod('logistics/fleet') }
      for (const [name, manifest] of Object.entries(files)) {
        const file = join(directory, `${name}.json`)
        writeFileSync(file, JSON.stringify(manifest))
        const asked = await ctl(['review', '--server', webhook.service.url, '--ca', ca, file])
        const local = await ctl([
          'review',
          '--policy-dir',
          webhook.policy,
          '--keys-dir',
          join(webhook.state, 'keys'),
          file,
        ])
        const plain = (text: string) => text.replace(/signed \S+/g, 'signed').replace(/"eyJ[^"]+"/g, 'claim')
        expect([asked.exit, plain(asked.stdout)]).toEqual([local.exit, plain(local.stdout)])
        expect(asked.exit).toBe(name === 'good' ? 0 : 1)
      }
      const unknown = await ctl(['review', '--server', webhook.service.url, join(directory, 'good.json')])
      expect([unknown.exit, unknown.stderr]).toEqual([
        3,
        expect.stringMatching(/; name the authority of its certificate: --ca \.socni\/tls\/ca\.crt\n$/),
      ])
      // What answers is no webhook, though its certificate is good.
      const page = createServer(
        {
          key: readFileSync(join(webhook.state, 'tls/tls.key')),
          cert: readFileSync(join(webhook.state, 'tls/tls.crt')),
        },
        (_, response) => response.end('<html>'),
      ).listen(0, '127.0.0.1')
      await once(page, 'listening')
      const { port } = page.address() as AddressInfo
      const asked = await ctl([
        'review',
        '--server',
        `https://127.0.0.1:${port}`,
        '--ca',
        ca,
        join(directory, 'good.json'),
      ])
      page.close()
      expect(asked).toMatchObject({ exit: 3, stderr: expect.stringMatching(/^[^\n]*is no webhook[^\n]*\n$/) })
      const stranger = await ctl(['review', '--server', webhook.service.url, join(directory, 'good.json')])
      expect([stranger.exit, stranger.stderr.split('\n').length]).toEqual([3, 2])
    } finally {
      await webhook[Symbol.asyncDispose]()
    }
  })
})
