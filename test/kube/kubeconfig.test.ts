import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/kube-api/client.ts'

const directory = mkdtempSync(join(tmpdir(), 'socni-kubeconfig-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** A kubeconfig whose context leads to one cluster. */
function write(name: string, context: string, server: string): string {
  const file = join(directory, name)
  const config = {
    'current-context': context,
    clusters: [{ name: `${context}-cluster`, cluster: { server } }],
    users: [{ name: 'user', user: { token: server } }],
    contexts: [{ name: context, context: { cluster: `${context}-cluster`, user: 'user' } }],
  }
  writeFileSync(file, JSON.stringify(config))
  return file
}

describe('the variable KUBECONFIG', () => {
  it('is read as kubectl reads it: files that are not there are left out, and the first one counts', () => {
    const [one, two] = [write('one', 'lab', 'https://one'), write('two', 'field', 'https://two')]
    const files = [join(directory, 'nowhere'), one, two]
    const config = loadConfig({ files })
    expect(config.getCurrentCluster()?.server).toBe('https://one')
    expect(config.getCurrentUser()?.token).toBe('https://one')
    expect(loadConfig({ files, context: 'field' }).getCurrentCluster()?.server).toBe('https://two')
  })

  it('is named where it leads nowhere', () => {
    const nowhere = join(directory, 'nowhere')
    expect(() => loadConfig({ files: [nowhere] })).toThrow(
      `the variable KUBECONFIG names no file that is there: ${nowhere}`,
    )
  })
})
