import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { printPath } from '../src/json/value.ts'
import { groupKind } from '../src/kube/group-kind.ts'
import { Inventory } from '../src/policy/inventory.ts'
import { judge } from '../src/policy/judge.ts'
import { putManifest } from '../src/policy/put-policy.ts'
import { readManifests } from '../src/yaml/document.ts'

const testdata = join(import.meta.dirname, 'testdata')

/** One line for each finding: the object, the field, the rule and the whole message. */
function judgeFile(path: string): string {
  const inventory = new Inventory()
  const world = readManifests(readFileSync(join(testdata, 'world.yaml'), 'utf8'))
  const file = readManifests(readFileSync(join(testdata, path), 'utf8'))
  expect([...world.problems, ...file.problems]).toEqual([])
  // A Tenant in the file is judged before it is in force.
  const present = file.manifests.filter(manifest => groupKind(manifest) !== 'socni.dev/Tenant')
  for (const manifest of [...world.manifests, ...present]) putManifest(inventory, manifest)
  return file.manifests
    .flatMap(manifest =>
      judge(manifest, inventory).map(({ at, inside = [], rule, severity, message }) => {
        return `${manifest.kind} ${manifest.metadata.name} ${printPath([...at, ...inside])}: ${severity}: ${message} [${rule}]\n`
      }),
    )
    .join('')
}

const filesIn = (folder: string) =>
  readdirSync(join(testdata, folder))
    .filter(name => name.endsWith('.yaml'))
    .map(name => join(folder, name))

describe('the testdata', () => {
  it.each(filesIn('ok'))('%s is without findings', path => {
    expect(judgeFile(path)).toBe('')
  })

  it.each(filesIn('err'))('%s has the findings beside it', path => {
    const expected = join(testdata, path.replace(/\.yaml$/, '.out'))
    const found = judgeFile(path)
    // UPDATE=1 rewrites what is expected, so that a diff shows what users will read.
    if (process.env.UPDATE === '1') writeFileSync(expected, found)
    expect(found).toBe(readFileSync(expected, 'utf8'))
  })
})
