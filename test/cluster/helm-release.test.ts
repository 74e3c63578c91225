import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findHelm } from './binaries.ts'
import { startControllers } from './control-plane.ts'
import { until } from './installation.ts'
import { ledger, NETWORKS, network, pod, Tenants } from './tenants.ts'

/** Helm removes a Deployment before what it does not know, and waits for nothing: its pods go a moment after the network. */
describe('a release of Helm, with a Deployment and its network', () => {
  const tenants = new Tenants()
  const chart = mkdtempSync(join(tmpdir(), 'socni-release-'))
  let controllers: AsyncDisposable
  beforeAll(async () => {
    await tenants.start()
    const names = ['deployment', 'replicaset', 'garbage-collector'].map(name => `${name}-controller`)
    controllers = startControllers(tenants.plane, [`--controllers=${names.join()}`])
    const metadata = { labels: { app: 'books' }, annotations: { [NETWORKS]: 'shelf' } }
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'books' },
      spec: {
        replicas: 2,
        selector: { matchLabels: metadata.labels },
        template: { metadata, spec: pod('books', {}).spec },
      },
    }
    const manifests = [network('shelf', ledger), deployment]
    mkdirSync(join(chart, 'templates'))
    writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: books\nversion: 0.1.0\n')
    writeFileSync(
      join(chart, 'templates/all.yaml'),
      manifests.map(manifest => JSON.stringify(manifest)).join('\n---\n'),
    )
  })
  afterAll(async () => {
    await controllers?.[Symbol.asyncDispose]()
    await tenants[Symbol.asyncDispose]()
    rmSync(chart, { recursive: true })
  })

  const helm = (...args: string[]) => {
    const flags = ['--namespace=finance', `--kubeconfig=${tenants.plane.kubeconfig('admin')}`]
    return spawnSync(findHelm(), [...args, ...flags], { encoding: 'utf8', env: { HOME: chart, PATH: '' } })
  }
  const said = (...args: string[]) => tenants.plane.said(['-n', 'finance', ...args])

  it('is installed, and uninstalled at once; without it the network stays with its pods', async () => {
    for (let release = 0; release < 3; release++) {
      expect(helm('install', 'books', chart).status).toBe(0)
      await until(() => said('get', 'pods').match(/books-/g)?.length === 2)
      expect(said('delete', 'net-attach-def', 'shelf')).toContain('[attachment-in-use]')
      expect(helm('uninstall', 'books')).toMatchObject({ status: 0, stderr: '' })
      await until(() => !said('get', 'pods').includes('books-'))
    }
    expect(said('get', 'net-attach-def', 'shelf')).toContain('NotFound')
  }, 120_000)
})
