import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateSigningKey, type KeySet, printKeySet, publicKeyOf, rotate } from '../../src/claims/keys.ts'
import type { JsonObject } from '../../src/json/value.ts'
import { type Attach, admit } from './admission.ts'
import { type CallResult, Node, obstacle } from './node.ts'

/** The guard by its own name, around macvlan on the interface that is named as VLAN 100 of eth0. */
const wrapped = (change: JsonObject = {}, outside: JsonObject = {}): JsonObject => ({
  cniVersion: '1.0.0',
  type: 'socni',
  delegate: {
    type: 'macvlan',
    master: 'eth0.100',
    mode: 'bridge',
    ipam: { type: 'host-local', subnet: '10.100.1.0/24' },
    ...change,
  },
  ...outside,
})

const errorOf = ({ stdout }: CallResult) => JSON.parse(stdout)

describe.skipIf(obstacle !== undefined)(
  `the built guard by its own name${obstacle === undefined ? '' : ` (${obstacle})`}`,
  () => {
    let node: Node
    let admitted: Attach
    let containers = 0
    beforeAll(async () => {
      node = await Node.start()
      admitted = await admit(wrapped(), node.key)
    })
    afterAll(() => node?.[Symbol.asyncDispose]())

    const call = (command: string, config: JsonObject, args: string, netns = '/run/netns/none') =>
      node.call({
        plugin: 'socni',
        command,
        config,
        environment: { CNI_NETNS: netns, CNI_ARGS: args, CNI_CONTAINERID: `c${containers}` },
      })
    const add = (config: JsonObject, args = admitted.args) => call('ADD', config, args)
    const claimed = (change: JsonObject): JsonObject => ({ ...admitted.config, ...change })

    it('takes null for not written, as the policy does', async () => {
      const { config, args } = await admit(wrapped({}, { vlan: null, master: null }), node.key)
      const netns = node.addPod(`pod${++containers}`)
      const added = call('ADD', config, args, netns)
      expect([added.exit, added.stderr]).toEqual([0, ''])
      expect(call('DEL', config, '', netns).exit).toBe(0)
      const behind = await admit({ cniVersion: '1.0.0', type: 'socni', delegate: null }, node.key)
      expect(errorOf(call('ADD', behind.config, behind.args)).msg).toContain('no plugin before this one')
    })

    it('attaches what it wraps, checks it and takes it off', () => {
      const netns = node.addPod(`pod${++containers}`)
      const added = call('ADD', admitted.config, admitted.args, netns)
      expect([added.exit, added.stderr]).toEqual([0, ''])
      const result = JSON.parse(added.stdout)
      expect(result.ips[0].address).toMatch(/^10\.100\.1\.\d+\/24$/)
      const later = claimed({ prevResult: { ...result, cniVersion: undefined } })
      expect(call('CHECK', later, admitted.args, netns)).toMatchObject({ exit: 0, stdout: '' })
      expect(call('DEL', later, '', netns)).toMatchObject({ exit: 0, stdout: '' })
      expect(node.run('ip', '-n', `pod${containers}`, '-o', 'link')).not.toContain('net1')
      expect(call('DEL', later, '', netns).exit).toBe(0)
    })

    it('stands behind another plugin in a list, and hands its result on', async () => {
      const { cniVersion = '', ...first } = wrapped()
      const list = { cniVersion, plugins: [first, { type: 'socni' }] }
      const { config, args } = await admit(list, node.key)
      const prevResult = { cniVersion: '1.0.0', interfaces: [], ips: [], dns: {} }
      const second = { type: 'socni', cniVersion: '1.0.0', name: 'ledger', args: config.args ?? {} }
      const added = add({ ...second, prevResult }, args)
      expect([added.exit, JSON.parse(added.stdout)]).toEqual([0, prevResult])
      expect(errorOf(add(second, args))).toMatchObject({ code: 7 })
      expect(errorOf(add({ ...second, prevResult, args: {} }, args)).msg).toContain('there is no claim')
      expect(errorOf(add({ ...second, prevResult }, args.replace('=books', '=thief'))).msg).toContain('pod')
      // There is nothing of its own to check, to take off or to collect.
      const newer = { ...second, cniVersion: '1.1.0', prevResult: { ...prevResult, cniVersion: '1.1.0' } }
      for (const command of ['CHECK', 'DEL', 'GC', 'STATUS'])
        expect(call(command, { ...newer, 'cni.dev/valid-attachments': [] }, args)).toMatchObject({
          exit: 0,
          stdout: '',
        })
      // A claim for another network says nothing of this list.
      expect(errorOf(add({ ...second, prevResult, args: admitted.config.args ?? {} })).msg).toContain(
        'configuration',
      )
    })

    it.each<[attack: string, config: () => JsonObject, code: number, said: string]>([
      ['no claim', () => claimed({ args: {} }), 7, 'there is no claim for VLAN 100 on "eth0"'],
      [
        'no claim around what reaches nothing',
        () => ({ cniVersion: '1.0.0', name: 'x', type: 'socni' }),
        7,
        'there is no claim',
      ],
      ['another master inside', () => claimed({ delegate: delegate({ master: 'eth0.300' }) }), 7, 'uplinks'],
      ['another mode inside', () => claimed({ delegate: delegate({ mode: 'vepa' }) }), 7, 'configuration'],
      ['a VLAN beside the delegate', () => claimed({ vlan: 300, master: 'eth0' }), 7, 'configuration'],
      [
        'a shared VLAN under the same claim',
        () => claimed({ delegate: undefined as never, vlan: 100, master: 'eth0' }),
        7,
        'configuration',
      ],
    ])('refuses %s', (_, config, code, said) => {
      const result = add(JSON.parse(JSON.stringify(config())))
      expect(errorOf(result)).toMatchObject({ code })
      expect(errorOf(result).msg).toContain(said)
    })

    function delegate(change: JsonObject): JsonObject {
      return { ...(admitted.config.delegate as JsonObject), ...change }
    }

    it.each([
      '../../../bin/sh',
      '/bin/sh',
      'debug',
      'socni',
      'multus',
      '',
      'host-local',
      'macvlan/../macvlan',
    ])('delegates to nothing but plugins of networks, even where no claim is asked for: %j', type => {
      const proof = join(node.directory, 'proof')
      const config = {
        cniVersion: '1.0.0',
        name: 'ledger',
        type: 'socni',
        delegate: { type, addHooks: [['touch', proof]], delHooks: [['touch', proof]] },
      }
      node.configure({ mode: 'audit' })
      expect(errorOf(add(config))).toMatchObject({ code: 7, msg: expect.stringContaining('is none of') })
      node.configure({})
      expect(call('DEL', config, '')).toMatchObject({ exit: 0, stdout: '' })
      expect(existsSync(proof)).toBe(false)
    })

    it('hands the delegate what the runtime wrote, never what stands inside for it', async () => {
      const netns = node.addPod(`pod${++containers}`)
      const inner = {
        ipam: { type: 'host-local', subnet: '10.100.7.0/24' },
        name: '../evil',
        args: { cni: { ips: ['10.100.7.9'] } },
      }
      node.configure({ mode: 'audit' })
      const added = call('ADD', { ...wrapped(inner), name: 'inner' }, '', netns)
      node.configure({})
      expect(JSON.parse(added.stdout).ips[0].address).toBe('10.100.7.2/24')
      expect(node.run('ls', '/var/lib/cni/networks')).toContain('inner')
      expect(call('DEL', { ...wrapped(inner), name: 'inner' }, '', netns).exit).toBe(0)
    })

    it('refuses a sub-interface that it could not make, with words', () => {
      const shared = { cniVersion: '1.0.0', name: 'x', type: 'socni' }
      node.configure({ mode: 'audit' })
      const said = (change: JsonObject) => errorOf(add({ ...shared, ...change })).msg
      expect(said({ vlan: 100 })).toContain('"master" is no name of an interface')
      expect(said({ master: 'eth0' })).toContain('"vlan" is no id from 1 to 4094')
      expect(said({ master: 'eth0', vlan: 4095 })).toContain('"vlan" is no id')
      expect(said({ master: '../eth0', vlan: 5 })).toContain('"master" is no name')
      expect(said({ master: 'eth0', vlan: 5, mtu: -1 })).toContain('"mtu" is no number of bytes')
      expect(said({ master: 'eth9', vlan: 5 })).toContain('"eth9" is no interface of this node')
      // Named as VLAN 100 of eth0, and is a veth.
      expect(said({ master: 'eth0', vlan: 100 })).toContain('is there, and is not VLAN 100')
      node.configure({})
    })

    it('takes claims of keys that are next, current and retired, until they are dropped', async () => {
      const next = generateSigningKey()
      let keys: KeySet = new Map([
        [node.key.kid, publicKeyOf(node.key, 'current')],
        [next.kid, publicKeyOf(next, 'next')],
      ])
      const early = await admit(wrapped(), next)
      const accepted = () =>
        [admitted, early].map(({ config, args }) => add(config, args).stdout.includes('/run/netns/none'))
      node.trust(printKeySet(keys))
      expect(accepted()).toEqual([true, true])
      keys = rotate(keys)
      node.trust(printKeySet(keys))
      expect(accepted()).toEqual([true, true])
      node.trust(printKeySet(new Map([...keys].filter(([kid]) => kid === next.kid))))
      expect(accepted()).toEqual([false, true])
      node.trust(printKeySet(new Map([[node.key.kid, publicKeyOf(node.key, 'current')]])))
      expect(accepted()).toEqual([true, false])
    })

    it('writes decisions to syslog when it is told so', async () => {
      const receiver = node.start(
        'perl',
        '-MIO::Socket::UNIX',
        '-MSocket',
        '-e',
        '$| = 1; my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => "/dev/log") or die; print "ready\\n"; for (1..2) { $s->recv(my $m, 65536); print "$m\\n" }',
      )
      const lines: string[] = []
      receiver.stdout?.on('data', chunk => lines.push(...String(chunk).trim().split('\n')))
      if (receiver.stdout !== null) await once(receiver.stdout, 'data')
      node.configure({ log: 'syslog' })
      add(admitted.config)
      add(claimed({ args: {} }))
      await once(receiver, 'exit')
      node.configure({})
      expect(lines).toEqual([
        'ready',
        expect.stringMatching(/^<30>\w{3} [ \d]\d \d\d:\d\d:\d\d socni-cni: \{.*"outcome":"allowed"/),
        expect.stringMatching(/^<28>.* socni-cni: \{.*"outcome":"refused".*"statement":"claim"/),
      ])
      // Nobody listens any more, and nothing waits.
      node.configure({ log: 'syslog' })
      expect(add(admitted.config).stdout).toContain('/run/netns/none')
      node.configure({})
    })
  },
)
