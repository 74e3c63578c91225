import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ctl } from './socni-ctl.ts'

const networks = join(import.meta.dirname, '../examples/networks')

describe('the networks in examples/', () => {
  it('pass the linter with the tenant beside them; one has a warning that it is there to show', async () => {
    const policy = join(networks, 'tenant.yaml')
    const { exit, stdout } = await ctl([
      'lint',
      '--no-config',
      '--format',
      'json',
      '--policy',
      policy,
      networks,
    ])
    const { findings } = JSON.parse(stdout)
    expect(exit).toBe(0)
    expect(findings.map(({ rule }: { rule: string }) => rule)).toEqual(['one-pod-per-vlan'])
    expect(readdirSync(networks)).toHaveLength(11)
  })
})
