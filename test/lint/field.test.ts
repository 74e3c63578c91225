import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lint } from '../../src/lint/lint.ts'
import type { Source } from '../../src/lint/result.ts'

const folder = join(import.meta.dirname, '..', 'testdata', 'field')
const source = (name: string): Source => ({
  path: name,
  read: () => readFileSync(join(folder, name), 'utf8'),
})

/** Manifests as the projects of this field publish them: what is found in them is found in clusters every day. */
describe('the manifests of the field', () => {
  it.each(readdirSync(folder).filter(name => name.endsWith('.yaml') && name !== 'policy.yaml'))(
    '%s has the findings beside it, and no others',
    name => {
      const { findings, failures } = lint([source(name)], {
        policy: [source('policy.yaml')],
        rules: {},
        namespace: 'default',
      })
      const found = findings
        .map(
          ({ path, place, severity, message, rule }) =>
            `${path}:${place.line}:${place.column}: ${severity}: ${message} [${rule}]\n`,
        )
        .join('')
      const expected = join(folder, name.replace(/yaml$/, 'out'))
      if (process.env.UPDATE === '1') writeFileSync(expected, found)
      expect(found).toBe(readFileSync(expected, 'utf8'))
      expect(failures).toEqual([])
    },
  )
})
