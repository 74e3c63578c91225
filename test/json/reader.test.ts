import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldKey } from '../../src/json/fold.ts'
import { locate } from '../../src/json/locate.ts'
import { readJson } from '../../src/json/reader.ts'
import type { JsonValue, Path } from '../../src/json/value.ts'

const knownKeys = new Set([
  'namespace',
  'vlan',
  'vlanId',
  'master',
  'routes',
  'ipam',
  'isDefaultGateway',
  'link',
  'cni-args',
])

/** The codes, paths and places of what is refused. */
function refuse(text: string, options: Parameters<typeof readJson>[1] = { knownKeys }) {
  const reading = readJson(text, options)
  return reading.ok
    ? []
    : reading.problems.map(({ code, at, line, column }) => `${code} ${JSON.stringify(at)} ${line}:${column}`)
}

describe('the strict reader', () => {
  it.each<[text: string, problem: string]>([
    ['', 'syntax [] 1:1'],
    ['{', 'syntax [] 1:2'],
    ['{"a"}', 'syntax ["a"] 1:5'],
    ['{"a":1 "b":2}', 'syntax [] 1:8'],
    ["{'a':1}", 'syntax [] 1:2'],
    ['{"a":"x', 'syntax ["a"] 1:6'],
    ['{"a":"\\x"}', 'syntax ["a"] 1:7'],
    ['{"a":"\\u12G4"}', 'syntax ["a"] 1:7'],
    ['True', 'syntax [] 1:1'],
    ['0100', 'syntax [] 1:1'],
    ['0x64', 'syntax [] 1:1'],
    ['1.', 'syntax [] 1:1'],
    ['.5', 'syntax [] 1:1'],
    ['+1', 'syntax [] 1:1'],
    ['NaN', 'syntax [] 1:1'],
    ['-', 'syntax [] 1:1'],
    ['[1,]', 'trailing-comma [] 1:3'],
    ['{"a":1,\n}', 'trailing-comma [] 1:7'],
    ['{} {}', 'trailing-data [] 1:4'],
    ['{"a":1}x', 'trailing-data [] 1:8'],
    ['\ufeff{}', 'byte-order-mark [] 1:1'],
    ['{\u00a0"a":1}', 'not-json-whitespace [] 1:2'],
    ['{\n// why\n"a":1}', 'comment [] 2:1'],
    ['/* why */ 1', 'comment [] 1:1'],
    ['{"a":"x\ty"}', 'control-character ["a"] 1:8'],
    ['{"bridge":"brA\\u0000.100"}', 'control-character ["bridge"] 1:11'],
    ['{"a\\u0001":1}', 'control-character ["a\\u0001"] 1:2'],
    ['{"a":"\\ud800"}', 'lone-surrogate ["a"] 1:6'],
    ['{"a":"\udc00"}', 'lone-surrogate ["a"] 1:6'],
    ['{"vlan":4094.0000000000000001}', 'inexact-number ["vlan"] 1:9'],
    ['9007199254740993', 'inexact-number [] 1:1'],
    ['1e400', 'inexact-number [] 1:1'],
    ['1e-400', 'inexact-number [] 1:1'],
    ['{"vlan":100,\n "vlan":200}', 'duplicate-key ["vlan"] 2:2'],
    ['{"vlan":100,"vlan":null}', 'duplicate-key ["vlan"] 1:13'],
    ['{"m\\u0061ster":1,"master":2}', 'duplicate-key ["master"] 1:18'],
    ['{"VLAN":200}', 'misspelt-key ["VLAN"] 1:2'],
    ['{"Namespace":"victim"}', 'misspelt-key ["Namespace"] 1:2'],
    ['{"name\u017fpace":"victim"}', 'misspelt-key ["name\u017fpace"] 1:2'],
    ['{"ma\u017fter":"eth0.200"}', 'misspelt-key ["ma\u017fter"] 1:2'],
    ['{"i\u017fDefaultGateway":true}', 'misspelt-key ["i\u017fDefaultGateway"] 1:2'],
    ['{"lin\u212a":1}', 'misspelt-key ["lin\u212a"] 1:2'],
    ['{"CNI-ARGS":{}}', 'misspelt-key ["CNI-ARGS"] 1:2'],
    ['{"ipam":{"Routes":[]}}', 'misspelt-key ["ipam","Routes"] 1:10'],
    ['{"ключ":1}', 'non-ascii-key ["ключ"] 1:2'],
    ['{"foo":1,"Foo":2}', 'fold-equal-keys ["Foo"] 1:10'],
    ['[{"a":{"x":1,"X":2}}]', 'fold-equal-keys [0,"a","X"] 1:14'],
    [`${'['.repeat(65)}${']'.repeat(65)}`, `too-deep ${JSON.stringify(Array(64).fill(0))} 1:65`],
  ])('refuses %j', (text, problem) => {
    expect(refuse(text)).toEqual([problem])
  })

  it.each<[text: string, message: string]>([
    ['{"a":1 "mtu":2}', 'a "," is missing before "mtu"'],
    ['{"a":[{} {}]}', 'a "," is missing before "{"'],
    ['{"name":"a"","mtu":2}', 'there is one " too many here: remove it'],
    ['{"name":"a""\n}', 'there is one " too many here: remove it'],
    ['["a""b"]', 'a "," is missing before "b"'],
    ['["a" "b"]', 'a "," is missing before "b"'],
    ['{"a":1 "mtu', '"\\"" stands where "," or "}" must be'],
    [
      '\'{"a":1}\'',
      'the JSON stands in quotes, and in a block scalar (|, >) these belong to the text: remove them',
    ],
    [
      '"{ "a": 1 }"',
      'the JSON stands in quotes, and in a block scalar (|, >) these belong to the text: remove them',
    ],
    ["{'a':1}", '"\'" is no quote of JSON: write "'],
    ['{\u201ca\u201d:1}', '\u201c (U+201C) is a typographic quote: write "'],
    ['{"a":\u2018b\u2019}', '\u2018 (U+2018) is a typographic quote: write "'],
  ])('says of %j what to write instead', (text, message) => {
    const reading = readJson(text, { knownKeys })
    expect(reading.ok ? [] : reading.problems.map(problem => problem.message)).toEqual([message])
  })

  it('refuses what is longer than allowed, counted in UTF-8 bytes', () => {
    expect(refuse('"éé"', { maxLength: 5 })).toEqual(['too-long [] 1:1'])
    expect(readJson('"éé"', { maxLength: 6 }).ok).toBe(true)
  })

  it('reports every problem of one text', () => {
    expect(refuse('{"vlan":1,"VLAN":2,"vlan":3.00000000000000000001}')).toEqual([
      'inexact-number ["vlan"] 1:27',
      'fold-equal-keys ["VLAN"] 1:11',
      'misspelt-key ["VLAN"] 1:11',
      'fold-equal-keys ["vlan"] 1:20',
    ])
  })

  it('stops reporting at twenty, so that a text made of problems stays cheap', () => {
    expect(refuse(`{${'"a":1,'.repeat(5000)}"a":1}`)).toHaveLength(20)
  })

  it.each<[text: string, value: JsonValue]>([
    ['100.0', 100],
    ['1e2', 100],
    ['-0', 0],
    ['-0.0e5', 0],
    ['0.1', 0.1],
    ['1.50', 1.5],
    ['1E+2', 100],
    [' \t\r\n[ ]\n', []],
    ['"\\u00e9\\n\\/"', 'é\n/'],
    ['"\\ud83d\\ude00"', '😀'],
  ])('reads %j as Go does', (text, value) => {
    expect(readJson(text)).toEqual({ ok: true, value })
  })

  it('takes __proto__ for an ordinary key', () => {
    const reading = readJson('{"__proto__":{"polluted":true}}')
    expect(reading.ok && Object.keys(reading.value as object)).toEqual(['__proto__'])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('lets free-form maps have any key, but no two that Go reads as one', () => {
    const options = { knownKeys, freeForm: (path: Path) => path.at(-1) === 'labels' }
    expect(refuse('{"labels":{"VLAN":1,"größe":2}}', options)).toEqual([])
    expect(refuse('{"labels":{"a":1,"A":2}}', options)).toEqual(['fold-equal-keys ["labels","A"] 1:18'])
  })

  it('has an answer for any text, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => {
        const reading = readJson(text, { knownKeys })
        expect(reading.ok || reading.problems.length > 0).toBe(true)
      }),
    )
  })

  it("says the same of a text whether the runtime's own parser could read it or not", () => {
    const key = fc.constantFrom(
      'vlan',
      'VLAN',
      'Vlan',
      'name',
      'Name',
      'labels',
      'other',
      'ſlan',
      '__proto__',
      'a\u007f',
    )
    const leaf = fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.string())
    const { tree } = fc.letrec(tie => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
      ),
    }))
    const options = { knownKeys, freeForm: (path: Path) => path.at(-1) === 'labels', maxDepth: 3 }
    const answer = (text: string) => {
      const reading = readJson(text, options)
      return reading.ok ? JSON.stringify(reading.value) : reading.problems.map(({ code, at }) => [code, at])
    }
    fc.assert(
      fc.property(tree, fc.constantFrom(undefined, 2), (value, indent) => {
        const text = `${JSON.stringify(value, null, indent)}${indent === 2 ? '\n' : ''}`
        // White space at the end makes it a text that no program prints.
        expect(answer(text)).toEqual(answer(`${text} `))
      }),
      { numRuns: 2000 },
    )
  })

  it('reads whatever JSON prints, and nothing else than JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'medium' }), value => {
        const text = JSON.stringify(value)
        const reading = readJson(text)
        if (reading.ok) expect(JSON.stringify(reading.value)).toBe(text)
        else expect(reading.problems.map(({ code }) => code).filter(code => !SEMANTIC.has(code))).toEqual([])
      }),
    )
  })
})

