import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import type { Manifest } from '../src/kube/manifest.ts'
import { lint } from '../src/lint/lint.ts'
import type { Source } from '../src/lint/result.ts'
import { exampleWorld } from '../src/policy/example.ts'
import { allRules } from '../src/policy/rules/index.ts'
import { renderText } from '../src/report/text.ts'

const folder = join(import.meta.dirname, 'testdata', 'rules')
const isUpdate = process.env.UPDATE === '1'

const toYaml = (manifests: readonly Manifest[]) =>
  manifests
    .map(manifest =>
      stringify(manifest, { lineWidth: 0, blockQuote: 'literal', aliasDuplicateObjects: false }),
    )
    .join('---\n')

/** The file's content; UPDATE=1 writes it first. */
function golden(path: string, content: string): string {
  if (isUpdate) writeFileSync(path, content)
  return readFileSync(path, 'utf8')
}

const sourceOf = (path: string, text: string): Source => ({ path, read: () => text })

/** What a person reads about a file, with the example world and what is given as policy beside it. */
function lintFile(source: Source, ...policy: Source[]): string {
  const result = lint([source], { policy, rules: {}, namespace: 'default' })
  return renderText(result, { color: false })
}

/** The linter sees files and no requests; what only these can break has no testdata here. */
const rulesOfFiles = allRules.filter(({ bad }) => bad.request === undefined)

describe.each(rulesOfFiles.map(rule => [rule.id, rule] as const))(
  'the testdata of %s',
  (id, { good, bad }) => {
    const own = join(folder, id)
    if (isUpdate) mkdirSync(own, { recursive: true })
    const world = sourceOf('world.yaml', toYaml(exampleWorld))

    it('is its examples, and what the linter says about them', () => {
      for (const [name, { given = [], manifest }] of Object.entries({ good, bad })) {
        const text = golden(join(own, `${name}.yaml`), toYaml([manifest]))
        expect(text).toBe(toYaml([manifest]))
        const printed = lintFile(sourceOf(`${name}.yaml`, text), world, sourceOf('given.yaml', toYaml(given)))
        if (name === 'good') expect(printed).toMatch(/^0 errors, 0 warnings in /)
        else expect(printed).toBe(golden(join(own, 'bad.out'), printed))
      }
    })
  },
)

describe('the testdata', () => {
  it('has a folder for each rule that files can break, and no other', () => {
    expect(existsSync(folder) ? readdirSync(folder).sort() : []).toEqual(
      rulesOfFiles.map(({ id }) => id).sort(),
    )
  })
})
