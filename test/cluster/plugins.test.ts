import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Claim } from '../../src/claims/claim.ts'
import { configurationDigest } from '../../src/claims/digest.ts'
import { readUnverified } from '../../src/claims/jws.ts'
import { sha256 } from '../../src/claims/sha256.ts'
import { signClaim } from '../../src/claims/signature.ts'
import type { JsonObject } from '../../src/json/value.ts'
import { type Attach, admit } from '../plugin/admission.ts'
import { Node, obstacle } from '../plugin/node.ts'
import { findPlugins } from './binaries.ts'

describe.skipIf(obstacle !== undefined)('the guard before plugins that speak CNI 1.1.0', () => {
  const config: JsonObject = {
    cniVersion: '1.1.0',
    name: 'modern',
    type: 'macvlan',
    master: 'eth0.100',
    mode: 'bridge',
    ipam: { type: 'host-local', subnet: '10.100.5.0/24' },
  }
  let node: Node
  let admitted: Attach
  beforeAll(async () => {
    const plugins = findPlugins()
    node = await Node.start()
    node.run(
      'sh',
      '-ec',
      `rm ${node.binDir}/host-local ${node.binDir}/socni.d/macvlan
      ln -s ${plugins}/host-local ${node.binDir}/host-local; ln -s ${plugins}/macvlan ${node.binDir}/socni.d/macvlan`,
    )
    admitted = await admit(config, node.key)
  }, 300_000)
  afterAll(() => node?.[Symbol.asyncDispose]())

  const call = (command: string, input: JsonObject, container = 'c1', netns?: string) =>
    node.call({
      plugin: 'macvlan',
      command,
      config: input,
      environment: {
        CNI_CONTAINERID: container,
        CNI_NETNS: netns,
        CNI_ARGS: admitted.args,
      },
    })
  const claimOf = ({ config: { args } }: Attach): string =>
    (args as { cni: Record<string, string> }).cni['socni.dev/claim'] ?? ''
  const addresses = () =>
    node.run('sh', '-c', 'ls /var/lib/cni/networks/modern | grep -c "^10\\\\." || true').trim()

  it('answers ADD, CHECK and DEL in that version', () => {
    const netns = node.addPod('first')
    const added = call('ADD', admitted.config, 'c1', netns)
    const result = JSON.parse(added.stdout)
    expect([added.exit, result.cniVersion]).toEqual([0, '1.1.0'])
    const later = { ...admitted.config, prevResult: result }
    expect(call('CHECK', later, 'c1', netns)).toMatchObject({ exit: 0, stdout: '' })
    expect(call('DEL', later, 'c1', netns)).toMatchObject({ exit: 0, stdout: '' })
    expect(addresses()).toBe('0')
  })

  it('lets a network ride on the one before it, inside of the pod, and on none of the node', () => {
    const netns = node.addPod('stacked')
    expect(call('ADD', admitted.config, 'stacked', netns).exit).toBe(0)
    const below = readUnverified(claimOf(admitted))?.payload as unknown as Claim
    const ride = (master: string) => {
      const second = { ...config, name: 'second', master, linkInContainer: true, ipam: {} }
      const digests = [{ type: 'macvlan', sha256: configurationDigest(second, sha256) }]
      const claim = signClaim({ ...below, interface: 'net2', digests }, node.key)
      const environment = {
        ...{ CNI_CONTAINERID: 'stacked', CNI_NETNS: netns, CNI_IFNAME: 'net2' },
        CNI_ARGS: admitted.args,
      }
      const given = { ...second, args: { cni: { 'socni.dev/claim': claim } } }
      return node.call({ plugin: 'macvlan', command: 'ADD', config: given, environment })
    }
    expect(ride('eth0.100').stdout).toContain('"eth0.100\\" of the node')
    expect(ride('net1').exit).toBe(0)
    expect(node.run('ip', '-n', 'stacked', '-o', 'link', 'show', 'net2')).toContain('net2@')
    expect(call('DEL', admitted.config, 'stacked', netns).exit).toBe(0)
  })

  it('passes GC on without a claim', () => {
    expect(call('ADD', admitted.config, 'kept', node.addPod('kept')).exit).toBe(0)
    const valid = { ...config, 'cni.dev/valid-attachments': [{ containerID: 'kept', ifname: 'net1' }] }
    expect(call('GC', valid)).toMatchObject({ exit: 0, stdout: '' })
    // What is stale libcni has taken off by DEL before (libcni/api.go GCNetworkList); macvlan itself has nothing to collect.
    expect(addresses()).toBe('1')
    expect(JSON.parse(call('GC', { ...config, cniVersion: '1.0.0' }).stdout)).toMatchObject({ code: 1 })
    expect(call('DEL', admitted.config, 'kept', '/run/netns/kept').exit).toBe(0)
    expect(addresses()).toBe('0')
  })

  it('is ready when the real plugin is, and says what is missing', () => {
    expect(call('STATUS', config)).toMatchObject({ exit: 0, stdout: '' })
    node.run('mv', join(node.confDir, 'socni.d/keys.json'), join(node.confDir, 'socni.d/away'))
    expect(JSON.parse(call('STATUS', config).stdout)).toMatchObject({
      code: 50,
      msg: expect.stringContaining('keys.json is missing'),
      details: expect.stringContaining('socni-ctl keys export'),
    })
    node.run('mv', join(node.confDir, 'socni.d/away'), join(node.confDir, 'socni.d/keys.json'))
    node.run('rm', join(node.binDir, 'socni.d/macvlan'))
    expect(JSON.parse(call('STATUS', config).stdout)).toMatchObject({
      code: 50,
      msg: expect.stringContaining('the real plugin "macvlan" is not on this node'),
    })
  })
})
