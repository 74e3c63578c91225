import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { afterAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { readTextFile } from '../../src/files/read-text.ts'
import { lint } from '../../src/lint/lint.ts'
import { lintInParallel } from '../../src/lint/parallel.ts'
import type { LintFinding, Source } from '../../src/lint/result.ts'
import { fileRules } from '../../src/lint/rules.ts'
import { attachment, macvlanConfig, pod } from '../../src/policy/example.ts'
import { judge } from '../../src/policy/judge.ts'
import { renderSarif } from '../../src/report/sarif.ts'
import { exampleInventory } from '../example-inventory.ts'
import { ctl } from '../socni-ctl.ts'

const scratch = mkdtempSync(join(tmpdir(), 'socni-lint-'))
afterAll(() => rmSync(scratch, { recursive: true }))
const options = { policy: [], rules: {}, namespace: 'default' }
const testdata = join(import.meta.dirname, '..', 'testdata')

const source = (path: string, text: string): Source => ({ path, read: () => text })
const lintText = (text: string) => lint([source('a.yaml', text)], options)

describe.each(fileRules.map(rule => [rule.id, rule] as const))('%s', (id, { good, bad }) => {
  it('finds nothing in its good example, and is the only rule that its bad one breaks', () => {
    expect(lintText(good).findings).toEqual([])
    expect(lintText(bad).findings.map(({ rule }) => rule)).toEqual([id])
  })
})

describe('what is left out of a network', () => {
  const files = (ipam: object) => {
    const config = { cniVersion: '1.0.0', name: 'ledger', type: 'macvlan', master: 'eth0.100', ipam }
    const manifests = [attachment(config), pod('ledger')]
    return [source('a.yaml', manifests.map(manifest => JSON.stringify(manifest)).join('\n---\n'))]
  }
  const found = (ipam: object, rules: object) =>
    lint(files(ipam), { ...options, rules: { ...rules } }).findings.map(({ rule }) => rule)
  const range = { type: 'whereabouts', range: '10.100.1.0/24' }

  it('is not said of the pods that select it: who may reach what, without any Tenant', () => {
    expect(found(range, {})).toEqual([])
  })

  it('is not said of them where the command line turns a rule off, or weighs it less', () => {
    const routed = { ...range, routes: [{ dst: '0.0.0.0/0' }] }
    expect(found(routed, {})).toEqual(['default-route', 'refused-attachment'])
    expect(found(routed, { 'default-route': 'off' })).toEqual([])
    expect(found(routed, { 'default-route': 'warn' })).toEqual(['default-route'])
  })
})

describe('one cause', () => {
  const found = (...manifests: object[]) =>
    lintText(manifests.map(manifest => stringify(manifest)).join('---\n')).findings

  it('is told in full of the network, and by its rule alone of the pods that select it', () => {
    const ipam = { type: 'whereabouts', range: '10.100.1.0/24', routes: [{ dst: '0.0.0.0/0' }] }
    const routed = attachment({ ...macvlanConfig(), ipam })
    const selecting = pod('ledger, ledger')
    expect(found(routed, selecting).map(({ rule, message }) => [rule, message.split(': ')[0]])).toEqual([
      ['default-route', '"0.0.0.0/0" is a default route'],
      ['refused-attachment', 'network "finance/ledger" breaks default-route'],
    ])
    const elsewhere = { ...options, policy: [source('policy.yaml', stringify(routed))] }
    const [inFull] = lint([source('a.yaml', stringify(selecting))], elsewhere).findings
    expect(inFull?.message).toMatch(
      /^network "finance\/ledger" breaks default-route: "0.0.0.0\/0" is a default route/,
    )
  })

  it.each<[what: string, annotations: Record<string, string>, rules: string[]]>([
    [
      'a default network that is no list',
      { 'v1.multus-cni.io/default-network': '{"name": "a"}' },
      ['default-network-override'],
    ],
    [
      'a name that no network can have',
      { 'k8s.v1.cni.cncf.io/networks': '[{"name": "My Net"}]' },
      ['unreadable-selection'],
    ],
  ])('is told once: %s', (_, annotations, rules) => {
    const { spec, ...rest } = pod(undefined)
    expect(found({ ...rest, metadata: { name: 'a', annotations }, spec }).map(({ rule }) => rule)).toEqual(
      rules,
    )
  })

  it('of what a virtual machine is on is shown where it says so', () => {
    const networks = [{ name: 'a', multus: { networkName: 'b', default: true } }]
    const machine = {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachine',
      metadata: { name: 'vm' },
      spec: { template: { spec: { networks } } },
    }
    expect(found(machine).map(({ rule, line }) => [rule, line.trim()])).toEqual([
      ['default-network-override', 'default: true'],
    ])
  })
})

describe('what files cannot tell', () => {
  const STATUS = 'k8s.v1.cni.cncf.io/network-status'

  it('is whether a network exists, unless a cluster was asked', () => {
    const text = JSON.stringify(pod('ledger'))
    const [inFiles] = lintText(text).findings
    expect(inFiles?.message).toMatch(/^NetworkAttachmentDefinition "finance\/ledger" is in none of the files/)
    const [inCluster] = lint([source('a.yaml', text)], { ...options, cluster: [], rules: {} }).findings
    expect(inCluster?.message).toMatch(/^there is no NetworkAttachmentDefinition "finance\/ledger": /)
  })

  it('is a reason to refuse a dumped pod: the webhook leaves out the status that it was dumped with', () => {
    const dumped = pod(undefined, { metadata: { annotations: { [STATUS]: '[]' } } })
    const found = lintText(JSON.stringify(dumped)).findings
    expect(found.map(({ rule, severity }) => [rule, severity])).toEqual([
      ['forged-network-status', 'warning'],
    ])
    for (const circumstances of [{ user: 'alice' }, { before: pod(undefined) }])
      expect(judge(dumped, exampleInventory(), circumstances).map(({ severity }) => severity)).toEqual([
        'error',
      ])
  })

  it.each([
    ['sriovnetwork.openshift.io/v1', 'SriovNetwork', {}, true],
    ['mellanox.com/v1alpha1', 'MacvlanNetwork', {}, true],
    ['k8s.ovn.org/v1', 'ClusterUserDefinedNetwork', {}, true],
    ['operator.openshift.io/v1', 'Network', { additionalNetworks: [] }, true],
    ['operator.openshift.io/v1', 'Network', {}, false],
    ['networking.k8s.io/v1', 'NetworkPolicy', {}, false],
  ])('is what operators make: %s %s', (apiVersion, kind, spec, isTold) => {
    const text = JSON.stringify({ apiVersion, kind, metadata: { name: 'a' }, spec })
    const { notices } = lint([source('a.yaml', `${text}\n---\n${text}`)], { ...options, cluster: [] })
    const told = `${kind}: not judged here, as operators make the NetworkAttachmentDefinitions of these; the webhook judges what they make`
    expect(notices).toEqual(isTold ? [told] : [])
  })
})

describe('a text that ends to be JSON somewhere', () => {
  it('is told of by its place in the file alone', () => {
    const broken = attachment('{"type": "macvlan"\n "master": "eth0"}')
    const selecting = pod('[{"name": "ledger"}\n{"name": "storage"}]')
    const text = [broken, selecting].map(manifest => stringify(manifest)).join('---\n')
    const found = lintText(text).findings.filter(({ rule }) => rule.startsWith('unreadable'))
    expect(found.map(({ place, message }) => `${place.line}:${place.column} ${message}`)).toEqual([
      '9:6 a "," is missing before "master"',
      '19:7 a "," is missing before "{"',
    ])
    const told = [broken, selecting].flatMap(manifest => judge(manifest, exampleInventory()))
    expect(told.map(({ message }) => message)).toEqual([
      'a "," is missing before "master" (line 2, column 2)',
      'a "," is missing before "{" (line 2, column 1)',
    ])
  })
})

describe('a place', () => {
  const files = ['err', 'rules'].flatMap(folder =>
    readdirSync(join(testdata, folder), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.yaml'))
      .map(name => join(folder, name)),
  )

  /** What the file holds between two places. */
  const slice = (text: string, { line, column, endLine, endColumn }: LintFinding['place']) => {
    const lines = text.split('\n').slice(line - 1, endLine)
    return lines
      .map((content, index) =>
        content.slice(index === 0 ? column - 1 : 0, index === lines.length - 1 ? endColumn - 1 : undefined),
      )
      .join('\n')
  }

  it.each(files)(
    'in %s is of something that is there, and what a message quotes is in it or in its line',
    name => {
      const text = readFileSync(join(testdata, name), 'utf8')
      const world = source('world.yaml', readFileSync(join(testdata, 'world.yaml'), 'utf8'))
      for (const { place, line, message } of lint([source(name, text)], { ...options, policy: [world] })
        .findings) {
        const seen = slice(text, place)
        expect(seen.trim()).not.toBe('')
        expect(line).toBe(text.split('\n')[place.line - 1])
        expect(place.endLine).toBeGreaterThanOrEqual(place.line)
        // A value that is written there is what the message starts with.
        const [, quoted] = /^"([\w./:-]+)" is (?:no|a|not) /.exec(message) ?? []
        if (quoted !== undefined && text.includes(quoted))
          expect(
            text
              .split('\n')
              .slice(place.line - 1, place.endLine)
              .join('\n'),
          ).toContain(quoted)
      }
    },
  )

  const nad = (config: string) =>
    `apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {name: a}\nspec:\n  config: ${config}\n`
  const annotated = (networks: string) =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {k8s.v1.cni.cncf.io/networks: ${networks}}}\nspec: {containers: [{name: a, image: b}]}\n`

  it.each([
    [
      'a block',
      nad('|\n    {\n      "plugins": [\n        {"type": "bridge", "vlan" 5}\n      ]\n    }'),
      '5',
    ],
    ['quotes', nad(`'{"type": "bridge", "vlan": 5,}'`), ','],
    ['what goes on behind its end', nad('>-\n    {\n      "type": "bridge"\n    } }'), '}'],
    ['what was quoted twice', nad(`|-\n    '{"type": "bridge"}'`), "'"],
    ['an annotation', annotated(`'[{"name": "a" "mac": ""}]'`), '"mac"'],
    ['an annotation without JSON', annotated(`"a b"`), 'a b'],
    ['one of its names', annotated(`"b b ,c"`), 'b b'],
  ])('is where JSON ends to be any, in %s', (_, text, shown) => {
    const [finding] = lintText(text).findings
    expect(finding?.rule).toMatch(/^unreadable-/)
    expect(finding && slice(text, finding.place)).toBe(shown)
  })
})

describe('the place of a network in the short form', () => {
  it('is that of its name', () => {
    const text = stringify(pod('a,  finance/b@net7 ,c'))
    const shown = lintText(text).findings.map(({ place, line }) =>
      line.slice(place.column - 1, place.endColumn - 1),
    )
    expect(shown).toEqual(['a', 'finance/b@net7', 'c'])
  })
})

describe('SARIF', () => {
  const file = createRequire(import.meta.url).resolve('schemastore/schemas/json/sarif-2.1.0.json')
  const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(
    JSON.parse(readFileSync(file, 'utf8')),
  )

  it('is valid by the schema of OASIS, with findings, ignored ones and none', () => {
    const ignored =
      '# socni-ignore disputed-scalar: the old cluster reads it so\napiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {x: on}}\n'
    for (const text of ['', ignored, ...fileRules.map(({ bad }) => bad)]) {
      const sarif = JSON.parse(renderSarif(lintText(text), { color: false }))
      expect([validate(sarif), validate.errors]).toEqual([true, null])
    }
    const [run] = JSON.parse(renderSarif(lintText(ignored), { color: false })).runs
    expect(run.results).toMatchObject([
      {
        ruleId: 'disputed-scalar',
        suppressions: [{ kind: 'inSource', justification: 'the old cluster reads it so' }],
      },
    ])
  })

  it('has references that no path turns into something else', () => {
    const path = 'a b/ü:%#?.yaml'
    const sarif = JSON.parse(renderSarif(lint([source(path, 'a: [')], options), { color: false }))
    const { uri } = sarif.runs[0].results[0].locations[0].physicalLocation.artifactLocation
    expect(uri).toBe('a%20b/%C3%BC%3A%25%23%3F.yaml')
    expect(decodeURIComponent(uri)).toBe(path)
  })
})

describe('a large tree', () => {
  const tree = join(scratch, 'tree')
  mkdirSync(tree)
  const seed = readFileSync('examples/seeds/004-macvlan-conf.yaml', 'utf8')
  const paths = Array.from({ length: 2_200 }, (_, index) => {
    const path = join(tree, `${String(index).padStart(5, '0')}.yaml`)
    writeFileSync(
      path,
      index % 100 === 0
        ? seed.replace('macvlan-conf', `net-${index}`)
        : `apiVersion: v1\nkind: Service\nmetadata: {name: s${index}}\n`,
    )
    return path
  })
  const sources = paths.map(path => ({ path, isNamed: false, read: () => readTextFile(path) }))

  it('has the same findings in threads as in one', async () => {
    let seen = 0
    const progress = (files: number) => {
      seen = Math.max(seen, files)
    }
    const parallel = await lintInParallel(sources, options, progress, 2)
    const alone = lint(sources, options)
    expect(alone.findings.length).toBeGreaterThan(40)
    expect(JSON.parse(JSON.stringify(parallel))).toEqual(JSON.parse(JSON.stringify(alone)))
    expect(seen).toBeGreaterThan(1_000)
  })

  it('reads standard input, which threads cannot', async () => {
    const text = { path: '<stdin>', isNamed: true, read: () => seed }
    const { failures, files } = await lintInParallel([text, ...sources], options, undefined, 2)
    expect([failures, files]).toEqual([[], 2_201])
  })

  it('fails for a file that goes away meanwhile, and lints the rest', async () => {
    const gone = {
      path: join(tree, 'gone.yaml'),
      isNamed: false,
      read: () => readTextFile(join(tree, 'gone.yaml')),
    }
    const { failures, files } = await lintInParallel([...sources, gone], options, undefined, 2)
    expect([failures, files]).toEqual([[`${gone.path}: there is no such file`], 2_201])
  })
})

describe('input that is made to hurt', () => {
  const bomb = `a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, index) => `a${index + 1}: &a${index + 1} [${`*a${index},`.repeat(10)}]`).join('\n')}\n`

  it.each<[what: string, text: string]>([
    ['an alias bomb', bomb],
    [
      'an alias to itself',
      'apiVersion: v1\nkind: Pod\nmetadata: &a {name: x, annotations: {k8s.v1.cni.cncf.io/networks: *a}}\n',
    ],
    ['an alias to nothing', 'apiVersion: v1\nkind: Pod\nmetadata: *nothing\n'],
    // Where the stack ends depends on much; nothing may.
    ...[250, 700, 5_000, 50_000].flatMap<[string, string]>(depth => [
      [`${depth} objects in one another`, `${'{a: '.repeat(depth)}x${'}'.repeat(depth)}\n`],
      [`${depth} lists in one another`, `${'- '.repeat(depth)}x\n`],
      [`${depth} keys in one another`, `${'? '.repeat(depth)}x\n`],
      [`${depth} lists, and a quote that does not end`, `${'['.repeat(depth)}'x\n`],
    ]),
    ['a tag that makes objects', 'apiVersion: v1\nkind: Pod\nmetadata: !!js/function "x"\n'],
    [
      '__proto__',
      '__proto__: {apiVersion: v1}\napiVersion: v1\nkind: Pod\nmetadata: {name: a, __proto__: {namespace: b}}\n',
    ],
    ['a directive', '%YAML 9.9\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\n'],
    ['keys that are no text', '? [a, b]\n: c\napiVersion: v1\nkind: Pod\nmetadata: {1: 2, null: 3}\n'],
    ['half a surrogate pair', 'apiVersion: v1\nkind: Pod\nmetadata: {name: "\\ud800"}\n'],
    ['only comments', '# a\n# b\n---\n# c\n'],
    ['ten thousand documents', 'a: b\n---\n'.repeat(10_000)],
  ])('%s ends in a result', (_, text) => {
    const { findings, failures } = lintText(text)
    expect(failures).toEqual([])
    for (const { message } of findings) expect(message).not.toMatch(/\n|at .*\.ts:/)
  })

  it.each([
    ['{a: '.repeat(201) + '}'.repeat(201), 'it is nested more than 200 levels deep'],
    ['{a: '.repeat(5_000) + '}'.repeat(5_000), 'it is nested more than 200 levels deep'],
    ['? [a, b]\n: c\n', 'a key is text, and this one is a list or an object'],
    [
      Array.from({ length: 9_000 }, (_, index) => `a${index}: &a${index} {x: *a${index - 1}}\n`)
        .join('')
        .replace('*a-1', 'y'),
      'it holds more than 500 aliases',
    ],
    ['a: &a [b]\n*a : c\n', 'a key is text, and this one is a list or an object'],
    ['1: a\n"1": b\n', 'Map keys must be unique'],
    ['a: &a b\n*a : c\nb: d\n', 'Map keys must be unique'],
    [
      `a: &a {${Array.from({ length: 101 }, (_, index) => `k${index}: 1`).join(', ')}}\n${Array.from({ length: 100 }, (_, index) => `b${index}: {<<: *a}\n`).join('')}`,
      '<< brings more than 10,000 keys in all',
    ],
  ])('is told what is wrong with it: %.10s', (text, message) => {
    expect(lintText(`${text}\n`).findings).toMatchObject([{ message: expect.stringContaining(message) }])
  })

  it('is none where it is only deep: the definitions of other kinds are', () => {
    const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nx: ${'{a: '.repeat(190)}x${'}'.repeat(190)}\n`
    expect(lintText(text).findings).toEqual([])
  })

  it('is refused when it is too large, and the rest is linted', async () => {
    const large = join(scratch, 'large.yaml')
    writeFileSync(large, Buffer.alloc(100 * 1024 * 1024, 'a'))
    const result = await ctl(['lint', '--no-config', large, 'examples/seeds/004-macvlan-conf.yaml'])
    expect(result.exit).toBe(3)
    expect(result.stderr).toBe(
      `socni-ctl: ${large}: it has 104857600 bytes, more than the 16777216 bytes that a file of manifests may have\n`,
    )
    expect(result.stdout).toContain('[default-route]')
  })

  it('shows no control character of a file to a terminal', async () => {
    const text =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: "a\\e[2Jb", annotations: {k8s.v1.cni.cncf.io/networks: "\u009b31m/x/y"}}\n'
    const { stdout } = await ctl(['lint', '--no-config', '-'], { input: text })
    expect(stdout).toContain('[unreadable-selection]')
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u)
  })
})
