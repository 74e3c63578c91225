import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { knownKeys } from '../../src/cni/facts/known-keys.ts'
import { readJson } from '../../src/json/reader.ts'
import type { Manifest } from '../../src/kube/manifest.ts'
import { readSelections } from '../../src/kube/selections.ts'
import { parseIp, printIp } from '../../src/net/ip.ts'
import { parseMac, printMac } from '../../src/net/mac.ts'
import { macvlanConfig } from '../../src/policy/example.ts'
import { matchesSelector } from '../../src/policy/tenancy.ts'
import { readLocated } from '../../src/yaml/document.ts'
import { manifestsTwiceRead } from '../yaml/twice-read.ts'
import { compare, TEXTS } from './comparison.ts'

/** Some texts, each with a few pieces put in, replaced or taken out. */
function changed(texts: readonly string[], pieces: readonly string[]): fc.Arbitrary<string> {
  const change = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    piece: fc.constantFrom('', ...pieces),
    removed: fc.constantFrom(0, 0, 0, 1, 4),
  })
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(change, { minLength: 1, maxLength: 3 }))
    .map(([text, changes]) =>
      changes
        .reduce((so, { at, piece, removed }) => {
          const offset = Math.floor(at * (so.length + 1))
          return so.slice(0, offset) + piece + so.slice(offset + removed)
        }, text)
        .toWellFormed(),
    )
}

/** As JSON, in one order of keys. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

/** What kubectl makes of what it has read: objects of lists, without what has no kind. */
function objectsOf(value: unknown): Manifest[] {
  const { apiVersion, kind, items } = (value ?? {}) as Record<string, unknown>
  if (typeof kind !== 'string') return []
  if (!Array.isArray(items)) return typeof apiVersion === 'string' ? [value as Manifest] : []
  const ofList = { apiVersion, kind: kind.replace(/List$/, '') }
  return items.flatMap((item: Record<string, unknown> | null) =>
    objectsOf(item?.kind === undefined && item?.apiVersion === undefined ? { ...ofList, ...item } : item),
  )
}

const POD = `apiVersion: v1
kind: Pod
metadata:
  name: a
  annotations:
    k8s.v1.cni.cncf.io/networks: finance/ledger
    note: |
      text
    folded: >-
      text

      more
spec:
  list: [a, {b: c}, "d"]
  quoted: "a
    b"
`

