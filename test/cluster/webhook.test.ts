import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { install, type Replica, until } from './installation.ts'

describe('the webhook in a real cluster', () => {
  let plane: ControlPlane
  let replica: Replica
  beforeAll(async () => {
    plane = await startControlPlane()
    replica = await install(plane)
  }, 600_000)
  afterAll(async () => {
    await replica?.end()
    await plane?.[Symbol.asyncDispose]()
  })

  it('is ready, leads, and is trusted by the API server', () => {
    expect(replica.log()).toContain('the webhook configurations trust the authorities')
    expect(plane.kubectl(['get', 'namespace', 'default', '-o', 'name'])).toBe('namespace/default\n')
    void until
  })
})