/** What JSON.stringify may print and we refuse. */
const SEMANTIC = new Set(['fold-equal-keys', 'control-character', 'lone-surrogate', 'inexact-number'])

describe('the folding of keys', () => {
  // Go encoding/json fold.go: foldName()
  it.each([
    ['VLANID', 'vlanid'],
    ['ma\u017fter', 'master'],
    ['lin\u212aInContainer', 'linkincontainer'],
    ['\u0131\u0130', '\u0131\u0130'],
    ['É', 'É'],
  ])('makes %j into %j', (key, folded) => {
    expect(foldKey(key)).toBe(folded)
  })
})

describe('locate', () => {
  const text = '{\n  "plugins": [\n    {"type": "vlan", "v\\u006can": 100}\n  ]\n}'

  it.each<[path: Path, part: 'key' | 'value', found: string | undefined]>([
    [['plugins'], 'key', '"plugins"'],
    [['plugins', 0, 'type'], 'value', '"vlan"'],
    [['plugins', 0, 'vlan'], 'key', '"v\\u006can"'],
    [['plugins', 0, 'vlan'], 'value', '100'],
    [[], 'value', text],
    [['plugins', 1], 'value', undefined],
    [['plugins', 0], 'key', undefined],
  ])('finds %j (%s)', (path, part, found) => {
    const span = locate(text, path, part)
    expect(span && text.slice(span.offset, span.end)).toBe(found)
  })

  it('counts lines and columns from one', () => {
    expect(locate(text, ['plugins', 0, 'type'], 'value')).toMatchObject({
      line: 3,
      column: 14,
      endLine: 3,
      endColumn: 20,
    })
  })

  it('finds what stands before a syntax error, and the last of two equal keys', () => {
    expect(locate('{"a":1,"a":2,"b"', ['a'], 'value')?.offset).toBe(11)
  })

  it('finds every value, so that reading its text gives the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const printed = JSON.stringify(value, null, 2)
        const reading = readJson(printed)
        fc.pre(reading.ok)
        for (const [path, inner] of everyValue(reading.ok ? reading.value : null, [])) {
          const span = locate(printed, path, 'value')
          expect(span && readJson(printed.slice(span.offset, span.end))).toEqual({ ok: true, value: inner })
        }
      }),
      { numRuns: 50 },
    )
  })
})

function* everyValue(value: JsonValue, path: Path): Iterable<[Path, JsonValue]> {
  yield [path, value]
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    yield* everyValue(inner, [...path, Array.isArray(value) ? Number(key) : key])
  }
}