describe('what we read', () => {
  it('in a manifest is what kubectl reads, or refused', () => {
    const texts = [
      POD,
      `${POD}---\n${POD}# end\n---\n`,
      `apiVersion: v1\nkind: List\nitems:\n- ${POD.replaceAll('\n', '\n  ')}\n`,
      `${JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', annotations: { a: 'b' } } })}\n`,
      `x: &x {annotations: {a: b}}\n${POD.replace('  name: a', '  <<: *x\n  name: a')}`,
      // What is refused as it is would mostly stay so.
      ...manifestsTwiceRead.filter(({ ours }) => Array.isArray(ours)).map(({ text }) => text),
    ]
    const pieces = [
      ...['\n', '\n  ', '\n    ', ' ', '\t', '---', '\n---\n', '\n...\n', '#', ' # ', ': ', ':', '- ', '? '],
      ...['|', '>', '|2', '"', "'", '{', '}', '[', ']', ',', '&a ', '*a', '*x', '!!str ', '! ', '!x '],
      ...['!!binary ', '<<: ', '<<', '%', '@', '\\', '\r', '\r\n', '\u2028', '\x85', '\uFEFF', '\xa0', '\0'],
      ...['~', 'null', 'yes', '0100', 'kind: Pod', 'items:', 'metadata: {}', '""', '\\x41', '.inf', '0x10'],
    ]
    let read = 0
    const wrong = compare('manifests', changed(texts, pieces), (text, { value }) => {
      const theirs = (value as readonly unknown[]).flatMap(objectsOf)
      const { manifests, problems } = readLocated(text)
      const isRefused =
        problems.some(({ problem }) => problem !== 'foreign') ||
        manifests.some(manifest => manifest.disputedScalars().length > 0)
      // In quotes such a character is white space to kubectl, and in a name or in JSON wrong for everybody.
      if (theirs.length === 0 || isRefused || /[\x85\u2028\u2029]|\r(?!\n)/.test(text)) return undefined
      const ours = new Set(manifests.map(({ manifest }) => inOrder(manifest)))
      const missing = theirs.find(object => !ours.has(inOrder(object)))
      read += theirs.length
      return missing && `${[...ours].join()} is not ${inOrder(missing)}`
    })
    expect(wrong).toEqual([])
    expect(read).toBeGreaterThan(TEXTS / 10)
  })

  it('in the networks of a pod is what Multus reads, or refused', () => {
    const selections = [
      {
        name: 'a',
        namespace: 'b',
        interface: 'net1',
        ips: ['10.0.0.1/24', 'fd00::1'],
        mac: '02:00:00:00:00:01',
      },
      { name: 'c', 'default-route': ['10.0.0.1'], 'cni-args': { a: 1 }, deviceID: '0000:00:01.0' },
    ]
    const texts = ['a', 'ns/a@net1, other/b@eth5,c', JSON.stringify(selections)]
    const pieces = [
      ...[
        '"',
        '[',
        ']',
        '{',
        '}',
        ',',
        '/',
        '@',
        ' ',
        '\t',
        '\n',
        '\xa0',
        '\x85',
        '\u2003',
        '\uFEFF',
        '.',
        '-',
      ],
      ...[
        'A',
        'é',
        ':',
        'null',
        '""',
        '[]',
        '{}',
        '"NAME":"z",',
        '"name":null,',
        '"ips":null,',
        '"ips":[""],',
      ],
      ...[
        '"default-route":[],',
        '"default-route":[""],',
        '"mac":"",',
        '"interface":"",',
        '"interface":"a/b",',
      ],
      ...['\\u006e', '\0', '0', '\v', '\f', '\r', '/24', '..', 'null,', '"x":1,', '"interfaceRequest":"x",'],
    ]
    let read = 0
    const wrong = compare('selections', changed(texts, pieces), (text, { value }) => {
      const { form, selections, problems } = readSelections(text, 'finance')
      if (form === 'none' || problems.some(({ problem }) => problem !== 'unknown-key')) return undefined
      const theirs = (value ?? []) as Record<string, unknown>[]
      const ours = selections.map(each => ({
        name: each.name,
        namespace: each.namespace,
        interface: each.requestedInterface,
        ips: each.ips.length === 0 ? undefined : each.ips,
        mac: each.mac || undefined,
        deviceID: each.deviceID || undefined,
        'cni-args': each.cniArgs ?? null,
        'default-route': each.defaultRoute,
      }))
      read += ours.length
      return inOrder(ours) === inOrder(theirs.map(({ 'infiniband-guid': _, ...rest }) => rest))
        ? undefined
        : inOrder(ours)
    })
    expect(wrong).toEqual([])
    expect(read).toBeGreaterThan(TEXTS / 20)
  })

  it('in JSON is what Go reads, or refused', () => {
    const texts = [JSON.stringify(macvlanConfig()), JSON.stringify(macvlanConfig(), null, 2)]
    const pieces = [
      ...[
        '"',
        '\\',
        '\\u0041',
        '\\u212a',
        '\\ud83d',
        '\\ude00',
        '\u212a',
        'ſ',
        '\\/',
        '\n',
        '\t',
        '\0',
        '\uFEFF',
      ],
      ...[
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        ' ',
        '\n',
        'a',
        '1',
        '0',
        '1e2',
        '-0',
        '-',
        '+1',
        '0100',
        '1.0',
        '1e400',
        'null',
        'NaN',
        '//',
      ],
      ...[
        ',"master":"x"',
        ',"MASTER":"x"',
        ',"ma\\u017fter":"x"',
        '9007199254740993',
        '\u2028',
        '\\u0000',
        "'",
      ],
    ]
    let read = 0
    const wrong = compare('json', changed(texts, pieces), (text, { value, error }) => {
      const reading = readJson(text, { knownKeys })
      if (!reading.ok) return undefined
      read++
      return error === undefined && inOrder(value) === inOrder(reading.value)
        ? undefined
        : inOrder(reading.value)
    })
    expect(wrong).toEqual([])
    expect(read).toBeGreaterThan(TEXTS / 40)
  })

  it('in a label selector is what Kubernetes reads', () => {
    const key = fc.constantFrom('a', 'b', 'toString')
    const value = fc.constantFrom('', 'x', 'y')
    const given = fc.dictionary(key, value)
    const expression = fc.oneof(
      fc.record({
        key,
        operator: fc.constantFrom('In', 'NotIn'),
        values: fc.uniqueArray(value, { minLength: 1 }),
      }),
      fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
    )
    const selector = fc.record(
      { matchLabels: given, matchExpressions: fc.array(expression, { maxLength: 3 }) },
      { requiredKeys: [] },
    )
    const texts = fc.record({ selector, labels: given }).map(question => JSON.stringify(question))
    const answers = new Set<unknown>()
    const wrong = compare('selector', texts, (text, { value, error }) => {
      const { selector, labels } = JSON.parse(text)
      const ours = matchesSelector(labels, selector)
      answers.add(value)
      return error === undefined && ours === value ? undefined : String(ours)
    })
    expect(wrong).toEqual([])
    expect(answers).toEqual(new Set([true, false]))
  })

  it.each<[reader: string, read: (text: string) => string | undefined]>([
    [
      'address',
      text => {
        const ip = parseIp(text)
        return ip && printIp(ip)
      },
    ],
    [
      'mac',
      text => {
        const mac = parseMac(text)
        return mac && printMac(mac)
      },
    ],
  ])('as %s is what Go reads, no more and no less', (reader, read) => {
    const texts = ['10.0.0.1', '::ffff:10.0.0.1', 'fd00::1', '::', '1:2:3:4:5:6:7:8', '02:00:00:00:00:01']
    const pieces = [
      '0',
      '00',
      '1',
      '.',
      ':',
      '::',
      '/',
      'f',
      'ffff',
      '-',
      '+',
      ' ',
      '%eth0',
      '256',
      '255',
      'g',
    ]
    const wrong = compare(
      reader,
      changed([...texts, '02-00-00-00-00-01', '0200.0000.0001'], pieces),
      (text, { value, error }) => {
        const ours = read(text) ?? null
        return ours === (error === undefined ? value : null) ? undefined : String(ours)
      },
    )
    expect(wrong).toEqual([])
  })
})
