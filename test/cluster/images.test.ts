import { type ChildProcess, execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exampleWorld, pod } from '../../src/policy/example.ts'
import { Balancer } from './balancer.ts'
import { findPlugins } from './binaries.ts'
import { type ControlPlane, freeAddress, startControlPlane } from './control-plane.ts'
import { Images, imageObstacle } from './images.ts'
import {
  applyDefinitions,
  applyManifests,
  caBundles,
  containerOf,
  PATCHED_LAST,
  serviceAddress,
  until,
} from './installation.ts'
import { endProcess } from './processes.ts'

const reason = imageObstacle === undefined ? '' : ` (${imageObstacle})`

describe.skipIf(reason !== '')(`the images${reason}`, () => {
  let plane: ControlPlane
  let images: Images
  let webhook: ChildProcess | undefined
  let guard: ChildProcess | undefined
  let balancer: Balancer | undefined

  const logOf = (name: string) => openSync(join(plane.directory, `${name}.log`), 'a')

  beforeAll(async () => {
    plane = await startControlPlane()
    applyDefinitions(plane)
    applyManifests(plane)
    images = new Images()
    images.makeBases()
    images.build('webhook')
    images.build('guard')
  }, 1_200_000)
  afterAll(async () => {
    await Promise.all([endProcess(webhook), endProcess(guard)])
    await balancer?.[Symbol.asyncDispose]()
    images?.[Symbol.dispose]()
    await plane?.[Symbol.asyncDispose]()
  })

  it('judge and sign in the cluster, as the user of its pods', async () => {
    const { args, env } = containerOf(plane, 'deployment', 'socni-webhook')
    // Nobody but root listens at port 443.
    const address = await freeAddress()
    balancer = await Balancer.start(serviceAddress(plane))
    balancer.add(address)
    // Where no kubelet brings a service account: how the API server is reached, readable for whom it runs as.
    const account = join(plane.directory, 'account')
    mkdirSync(account)
    const kubeconfig = JSON.parse(readFileSync(plane.kubeconfig('webhook'), 'utf8'))
    copyFileSync(kubeconfig.clusters[0].cluster['certificate-authority'], join(account, 'ca.crt'))
    kubeconfig.clusters[0].cluster['certificate-authority'] = '/account/ca.crt'
    writeFileSync(join(account, 'kubeconfig'), JSON.stringify(kubeconfig))
    const more = ['--kubeconfig=/account/kubeconfig', '--host=127.0.0.1', `--port=${address.port}`]
    const container = { args: [...args, ...more], env, user: 65532, volumes: { '/account': account } }
    webhook = images.start('webhook', container, logOf('webhook'))
    await until(() => caBundles(plane, PATCHED_LAST).size > 0)
    plane.kubectl(['create', 'namespace', 'finance'])
    plane.kubectl(['create', 'namespace', 'logistics'])
    for (const object of exampleWorld)
      await until(
        () => plane.said(['apply', '-f', '-'], JSON.stringify(object)).match(/created|unchanged/) !== null,
      )
    const create = (networks: string) => plane.said(['create', '-f', '-'], JSON.stringify(pod(networks)))
    expect(create('logistics/fleet')).toContain('denied the request')
    expect(create('storage')).toContain('pod/teller created')
    expect(plane.kubectl(['-n', 'finance', 'get', 'pod', 'teller', '-o', 'yaml'])).toContain(
      'socni.dev/claim',
    )
  })

  it('put the guard on a node', async () => {
    const { args, env } = containerOf(plane, 'daemonset', 'socni-guard')
    const directoryOf = (name: string) => {
      mkdirSync(join(plane.directory, name))
      return join(plane.directory, name)
    }
    const [conf, keys] = [directoryOf('net.d'), directoryOf('keys')]
    const bins = (env.CNI_BIN_DIR ?? '')
      .split(':')
      .map((path, index) => [path, directoryOf(`bin-${index}`)] as const)
    for (const [, bin] of bins) copyFileSync(join(findPlugins(), 'macvlan'), join(bin, 'macvlan'))
    const published = JSON.parse(
      plane.kubectl(['-n', 'socni-system', 'get', 'configmap', 'socni-keys', '-o', 'json']),
    ).data as Record<string, string>
    for (const [name, text] of Object.entries(published)) writeFileSync(join(keys, name), text)
    const volumes = {
      '/etc/socni/keys': keys,
      ...Object.fromEntries(bins),
      [env.CNI_CONF_DIR ?? '']: conf,
    }
    guard = images.start('guard', { args, env, user: 0, volumes }, logOf('guard'))
    expect(bins).toHaveLength(2)
    for (const [path, bin] of bins) {
      await until(() => existsSync(join(bin, 'socni.d/macvlan')) && readdirSync(conf).length > 0)
      // As the node has its directories, which here are elsewhere.
      expect(readFileSync(join(bin, 'macvlan'), 'utf8')).toBe(`#!${path}/socni\n`)
      const called = { argv0: 'macvlan', env: { CNI_COMMAND: 'VERSION' }, encoding: 'utf8' } as const
      expect(JSON.parse(execFileSync(join(bin, 'socni'), called)).supportedVersions).toContain('1.1.0')
    }
  })
})
