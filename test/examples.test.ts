import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ctl } from './socni-ctl.ts'

const networks = join(import.meta.dirname, '../examples/networks')

describe('the networks in examples/', () => {
  it('pass the linter with the tenant beside them; two have a warning that they are there to show', async () => {
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
    expect(findings.map(({ rule }: { rule: string }) => rule)).toEqual([
      'runtime-default-route',
      'one-pod-per-vlan',
    ])
    expect(readdirSync(networks)).toHaveLength(11)
  })
})
