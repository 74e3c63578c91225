import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runDemo } from '../examples/demo/demo.ts'
import { generatedFiles } from '../scripts/generated-files.ts'
import { extractors } from '../src/cni/facts/extractors.ts'
import { clusterSpec } from '../src/config/cluster.ts'
import { tenantSpec } from '../src/config/tenant.ts'
import { ruleTexts } from '../src/lint/rules.ts'
import { readManifests } from '../src/yaml/document.ts'
import { ctl } from './socni-ctl.ts'
import { startWebhook } from './webhook-under-test.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const readme = read('README.md')

describe('the README', () => {
  it('shows what the demonstration prints', async () => {
    const tenants = readManifests(read('examples/policy/tenants.yaml')).manifests
    await using webhook = await startWebhook(tenants)
    const settle = () => new Promise<void>(resolve => setTimeout(resolve, 100))
    const keys = readFileSync(join(webhook.state, 'keys', 'keys.json'), 'utf8')
    let printed = ''
    for await (const text of runDemo({
      apiServer: webhook.apiServer,
      policyDirectory: webhook.policy,
      keys,
      settle,
    }))
      printed += text
    const shown = [...readme.matchAll(/<!-- demo: \S+ -->\n```\n(.*?)```/gs)].map(([, text]) => text)
    expect(shown.length).toBeGreaterThan(1)
    for (const text of shown) expect(printed).toContain(text)
  })

  it('shows what the linter prints', async () => {
    const shown = [...readme.matchAll(/<!-- lint: (.+?) -->\n```\n(.*?)```/gs)]
    expect(shown.length).toBeGreaterThan(0)
    for (const [, args = '', text] of shown) {
      const { stdout } = await ctl(['lint', ...args.split(' ')])
      expect(stdout).toContain(text)
    }
  })

  it('shows what socni-ctl prints', async () => {
    const shown = [...readme.matchAll(/<!-- run: (.+?) -->\n```\n(.*?)```/gs)]
    expect(shown.length).toBeGreaterThan(0)
    for (const [, args = '', text] of shown) expect((await ctl(args.split(' '))).stdout).toBe(text)
  })

  it('has commands that work, one after the other', async () => {
    const [, block = ''] = /## Manage VLANs\n\n```sh\n(.*?)```/s.exec(readme) ?? []
    const directory = mkdtempSync(join(tmpdir(), 'socni-readme-'))
    cpSync(join(root, 'examples/policy'), join(directory, 'examples/policy'), { recursive: true })
    const lines = block.trim().split('\n')
    expect(lines.length).toBeGreaterThan(4)
    for (const line of lines) {
      const args = line.replace('npx socni-ctl ', '').split(' ')
      expect([line, (await ctl(args, { directory, confirm: () => true })).exit]).toEqual([line, 0])
    }
    // "Run the webhook" comes next, with these beside what is there.
    cpSync(join(root, 'examples/policy/tenants.yaml'), join(directory, '.socni/policy/tenants.yaml'))
    expect(await ctl(['list'], { directory })).toMatchObject({ exit: 0, stderr: '' })
    rmSync(directory, { recursive: true })
  })

  it('has a row for every rule', () => {
    expect(ruleTexts.filter(({ id }) => !readme.includes(`| [${id}](docs/rules/${id}.md) |`))).toEqual([])
  })

  it('shows the files that it names', () => {
    const shown = [...readme.matchAll(/<!-- file: (\S+) -->\n```\w+\n(.*?)```/gs)]
    expect(shown.length).toBeGreaterThan(0)
    for (const [, path = '', text] of shown) expect(read(path)).toBe(text)
  })

  it('names files that exist, and scripts that npm has', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, path = '']) => path)
    expect(links.length).toBeGreaterThan(10)
    for (const path of links) expect(read(path).length).toBeGreaterThan(0)
    const scripts = Object.keys(JSON.parse(read('package.json')).scripts)
    for (const [, name] of readme.matchAll(/npm run ([a-z:]+)/g)) expect(scripts).toContain(name)
  })
})

describe('the generated files', () => {
  it.each([...generatedFiles()])('include %s as it is in the repository', (path, content) => {
    expect(read(path)).toBe(content)
  })
})

describe('docs/policy.md', () => {
  const policy = read('docs/policy.md')

  it('has a row for every field', () => {
    const missing = [...Object.keys(tenantSpec.shape), ...Object.keys(clusterSpec.shape)].filter(
      field => !new RegExp(`^\\| \`${field}\\b`, 'm').test(policy),
    )
    expect(missing).toEqual([])
  })

  it('names every CNI type that is analysed, and no other', () => {
    const [, list = ''] = /^## Types that are analysed\n\n(.*?)\. Any other type/ms.exec(policy) ?? []
    const [plugins = [], ipams = []] = list
      .replace(/\(.*?\)/g, '')
      .split('IPAM:')
      .map(names => names.split(/[\s,;]+|\band\b/).filter(name => name !== ''))
    const analysed = (isIpam: boolean) =>
      extractors.flatMap(({ types, role }) => ((role === 'ipam') === isIpam ? types : []))
    expect(plugins.toSorted()).toEqual(analysed(false).toSorted())
    expect(ipams.toSorted()).toEqual(analysed(true).toSorted())
  })
})

describe('the request in examples/reviews', () => {
  it('is refused for its default route by a webhook without any tenant', async () => {
    await using webhook = await startWebhook([])
    const answer = await webhook.apiServer.post('/validate', read('examples/reviews/default-route.json'))
    expect(JSON.parse(answer.body).response.status.message).toContain('[default-route]')
  })
})
