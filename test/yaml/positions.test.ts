import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Document, Scalar } from 'yaml'
import { readJson } from '../../src/json/reader.ts'
import type { JsonValue, Path } from '../../src/json/value.ts'
import { macvlanConfig } from '../../src/policy/example.ts'
import { type Place, readLocated } from '../../src/yaml/document.ts'

const at = ['spec', 'config']

/** What a person sees at a place. */
function textAt(text: string, { line, column, endLine, endColumn }: Place): string {
  const lines = text.split('\n').slice(line - 1, endLine)
  const last = lines.length - 1
  return lines
    .map((content, index) =>
      content.slice(index === 0 ? column - 1 : 0, index === last ? endColumn - 1 : undefined),
    )
    .join('\n')
}

function write(config: string, style: Scalar.Type): string {
  const scalar = new Scalar(config)
  scalar.type = style
  const document = new Document({ apiVersion: 'v1', kind: 'X', metadata: { name: 'é' }, spec: {} })
  document.setIn(at, scalar)
  return document.toString({ lineWidth: 60 })
}

const styles: Scalar.Type[] = [
  Scalar.BLOCK_LITERAL,
  Scalar.BLOCK_FOLDED,
  Scalar.QUOTE_SINGLE,
  Scalar.QUOTE_DOUBLE,
  Scalar.PLAIN,
]

describe('a place inside of JSON in YAML', () => {
  describe.each(styles)('written as %s', style => {
    it.each<[path: Path, seen: RegExp]>([
      [['master'], /^\\?"eth0\.100\\?"$/],
      [['ipam', 'range'], /^\\?"10\.100\.1\.0\/24\\?"$/],
      [['ipam'], /^\{$/],
      [['ipam', 'missing'], /^\\?"ipam\\?"$/],
      [['missing'], /^\{$/],
    ])('of %j is its text', (path, seen) => {
      for (const indent of [0, 2]) {
        const text = write(JSON.stringify(macvlanConfig(), null, indent), style)
        const [manifest] = readLocated(text).manifests
        // A long double-quoted text is cut into lines, perhaps in the middle of a value.
        const shown = manifest && textAt(text, manifest.place(at, path)).replace(/\\?\n\s*\\?/g, '')
        expect(shown).toMatch(seen)
      }
    })

    it.each([
      ['ends too soon', '{"type": "macvlan"', /^\\?"$/],
      ['has a letter too many', '{"type": "macvlan",}', /^,$/],
    ])('of a text that %s is where it does', (_, json, seen) => {
      for (const printed of [json, json.replace(', ', ',\n'), `${json}\n`]) {
        const text = write(printed, style)
        const [manifest] = readLocated(text).manifests
        expect(manifest && textAt(text, manifest.place(at, []))).toMatch(seen)
      }
    })

    it('is within the scalar for any configuration, and is the value where it is a plain one', () => {
      const json = fc.dictionary(
        fc.stringMatching(/^[a-z]{1,9}$/),
        fc.jsonValue({ maxDepth: 2, noUnicodeString: false }),
        { minKeys: 1 },
      )
      fc.assert(
        fc.property(json, fc.constantFrom(0, 2), (config, indent) => {
          const printed = JSON.stringify(config, null, indent)
          const text = write(printed, style)
          const [manifest] = readLocated(text).manifests
          const reading = readJson(printed)
          fc.pre(reading.ok && manifest?.manifest.spec !== undefined && !text.includes('\\\n'))
          for (const [path, value] of numbersIn(reading.ok ? reading.value : null, [])) {
            expect(manifest && Number(textAt(text, manifest.place(at, path)))).toBe(value)
          }
        }),
        { numRuns: 60 },
      )
    })
  })

  it('is that of the key when the value is a map', () => {
    const text = 'apiVersion: v1\nkind: X\nmetadata:\n  labels:\n    a: b\n'
    const [manifest] = readLocated(text).manifests
    expect(manifest && textAt(text, manifest.place(['metadata', 'labels']))).toBe('labels')
    expect(manifest && textAt(text, manifest.place(['metadata', 'labels', 'a']))).toBe('b')
    expect(manifest && textAt(text, manifest.place(['metadata', 'annotations', 'x']))).toBe('metadata')
  })

  it('is found in items of a list, and with Windows line ends', () => {
    const text =
      'apiVersion: v1\r\nkind: List\r\nmetadata: {}\r\nitems:\r\n- apiVersion: v1\r\n  kind: X\r\n  metadata: {}\r\n  spec:\r\n    config: |\r\n      {\r\n        "vlan": 100\r\n      }\r\n'
    const [manifest] = readLocated(text).manifests
    expect(manifest?.place(at, ['vlan'])).toMatchObject({ line: 11, column: 17, endColumn: 20 })
  })
})

/** Numbers are printed alike in JSON and in every style. */
function* numbersIn(value: JsonValue, path: Path): Iterable<[Path, number]> {
  if (typeof value === 'number') yield [path, value]
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value))
    yield* numbersIn(inner, [...path, Array.isArray(value) ? Number(key) : key])
}
