import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Claim } from '../../src/claims/claim.ts'
import { configurationDigest } from '../../src/claims/digest.ts'
import { readUnverified } from '../../src/claims/jws.ts'
import { generateSigningKey, printKeySet, publicKeyOf } from '../../src/claims/keys.ts'
import { printRevocations } from '../../src/claims/revocations.ts'
import { sha256 } from '../../src/claims/sha256.ts'
import { signClaim } from '../../src/claims/signature.ts'
import type { JsonObject } from '../../src/json/value.ts'
import { vlanSet } from '../../src/net/vlan-set.ts'
import { type Attach, admit } from './admission.ts'
import { type CallResult, Node, obstacle, PLUGINS } from './node.ts'

/** VLAN 100 on eth0: macvlan on the interface that is named as its sub-interface. */
const macvlan = (change: JsonObject = {}): JsonObject => ({
  cniVersion: '1.0.0',
  type: 'macvlan',
  master: 'eth0.100',
  mode: 'bridge',
  ipam: { type: 'host-local', subnet: '10.100.1.0/24' },
  ...change,
})

const errorOf = ({ stdout }: CallResult) => JSON.parse(stdout)
/** Where Multus has a plugin write what it knows of a device. */
const deviceInfo = (end: string) => `/var/run/k8s.cni.cncf.io/devinfo/cni/finance-ledger-${end}`

describe.skipIf(obstacle !== undefined)(
  `the built guard, with real plugins in a namespace of its own${obstacle === undefined ? '' : ` (${obstacle})`}`,
  () => {
    let node: Node
    let admitted: Attach
    beforeAll(async () => {
      node = await Node.start()
      admitted = await admit(macvlan(), node.key)
    })
    afterAll(() => node?.[Symbol.asyncDispose]())

    const add = (
      config: JsonObject | string,
      args: string,
      environment: Record<string, string | undefined> = {},
      plugin = 'macvlan',
    ) =>
      node.call({
        plugin,
        command: 'ADD',
        config,
        environment: { CNI_NETNS: '/run/netns/none', CNI_ARGS: args, ...environment },
      })

    it('attaches what was admitted, checks it, and takes it off without a claim', () => {
      const netns = node.addPod('books')
      const environment = { CNI_NETNS: netns, CNI_ARGS: admitted.args }
      const added = node.call({ plugin: 'macvlan', command: 'ADD', config: admitted.config, environment })
      expect([added.exit, added.stderr]).toEqual([0, ''])
      const result = JSON.parse(added.stdout)
      expect(result.ips[0].address).toMatch(/^10\.100\.1\.\d+\/24$/)
      expect(node.run('ip', '-n', 'books', '-o', 'addr', 'show', 'dev', 'net1')).toContain('10.100.1.')
      expect(node.run('ip', '-n', 'books', 'route')).not.toContain('default')
      const prevResult = { ...result, cniVersion: undefined }
      const checked = node.call({
        plugin: 'macvlan',
        command: 'CHECK',
        config: { ...admitted.config, prevResult },
        environment,
      })
      expect([checked.exit, checked.stdout]).toEqual([0, ''])

      const bare = { ...admitted.config, args: undefined }
      node.trust('broken')
      const removed = node.call({
        plugin: 'macvlan',
        command: 'DEL',
        config: bare,
        environment: { CNI_NETNS: netns },
      })
      expect([removed.exit, removed.stdout]).toEqual([0, ''])
      expect(node.run('ip', '-n', 'books', '-o', 'link')).not.toContain('net1')
      for (const again of [netns, undefined, '/run/netns/gone'])
        expect(
          node.call({ plugin: 'macvlan', command: 'DEL', config: bare, environment: { CNI_NETNS: again } })
            .exit,
        ).toBe(0)
      node.trust(printKeySet(new Map([[node.key.kid, publicKeyOf(node.key, 'current')]])))
    })

    it('hands its own text to the real plugin, without the claim', () => {
      const netns = node.addPod('text')
      const { exit } = node.call({
        plugin: 'macvlan',
        command: 'ADD',
        config: JSON.stringify(admitted.config, null, 4),
        environment: { CNI_NETNS: netns, CNI_ARGS: admitted.args, CNI_CONTAINERID: 'c9' },
      })
      expect(exit).toBe(0)
    })

    const edited = (change: JsonObject): JsonObject => ({ ...admitted.config, ...change })
    const args = (from: string, to: string) => admitted.args.replace(from, to)
    const claim = () => String((admitted.config as { args: { cni: JsonObject } }).args.cni['socni.dev/claim'])
    const withClaim = (text: string) => edited({ args: { cni: { 'socni.dev/claim': text } } })

    it.each<[attack: string, call: () => CallResult, code: number, said: string]>([
      [
        'no claim',
        () => add(edited({ args: {} }), admitted.args),
        7,
        'there is no claim for VLAN 100 on "eth0"',
      ],
      [
        'a claim that is no text',
        () => add(edited({ args: { cni: { 'socni.dev/claim': 1 } } }), admitted.args),
        7,
        'base64url',
      ],
      [
        "another pod's",
        () => add(admitted.config, args('K8S_POD_NAME=books', 'K8S_POD_NAME=thief')),
        7,
        'pod "books", not for "thief"',
      ],
      [
        "another namespace's",
        () => add(admitted.config, args('=finance', '=logistics')),
        7,
        'namespace "finance", not for "logistics"',
      ],
      [
        'another interface',
        () => add(admitted.config, admitted.args, { CNI_IFNAME: 'net2' }),
        7,
        'interface "net1", not for "net2"',
      ],
      ['another VLAN', () => add(edited({ master: 'eth0.300' }), admitted.args), 7, 'uplinks'],
      ['the untagged network', () => add(edited({ master: 'eth0' }), admitted.args), 7, 'uplinks'],
      [
        'no master, which is the untagged network of the primary interface',
        () => add(edited({ master: '' }), admitted.args),
        7,
        'uplinks',
      ],
      ['another MTU', () => add(edited({ mtu: 9000 }), admitted.args), 7, 'configuration'],
      ['another mode', () => add(edited({ mode: 'passthru' }), admitted.args), 7, 'configuration'],
      [
        'another subnet',
        () => add(edited({ ipam: { type: 'host-local', subnet: '10.100.2.0/24' } }), admitted.args),
        7,
        'configuration',
      ],
      [
        'a default route',
        () =>
          add(
            edited({ ipam: { ...(admitted.config.ipam as JsonObject), routes: [{ dst: '0.0.0.0/0' }] } }),
            admitted.args,
          ),
        7,
        'configuration',
      ],
      [
        'an address that was not asked for',
        () => add(admitted.config, `${admitted.args};IP=10.100.1.77`),
        7,
        'ips',
      ],
      [
        'an address through the capability',
        () => add(edited({ runtimeConfig: { ips: ['10.100.1.77/24'] } }), admitted.args),
        7,
        'ips',
      ],
      [
        'a MAC that was not asked for',
        () => add(admitted.config, `${admitted.args};MAC=02:00:00:00:00:01`),
        7,
        'mac',
      ],
      [
        'a MAC through the capability',
        () => add(edited({ runtimeConfig: { mac: '02:00:00:00:00:01' } }), admitted.args),
        7,
        'mac',
      ],
      [
        'cni-args beside the claim',
        () =>
          add(edited({ args: { cni: { 'socni.dev/claim': claim(), ips: ['10.100.1.9'] } } }), admitted.args),
        7,
        '"ips" under cni-args',
      ],
      [
        'addresses of another range through the runtime configuration',
        () => add(edited({ runtimeConfig: { ipRanges: [[{ subnet: '10.100.9.0/24' }]] } }), admitted.args),
        7,
        '"ipRanges" under runtimeConfig',
      ],
      [
        'a file of its choice to write a device to',
        () => add(edited({ runtimeConfig: { CNIDeviceInfoFile: '/etc/cron.d/-c1_net1' } }), admitted.args),
        7,
        '"CNIDeviceInfoFile" under runtimeConfig',
      ],
      [
        'the file of another pod in the same way',
        () => add(edited({ runtimeConfig: { CNIDeviceInfoFile: deviceInfo('c2_net1') } }), admitted.args),
        7,
        '"CNIDeviceInfoFile" under runtimeConfig',
      ],
      [
        'a file beside that of its own',
        () =>
          add(
            edited({ runtimeConfig: { CNIDeviceInfoFile: deviceInfo('/../../x-c1_net1') } }),
            admitted.args,
          ),
        7,
        '"CNIDeviceInfoFile" under runtimeConfig',
      ],
      [
        'the result of a plugin that never ran',
        () =>
          add(
            edited({
              prevResult: {
                cniVersion: '1.0.0',
                ips: [{ address: '10.100.1.9/24' }],
                routes: [{ dst: '0.0.0.0/0' }],
              },
            }),
            admitted.args,
          ),
        7,
        '"prevResult" states what an earlier plugin made',
      ],
      [
        'a device that was not allocated',
        () => add(edited({ runtimeConfig: { deviceID: '0000:3b:02.1' } }), admitted.args),
        7,
        'a device that was not allocated',
      ],
      [
        'a claim of nobody',
        () => add(withClaim(claim().replace(/\.[^.]*$/, '.')), admitted.args),
        7,
        'base64url',
      ],
      [
        'a claim without an algorithm',
        () => add(withClaim(forge(claim(), { alg: 'none' })), admitted.args),
        7,
        'its algorithm is "none"',
      ],
      [
        'a claim with the public key for a secret',
        () => add(withClaim(forge(claim(), { alg: 'HS256' })), admitted.args),
        7,
        'its algorithm is "HS256"',
      ],
      [
        'a claim cut short',
        () => add(withClaim(claim().slice(0, -9)), admitted.args),
        7,
        'the claim does not hold',
      ],
      [
        'a claim of megabytes',
        () => add(withClaim('a'.repeat(200_000)), admitted.args),
        7,
        'longer than 16384',
      ],
      [
        'a plugin called by another name',
        () => add(admitted.config, admitted.args, {}, 'ipvlan'),
        7,
        'configuration',
      ],
      [
        'a key in other letters',
        () => add(JSON.stringify(admitted.config).replace('"master"', '"Master"'), admitted.args),
        6,
        'Go reads the key "Master"',
      ],
      [
        'a key twice',
        () =>
          add(JSON.stringify(admitted.config).replace('"mode"', '"master":"eth0.300","mode"'), admitted.args),
        6,
        'stands here twice',
      ],
      [
        'a long s',
        () =>
          add(
            JSON.stringify(admitted.config).replace('"mode"', '"ma\u017fter":"eth0.300","mode"'),
            admitted.args,
          ),
        6,
        'Go reads',
      ],
      [
        'a NUL in the name of the interface',
        () => add(edited({ master: 'eth0.300\u0000.100' }), admitted.args),
        6,
        '',
      ],
      ['no JSON', () => add('{"type":', admitted.args), 6, 'cannot be read'],
      ['nothing', () => add('', admitted.args), 6, 'cannot be read'],
      ['JSON of great depth', () => add('['.repeat(100_000), admitted.args), 6, 'cannot be read'],
      [
        'a pod named twice',
        () => add(admitted.config, `${admitted.args};K8S_POD_NAME=thief`),
        4,
        'K8S_POD_NAME twice',
      ],
      ['arguments that are none', () => add(admitted.config, 'K8S_POD_NAME'), 4, 'no KEY=VALUE'],
      ['no arguments', () => add(admitted.config, ''), 7, 'namespace "finance"'],
      [
        'an interface that leads elsewhere',
        () => add(admitted.config, admitted.args, { CNI_IFNAME: '../net1' }),
        4,
        'CNI_IFNAME',
      ],
      [
        'a container that leads elsewhere',
        () => add(admitted.config, admitted.args, { CNI_CONTAINERID: '../../x' }),
        4,
        'CNI_CONTAINERID',
      ],
      ['no namespace', () => add(admitted.config, admitted.args, { CNI_NETNS: '' }), 4, '[CNI_NETNS]'],
      [
        'an unknown version',
        () => add(edited({ cniVersion: '9.9.9' }), admitted.args),
        1,
        'incompatible CNI versions',
      ],
      ['a name that is none', () => add(edited({ name: '../x' }), admitted.args), 7, 'invalid network name'],
      [
        'a command that is none',
        () => add(admitted.config, admitted.args, { CNI_COMMAND: 'EXEC' }),
        4,
        'CNI_COMMAND "EXEC"',
      ],
    ])('refuses %s, and attaches nothing', (_, call, code, said) => {
      const result = call()
      expect(result.exit).not.toBe(0)
      expect(errorOf(result)).toMatchObject({ code })
      expect(`${errorOf(result).msg} ${errorOf(result).details ?? ''}`).toContain(said)
      // The real plugin would have complained of the namespace, which is not there.
      expect(result.stdout).not.toContain('/run/netns/none')
      expect(result.stderr).toBe('')
    })

    it('runs the real plugin when all is as it was signed: its own complaint is what comes back', () => {
      const { exit, stdout } = add(admitted.config, admitted.args)
      expect(exit).not.toBe(0)
      expect(stdout).toContain('/run/netns/none')
    })

    it('takes what Multus and the runtime say both, as long as it is the same; IgnoreUnknown never is', () => {
      const runtime = 'K8S_POD_NAME=books;IgnoreUnknown=1'
      expect(add(admitted.config, `${admitted.args};${runtime}`).stdout).toContain('/run/netns/none')
    })

    it('takes addresses and a MAC that the claim states', async () => {
      const selection = { ips: ['10.100.1.50'], mac: '02:11:22:33:44:55' }
      const { config, args: given } = await admit(macvlan(), node.key, { selection })
      const netns = node.addPod('asked')
      const { exit, stdout } = node.call({
        plugin: 'macvlan',
        command: 'ADD',
        config,
        environment: { CNI_NETNS: netns, CNI_ARGS: given, CNI_CONTAINERID: 'c2' },
      })
      expect([exit, stdout.includes('10.100.1.50'), stdout.includes('02:11:22:33:44:55')]).toEqual([
        0,
        true,
        true,
      ])
      expect(add(config, given.replace('10.100.1.50', '10.100.1.51')).stdout).toContain('ips')
      expect(add(config, given.replace('44:55', '44:56')).stdout).toContain('mac')
      expect(add(config, given.replace(/;IP=[^;]*/, '')).stdout).toContain('ips')
      // Multus says it in both ways, or the plugin reads another address than the guard.
      const both = (ip: string) => add({ ...config, runtimeConfig: { ips: [ip] } }, given).stdout
      expect(both('10.100.1.50')).toContain('/run/netns/none')
      expect(both('10.100.1.51')).toContain('ips')
      const either = given.replace('10.100.1.50', '10.100.1.51')
      expect(add({ ...config, runtimeConfig: { ips: ['10.100.1.50'] } }, either).stdout).toContain('ips')
    })

    it('takes a result from the second plugin of a list on, also where both are of one type', () => {
      const payload = readUnverified(claim())?.payload as unknown as Claim
      const [first, second] = [macvlan({ name: 'ledger' }), macvlan({ name: 'ledger', mode: 'vepa' })]
      const digests = [first, second].map(body => ({
        type: 'macvlan',
        sha256: configurationDigest(body, sha256),
      }))
      // Another plugin of the list reaches more.
      const uplinks = [...payload.uplinks, { master: 'eth0', vlans: 'native' }]
      const signed = { cni: { 'socni.dev/claim': signClaim({ ...payload, digests, uplinks }, node.key) } }
      const prevResult = { cniVersion: '1.0.0', ips: [{ address: '10.100.1.9/24' }] }
      const said = (body: JsonObject) => add({ ...body, args: signed, prevResult }, admitted.args).stdout
      expect(said(first)).toContain('states what an earlier plugin made, and none ran before this one')
      expect(said(second)).toContain('/run/netns/none')
    })

    it('asks nothing of the pods in namespaces that nobody judges', () => {
      const bare = edited({ args: {} })
      const stranger = (namespace: string) => admitted.args.replace('=finance', `=${namespace}`)
      node.configure({ exemptNamespaces: ['kube-system'] })
      expect(add(bare, stranger('kube-system')).stdout).toContain('/run/netns/none')
      for (const given of [stranger('kube-systems'), admitted.args, ''])
        expect(add(bare, given).stdout).toContain('there is no claim')
      node.configure({})
    })

    it('takes a bound claim for its pod and on its node only', () => {
      const payload = readUnverified(claim())?.payload as unknown as Claim
      const bound = (change: Partial<Claim>) => ({
        ...admitted.config,
        args: {
          cni: {
            'socni.dev/claim': signClaim({ ...payload, uid: 'uid-1', node: 'n1', ...change }, node.key),
          },
        },
      })
      const said = (config: JsonObject, given = admitted.args) => add(config, given).stdout
      // A node that does not know its name has the UID to go by.
      expect(said(bound({ node: 'n2' }))).toContain('/run/netns/none')
      node.configure({ node: 'n1' })
      expect(said(bound({}))).toContain('/run/netns/none')
      expect(said(bound({ node: 'n2' }))).toContain('node \\"n2\\", not for \\"n1\\"')
      expect(said(bound({ uid: 'uid-2' }))).toContain('uid \\"uid-2\\", not for \\"uid-1\\"')
      expect(said(bound({}), args(';K8S_POD_UID=uid-1', ''))).toContain('uid \\"uid-1\\", not for none')
      node.configure({})
    })

    it('takes the device that was admitted by its address', async () => {
      const config = { cniVersion: '1.0.0', name: 'nic', type: 'host-device', pciBusID: '0000:3b:02.1' }
      const finance = { vlans: [{ ids: 'native', masters: ['0000:3b:02.1'] }] }
      const asked = await admit(config, node.key, { finance })
      const { msg, details = '' } = errorOf(add(asked.config, asked.args, {}, 'host-device'))
      // What the real plugin says of a device that is not there.
      expect(`${msg} ${details}`).not.toContain('statement')
      // Multus writes the allocated device beside the other keys, and under runtimeConfig where the plugin asks for it.
      const allocated = { ...asked.config, deviceID: '0000:3b:02.1' }
      const device = (change: JsonObject) =>
        add({ ...allocated, ...change }, asked.args, {}, 'host-device').stdout
      expect(device({})).not.toContain('statement')
      expect(device({ runtimeConfig: { deviceID: '0000:3b:02.1' } })).not.toContain('statement')
      expect(device({ runtimeConfig: { deviceID: '0000:3b:02.9' } })).toContain('statement: deviceID')
      // Plugins that declare it are told where to write what they know of the device.
      expect(device({ runtimeConfig: { CNIDeviceInfoFile: deviceInfo('c1_net1') } })).not.toContain(
        'statement',
      )
    })

    it('takes the device that a claim names by its address, and no other', () => {
      const payload = readUnverified(claim())?.payload as unknown as Claim
      const config: JsonObject = { cniVersion: '1.0.0', name: 'nic', type: 'host-device' }
      const signed = (master: string) => {
        const digests = [{ type: 'host-device', sha256: configurationDigest(config, sha256) }]
        const uplinks = [{ master, vlans: 'native' }]
        return { cni: { 'socni.dev/claim': signClaim({ ...payload, uplinks, digests }, node.key) } }
      }
      const said = (master: string, pciBusID: string) =>
        add({ ...config, pciBusID, args: signed(master) }, admitted.args, {}, 'host-device').stdout
      expect(said('0000:3b:02.1', '0000:3b:02.9')).toContain('statement: uplinks')
      expect(said('0000:3b:02.1', '0000:3b:02.1')).not.toContain('statement')
      // Of a resource the node allocates any.
      expect(said('intel.com/sriov', '0000:3b:02.9')).not.toContain('statement')
    })

    describe('on an interface of the pod', () => {
      const payload = () => readUnverified(claim())?.payload as unknown as Claim
      const tagged: JsonObject = {
        cniVersion: '1.0.0',
        name: 'tagged',
        type: 'vlan',
        master: 'net7',
        linkInContainer: true,
        vlanId: 300,
        ipam: { type: 'host-local', subnet: '10.100.1.0/24' },
      }
      const untagged: JsonObject = { ...macvlan(), name: 'second', master: 'net7', linkInContainer: true }
      const signed = (config: JsonObject, uplinks: Claim['uplinks'], change: Partial<Claim> = {}) => {
        const digests = [{ type: String(config.type), sha256: configurationDigest(config, sha256) }]
        const statements = { ...payload(), uplinks, digests, ...change }
        return { ...config, args: { cni: { 'socni.dev/claim': signClaim(statements, node.key) } } }
      }
      const on = (...vlans: string[]) => vlans.map(each => ({ master: 'eth0', vlans: each }))
      const attach = (config: JsonObject, environment: Record<string, string>, command = 'ADD') =>
        node.call({
          plugin: String(config.type),
          command,
          config,
          environment: { CNI_ARGS: admitted.args, ...environment },
        })

      it('asks for a claim, tagged or not', () => {
        for (const config of [tagged, untagged])
          expect(errorOf(add(config, admitted.args, {}, config.type as string)).msg).toContain(
            'there is no claim: the pod is older than the webhook, or was not admitted to it',
          )
        const other = { ...signed({ ...tagged, vlanId: 500 }, on('500')), vlanId: 300 }
        expect(errorOf(add(other, admitted.args, {}, 'vlan')).msg).toContain(
          'it was signed for configuration',
        )
      })

      it('holds a claim to what that interface is on, whatever it was admitted for', () => {
        const pod = { CNI_NETNS: node.addPod('carried'), CNI_CONTAINERID: 'carried' }
        const carrier = { ...pod, CNI_IFNAME: 'net7' }
        const open = signed({ ...macvlan(), name: 'open', master: 'eth0' }, on('native'), {
          interface: 'net7',
        })
        const said = (config: JsonObject) => {
          const { exit, stdout } = attach(config, { ...pod, CNI_IFNAME: 'net1' })
          if (exit === 0) attach(config, { ...pod, CNI_IFNAME: 'net1' }, 'DEL')
          return exit === 0 ? 'attached' : `${errorOf({ exit, stdout, stderr: '' }).details ?? 'none'}`
        }
        expect(said(signed(tagged, on('300')))).toBe('statement: uplinks')
        expect(attach(open, carrier).exit).toBe(0)
        // As for an interface that is inside of a VLAN, or on another one: nothing is said of this VLAN.
        for (const uplinks of [[], on('500'), [{ master: 'eth9', vlans: '300' }]])
          expect(said(signed(tagged, uplinks))).toBe('statement: uplinks')
        // What the kernel says, which may have no VLANs.
        expect(said(signed(tagged, on('300')))).not.toContain('statement')
        expect(said(signed(untagged, on('100')))).toBe('statement: uplinks')
        // The plugins of Debian 12 do not read linkInContainer.
        const real = join(node.binDir, 'socni.d/macvlan')
        rmSync(real)
        writeFileSync(real, `#!/bin/sh\necho '{"cniVersion":"1.0.0"}'\n`, { mode: 0o755 })
        expect(said(signed(untagged, on('native')))).toBe('attached')
        // On top of another one: tags go through.
        const second = signed(untagged, on('native'), { interface: 'net8' })
        expect(attach(second, { ...pod, CNI_IFNAME: 'net8' }).exit).toBe(0)
        rmSync(real)
        symlinkSync(join(PLUGINS, 'macvlan'), real)
        expect(said(signed({ ...tagged, master: 'net8' }, []))).toBe('statement: uplinks')
        expect(said(signed({ ...tagged, master: 'net8' }, on('300')))).not.toContain('statement')
        expect(attach(open, carrier, 'DEL').exit).toBe(0)
        const { stdout } = attach(signed(tagged, on('300')), { ...pod, CNI_IFNAME: 'net1' })
        expect(stdout).toContain('the guard has not attached \\"net7\\" of this pod')
        // What has no tag reaches what that one does, whatever it is.
        expect(said(signed(untagged, []))).not.toContain('statement')
      })

      it('leaves tags to whoever holds the VLAN that they are in', () => {
        const pod = { CNI_NETNS: node.addPod('inside'), CNI_CONTAINERID: 'inside' }
        const inside = signed({ ...macvlan(), name: 'inside' }, on('100'), { interface: 'net7' })
        expect(attach(inside, { ...pod, CNI_IFNAME: 'net7' }).exit).toBe(0)
        const { stdout } = attach(signed(tagged, []), { ...pod, CNI_IFNAME: 'net1' })
        expect(stdout).not.toContain('statement')
      })
    })

    // From 1.3.0 to 1.7.1 the plugin's own default is true: seen with 1.7.1 in "bridge vlan show".
    it('has the bridge plugin keep a port with a VLAN out of the default one, unless that was admitted', async () => {
      const [real, handed] = [join(node.binDir, 'socni.d/bridge'), join(node.directory, 'handed')]
      const ask = async (change: JsonObject) => {
        const config = { cniVersion: '1.0.0', name: 'lab', type: 'bridge', bridge: 'br-lab', ...change }
        const asked = await admit(config, node.key)
        expect(add(asked.config, asked.args, {}, 'bridge').exit).toBe(0)
        return JSON.parse(readFileSync(handed, 'utf8')).preserveDefaultVlan
      }
      rmSync(real)
      writeFileSync(real, `#!/bin/sh\ncat > ${handed}\necho '{"cniVersion":"1.0.0"}'\n`, { mode: 0o755 })
      expect(await ask({ vlan: 100 })).toBe(false)
      expect(await ask({ vlan: 100, preserveDefaultVlan: false })).toBe(false)
      // To Go null is a key that is not there.
      expect(await ask({ vlan: 100, preserveDefaultVlan: null })).toBe(false)
      expect(await ask({})).toBeUndefined()
      rmSync(real)
      symlinkSync(join(PLUGINS, 'bridge'), real)
    })

    it('puts no pod on a bridge that is there, and filters no VLANs', async () => {
      const config: JsonObject = { cniVersion: '1.0.0', name: 'lab', type: 'bridge', bridge: 'br-lab' }
      const asked = await admit({ ...config, vlan: 100 }, node.key)
      const ask = ({ config: body, args: given }: Attach) => errorOf(add(body, given, {}, 'bridge')).msg
      // Where there is none yet the real plugin makes one, in a kernel that can.
      expect(ask(asked)).not.toContain('does not filter VLANs')
      node.run('sh', '-ec', 'ip link del br-lab 2>/dev/null || true; ip link add br-lab type bridge')
      expect(ask(asked)).toContain('"br-lab" of this node does not filter VLANs')
      expect(ask(await admit(config, node.key))).toContain('/run/netns/none')
      node.run('ip', 'link', 'del', 'br-lab')
    })

    it('takes no other interface than the policy where no master is named', async () => {
      const { master: _, ...config } = macvlan()
      const asked = await admit(config, node.key)
      const environment = { CNI_NETNS: node.addPod('nameless'), CNI_CONTAINERID: 'nameless' }
      const call = (command: string) =>
        node.call({
          plugin: 'macvlan',
          command,
          config: asked.config,
          environment: { ...environment, CNI_ARGS: asked.args },
        })
      node.run(
        'sh',
        '-ec',
        'ip link add mgmt0 type bridge; ip link set mgmt0 up; ip route add default dev mgmt0',
      )
      expect(errorOf(call('ADD'))).toMatchObject({
        code: 7,
        msg: expect.stringContaining('"mgmt0" of this node has the default route'),
        details: 'statement: master',
      })
      expect(node.run('ip', '-n', 'nameless', '-o', 'link')).not.toContain('net1')
      node.run('ip', 'route', 'replace', 'default', 'dev', 'eth0')
      expect([call('ADD').exit, call('DEL').exit]).toEqual([0, 0])
      // Where nothing has the policy's name for it, nobody can say that it is another one.
      node.run(
        'sh',
        '-ec',
        'ip link set eth0 down; ip link set eth0 name nic0; ip link set nic0 up; ip route add default dev nic0',
      )
      expect([call('ADD').exit, call('DEL').exit]).toEqual([0, 0])
      node.run(
        'sh',
        '-ec',
        'ip link set nic0 down; ip link set nic0 name eth0; ip link set eth0 up; ip link del mgmt0',
      )
    })

    it('takes no interface of the node for one of the pod, as plugins before 1.3.0 do', () => {
      const netns = node.addPod('before')
      const riding = (change: JsonObject) => ({
        ...macvlan(),
        name: 'riding',
        linkInContainer: true,
        ...change,
      })
      const ask = (plugin: string, change: JsonObject) => {
        const environment = { CNI_NETNS: netns, CNI_ARGS: admitted.args, CNI_CONTAINERID: 'c7' }
        return node.call({ plugin, command: 'ADD', config: riding(change), environment })
      }
      for (const master of ['eth0', 'eth0.100'])
        expect(errorOf(ask('macvlan', { master }))).toMatchObject({
          code: 7,
          msg: expect.stringContaining(
            `plugins before 1.3.0 do not read "linkInContainer", and take "${master}" of the node`,
          ),
        })
      expect(errorOf(ask('macvlan', { master: '' })).msg).toContain("the node's default interface")
      // Alternative names are longer than names.
      expect(errorOf(ask('macvlan', { master: 'uplink-of-this-node' })).details).toBe('statement: claim')
      node.run('ip', 'link', 'property', 'add', 'dev', 'eth0', 'altname', 'uplink-of-this-node')
      expect(errorOf(ask('macvlan', { master: 'uplink-of-this-node' })).msg).toContain('of the node')
      node.run('ip', 'link', 'property', 'del', 'dev', 'eth0', 'altname', 'uplink-of-this-node')
      expect(errorOf(ask('macvlan', { master: 'x'.repeat(200) })).details).toBe('statement: claim')
      expect(node.run('ip', '-n', 'before', '-o', 'link')).not.toContain('net1')
      const { exit } = ask('socni.d/macvlan', { master: 'eth0' })
      // The plugins of Debian 12 are such; of others the real one says that the pod has no such interface.
      expect(node.run('ip', '-n', 'before', '-o', 'link').includes('net1')).toBe(exit === 0)
    })

    it('refuses a claim of a key that it does not know, or that was dropped', async () => {
      const { config, args: given } = await admit(macvlan(), generateSigningKey())
      expect(add(config, given).stdout).toContain('none of ours, or was dropped')
    })

    it('refuses a claim from before its VLAN was taken away, and takes one from after', async () => {
      const revocation = {
        tenant: 'finance',
        vlans: vlanSet(100),
        notBefore: Math.floor(Date.now() / 1000) + 100,
      }
      node.revoke(printRevocations([revocation]))
      expect(add(admitted.config, admitted.args).stdout).toContain('were revoked')
      const later = await admit(macvlan(), node.key, { clock: new Date(Date.now() + 200_000) })
      expect(add(later.config, later.args).stdout).toContain('/run/netns/none')
      node.revoke('{"revocations": "none"}')
      expect(errorOf(add(admitted.config, admitted.args))).toMatchObject({ code: 5 })
      node.revoke(printRevocations([]))
    })

    it('fails closed without keys or configuration, with the command that mends it; STATUS says so', () => {
      const keys = readFileSync(join(node.confDir, 'socni.d/keys.json'), 'utf8')
      const status = () =>
        node.call({
          plugin: 'macvlan',
          command: 'STATUS',
          config: { ...macvlan(), name: 'x', cniVersion: '1.1.0' },
        })
      for (const broken of ['', '{"keys": []}', '{"keys": [{"kty": "RSA"}]}']) {
        node.trust(broken)
        const result = add(admitted.config, admitted.args)
        expect([result.exit, [5, 7].includes(errorOf(result).code)]).toEqual([1, true])
      }
      node.trust('')
      expect(errorOf(add(admitted.config, admitted.args)).details).toContain('socni-ctl keys export')
      expect(errorOf(status())).toMatchObject({ code: 50 })
      node.trust(keys)
      const guard = join(node.confDir, 'socni.d/guard.json')
      const settings = readFileSync(guard, 'utf8')
      for (const broken of ['', '{', '{"clusterBridges": [1]}', '{"mode": "off"}']) {
        writeFileSync(guard, broken)
        expect(add(admitted.config, admitted.args).exit).toBe(1)
        // What is there is taken off all the same.
        const environment = { CNI_NETNS: '' }
        const removed = node.call({ plugin: 'macvlan', command: 'DEL', config: admitted.config, environment })
        expect(removed).toMatchObject({ exit: 0, stdout: '' })
      }
      writeFileSync(guard, settings)
    })

    it('only writes down in audit mode what it would refuse', () => {
      node.configure({ mode: 'audit' })
      expect(add(edited({ args: {} }), admitted.args).stdout).toContain('/run/netns/none')
      node.configure({})
      const last = readFileSync(join(node.directory, 'guard.log'), 'utf8').trimEnd().split('\n').at(-1) ?? ''
      expect(JSON.parse(last)).toMatchObject({
        tag: 'socni-cni',
        mode: 'audit',
        outcome: 'refused',
        statement: 'claim',
        namespace: 'finance',
        pod: 'books',
      })
    })

    it('puts a long log aside, and loses no line of it', () => {
      const log = join(node.directory, 'guard.log')
      const lines = (file: string) =>
        readFileSync(file, 'utf8')
          .split('\n')
          .filter(line => line.startsWith('{')).length
      const before = lines(log)
      appendFileSync(log, 'x'.repeat(10 * 1024 * 1024))
      appendFileSync(log, '\n')
      add(admitted.config, 'K8S_POD_NAMESPACE=other')
      add(admitted.config, 'K8S_POD_NAMESPACE=other')
      expect([lines(`${log}.1`), lines(log)]).toEqual([before, 2])
      expect(readFileSync(log, 'utf8')).toContain('"namespace":"other"')
    })

    it('goes on where the log is no file that could be put aside', () => {
      for (const log of [node.directory, join(node.directory, 'not/there')]) {
        node.configure({ log, mode: 'audit' })
        expect(add(admitted.config, admitted.args).stdout).toContain('/run/netns/none')
      }
      node.configure({})
    })

    it('lets pass what reaches nothing of the host, and the bridge of the cluster itself', () => {
      const netns = node.addPod('plain')
      const environment = { CNI_NETNS: netns, CNI_ARGS: '', CNI_IFNAME: 'lo' }
      expect(
        node.call({
          plugin: 'loopback',
          command: 'ADD',
          config: { cniVersion: '1.0.0', name: 'lo', type: 'loopback' },
          environment,
        }).exit,
      ).toBe(0)
      const flannel = {
        cniVersion: '1.0.0',
        name: 'cbr0',
        type: 'bridge',
        bridge: 'cni0',
        hairpinMode: true,
        forceAddress: true,
        isDefaultGateway: true,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: '10.42.0.0/24' }]],
          routes: [{ dst: '10.42.0.0/16' }],
        },
      }
      const eth0 = node.call({
        plugin: 'bridge',
        command: 'ADD',
        config: flannel,
        environment: { ...environment, CNI_IFNAME: 'eth0' },
      })
      expect([eth0.exit, eth0.stderr]).toEqual([0, ''])
      expect(node.run('ip', '-n', 'plain', 'route')).toContain('default via 10.42.0.1')
      for (const [change, ifname] of [
        [{}, 'net1'],
        [{ ipam: { type: 'host-local', subnet: '10.42.0.0/24', dataDir: '/etc' } }, 'eth0'],
        [{ name: 'mine' }, 'eth0'],
        [{ bridge: 'br-lab' }, 'eth0'],
        [{ vlan: 100 }, 'eth0'],
      ] as const) {
        const refused = node.call({
          plugin: 'bridge',
          command: 'ADD',
          config: { ...flannel, ...change },
          environment: { ...environment, CNI_IFNAME: ifname },
        })
        expect(errorOf(refused).msg).toContain('there is no claim')
      }
      // Another container tool of the node, which knows of no pods, until its network is named.
      const tool = {
        ...flannel,
        name: 'bridge',
        bridge: 'nerdctl0',
        ipam: { type: 'host-local', subnet: '10.4.0.0/24' },
      }
      const forTool = { CNI_NETNS: node.addPod('tool'), CNI_CONTAINERID: 'tool', CNI_IFNAME: 'eth0' }
      const run = (command: string) =>
        node.call({ plugin: 'bridge', command, config: tool, environment: forTool })
      expect(errorOf(run('ADD')).msg).toContain('there is no claim')
      node.configure({ clusterNetworks: ['cbr0', 'bridge'], clusterBridges: ['cni0', 'nerdctl0'] })
      expect([run('ADD').exit, run('DEL').exit]).toEqual([0, 0])
      node.configure({})
      // The same name and interface, but another plugin on the cluster's bridge.
      const stranger = { cniVersion: '1.0.0', name: 'cbr0', type: 'macvlan', master: 'cni0' }
      expect(add(stranger, '', { CNI_IFNAME: 'eth0' }).stdout).toContain('there is no claim')
      expect(
        node.call({
          plugin: 'bridge',
          command: 'DEL',
          config: flannel,
          environment: { ...environment, CNI_IFNAME: 'eth0' },
        }).exit,
      ).toBe(0)
    })

    it('leaves the default route to the cluster when a pod has both networks', async () => {
      const netns = node.addPod('both')
      const flannel = {
        cniVersion: '1.0.0',
        name: 'cbr0',
        type: 'bridge',
        bridge: 'cni0',
        isDefaultGateway: true,
        ipam: { type: 'host-local', subnet: '10.42.0.0/24' },
      }
      expect(
        node.call({
          plugin: 'bridge',
          command: 'ADD',
          config: flannel,
          environment: { CNI_NETNS: netns, CNI_IFNAME: 'eth0', CNI_CONTAINERID: 'c5' },
        }).exit,
      ).toBe(0)
      const before = node.run('ip', '-n', 'both', 'route', 'show', 'default')
      expect(
        node.call({
          plugin: 'macvlan',
          command: 'ADD',
          config: admitted.config,
          environment: { CNI_NETNS: netns, CNI_ARGS: admitted.args, CNI_CONTAINERID: 'c5' },
        }).exit,
      ).toBe(0)
      expect(node.run('ip', '-n', 'both', 'route', 'show', 'default')).toBe(before)
      expect(before).toContain('via 10.42.0.1 dev eth0')
    })

    it('refuses an interface that the pod has already, and leaves it alone', () => {
      const netns = node.addPod('twice')
      const environment = { CNI_NETNS: netns, CNI_ARGS: admitted.args, CNI_CONTAINERID: 'twice' }
      const ask = () => node.call({ plugin: 'macvlan', command: 'ADD', config: admitted.config, environment })
      expect(ask().exit).toBe(0)
      expect(errorOf(ask())).toMatchObject({
        code: 4,
        msg: 'CNI_IFNAME: the pod has an interface "net1" already',
      })
      expect(node.run('ip', '-n', 'twice', '-o', 'address', 'show', 'net1')).toContain('10.100.1.')
    })

    it('lets nobody take the bridge of the cluster for addresses that are not Flannel’s', () => {
      const flannel = (subnet: string, change: JsonObject = {}): JsonObject => ({
        ...{ cniVersion: '1.0.0', name: 'cbr0', type: 'bridge', bridge: 'cni0', mtu: 1450 },
        ...{ hairpinMode: true, forceAddress: true, isGateway: true, isDefaultGateway: true },
        ipam: { type: 'host-local', ranges: [[{ subnet }]], routes: [{ dst: '10.244.0.0/16' }] },
        ...change,
      })
      const ask = (config: JsonObject) =>
        add(config, '', { CNI_IFNAME: 'eth0' }, 'bridge').stdout.includes('there is no claim')
      const fixed = { type: 'static', addresses: [{ address: '10.43.0.10/16', gateway: '10.43.0.1' }] }
      const tell = (text: string) =>
        node.run('sh', '-c', `mkdir -p /run/flannel && printf '${text}' > /run/flannel/subnet.env`)
      // Nobody says what the node's subnet is.
      expect(ask(flannel('10.244.1.0/24'))).toBe(false)
      expect(ask(flannel('', { ipam: fixed }))).toBe(true)
      tell('FLANNEL_NETWORK=10.244.0.0/16\\nFLANNEL_SUBNET=10.244.1.1/24\\nFLANNEL_MTU=1450\\n')
      expect(ask(flannel('10.244.1.0/24'))).toBe(false)
      const ranges = (...of: JsonObject[][]) => ({ ipam: { type: 'host-local', ranges: of } })
      for (const change of [
        { ipam: fixed },
        { ipam: { ...fixed, addresses: [{ address: '10.244.1.9/24' }] } },
        ranges([{ subnet: '10.43.0.0/16' }]),
        ranges([{ subnet: '10.244.0.0/16' }]),
        ranges([{ subnet: '10.244.1.0/24', gateway: '10.244.1.7' }]),
        ranges([{ subnet: '10.244.1.0/24' }], [{ subnet: 'fd00:43::/112' }]),
      ])
        expect([change, ask(flannel('10.244.1.0/24', change))]).toEqual([change, true])
      tell('FLANNEL_SUBNET=10.244.1.1/24\\nFLANNEL_IPV6_SUBNET=fd00:42:0:1::1/64\\n')
      const both = ranges([{ subnet: '10.244.1.0/24' }], [{ subnet: 'fd00:42:0:1::/64' }])
      expect(ask(flannel('', both))).toBe(false)
      node.run('rm', '-r', '/run/flannel')
    })

    it('takes no device that the claim does not state, and none of two', () => {
      const payload = readUnverified(claim())?.payload as unknown as Claim
      const config: JsonObject = { cniVersion: '1.0.0', name: 'ports', type: 'ovs', bridge: 'br1', vlan: 100 }
      const digests = [{ type: 'ovs', sha256: configurationDigest(config, sha256) }]
      symlinkSync('socni', join(node.binDir, 'ovs'))
      const said = (uplinks: Claim['uplinks'], change: JsonObject) => {
        const args = { cni: { 'socni.dev/claim': signClaim({ ...payload, uplinks, digests }, node.key) } }
        return add({ ...config, args, ...change }, admitted.args, {}, 'ovs').stdout
      }
      const on = (...masters: string[]) => masters.map(master => ({ master, vlans: '100' }))
      const [device, other] = ['0000:3b:02.1', '0000:3b:02.9']
      expect(said(on('br1'), {})).toContain('the real plugin')
      expect(said(on('br1'), { deviceID: device })).toContain('the claim states no device')
      expect(said(on('br1', 'intel.com/sriov'), { deviceID: device, pciBusID: device })).toContain(
        'the real plugin',
      )
      expect(said(on('br1', device), { deviceID: device })).toContain('the real plugin')
      expect(said(on('br1', device), { deviceID: device, pciBusID: other })).toContain('statement: deviceID')
      rmSync(join(node.binDir, 'ovs'))
    })

    it('takes for ipvlan no addresses that came before it and that nobody judged', () => {
      const payload = readUnverified(claim())?.payload as unknown as Claim
      const inner: JsonObject = { type: 'ipvlan', master: 'eth0.100', mode: 'l2' }
      const result = { cniVersion: '1.0.0', ips: [{ address: '10.43.0.10/16' }] }
      const said = (config: JsonObject, prevResult: JsonObject) => {
        const named = { cniVersion: '1.0.0', name: 'chain', ...config }
        const sha = configurationDigest(named, sha256)
        const digests = [
          { type: 'tuning', sha256: 'x' },
          { type: String(config.type), sha256: sha },
        ]
        const args = { cni: { 'socni.dev/claim': signClaim({ ...payload, digests }, node.key) } }
        return add({ ...named, args, prevResult }, admitted.args, {}, String(config.type)).stdout
      }
      for (const config of [inner, { ...inner, ipam: {} }, { type: 'socni', delegate: inner }]) {
        expect(said(config, result)).toContain('statement: prevResult')
        expect(said(config, { cniVersion: '1.0.0', routes: [{ dst: '0.0.0.0/0' }] })).toContain('prevResult')
        expect(said(config, { cniVersion: '0.2.0', ip4: { ip: '10.43.0.10/16' } })).toContain('prevResult')
        expect(said(config, { cniVersion: '1.0.0', ips: [] })).not.toContain('statement')
      }
      // Others make an interface of their own, and take its addresses from their IPAM alone.
      expect(said({ ...inner, type: 'macvlan', mode: 'bridge' }, result)).not.toContain('statement')
      const own = { ...inner, ipam: { type: 'host-local', subnet: '10.100.1.0/24' } }
      expect(said(own, result)).not.toContain('statement')
    })

    it('reads an empty MAC as none, and takes none of two', () => {
      const mac = '02:00:00:00:be:ef'
      const said = (given: string, args: string) =>
        add({ ...admitted.config, runtimeConfig: { mac: given } }, `${admitted.args}${args}`).stdout
      expect(said('', `;MAC=${mac}`)).toContain('statement: mac')
      expect(said(mac, ';MAC=02:00:00:00:00:01')).toContain('statement: mac')
      expect(said('', '')).not.toContain('statement')
    })

    it('runs the real plugin in audit mode without keys too, and is ready then', () => {
      const keys = readFileSync(join(node.confDir, 'socni.d/keys.json'), 'utf8')
      node.configure({ mode: 'audit' })
      node.trust('')
      expect(add(admitted.config, admitted.args).stdout).toContain('/run/netns/none')
      const last = readFileSync(join(node.directory, 'guard.log'), 'utf8').trimEnd().split('\n').at(-1) ?? ''
      expect(JSON.parse(last)).toMatchObject({ outcome: 'refused', statement: 'keys' })
      const config = { ...macvlan(), name: 'x', cniVersion: '1.1.0' }
      // The plugins of Debian 12 know no STATUS.
      expect(node.call({ plugin: 'macvlan', command: 'STATUS', config }).stdout).not.toContain('keys')
      node.trust(keys)
      node.configure({})
    })

    it('says which list cannot be read', () => {
      node.revoke('{"revocations": [')
      expect(errorOf(add(admitted.config, admitted.args))).toMatchObject({
        code: 5,
        msg: expect.stringContaining('the revocations of this node cannot be read'),
        details: expect.stringContaining('socni.d/revocations.json'),
      })
      const file = join(node.confDir, 'socni.d/revocations.json')
      rmSync(file)
      mkdirSync(file)
      expect(errorOf(add(admitted.config, admitted.args))).toMatchObject({
        code: 5,
        msg: expect.stringContaining('revocations.json cannot be read: Is a directory'),
      })
      rmSync(file, { recursive: true })
      node.revoke('{"revocations": []}')
    })

    it('refuses at once what is longer than any network, and names few of many interfaces', () => {
      const ranges = [
        Array.from({ length: 30_000 }, (_, at) => ({ subnet: `10.${at >> 8}.${at & 255}.0/24` })),
      ]
      const long = { ...macvlan({ ipam: { type: 'host-local', ranges } }), name: 'long' }
      expect(errorOf(add(long, ''))).toMatchObject({
        code: 6,
        msg: expect.stringContaining('longer than any'),
      })
      // What earlier plugins and the runtime give it is no part of that.
      const routes = Array.from({ length: 3000 }, () => ({ dst: '10.100.0.0/16' }))
      expect(add({ ...admitted.config, prevResult: { routes } }, admitted.args).stdout).toContain(
        'prevResult',
      )
      symlinkSync('socni', join(node.binDir, 'bond'))
      const links = Array.from({ length: 500 }, (_, at) => ({ name: `eth${at}` }))
      const { msg } = errorOf(add({ cniVersion: '1.0.0', name: 'many', type: 'bond', links }, '', {}, 'bond'))
      expect(msg).toContain('and 484 more')
      expect(msg.length).toBeLessThan(1000)
      rmSync(join(node.binDir, 'bond'))
    })

    it('takes the interface from a pod that may not keep it, also where the real plugin cannot', async () => {
      const { config, args: given } = await admit(macvlan({ ipam: { type: 'dhcp' } }), node.key)
      const dhcp = join(node.binDir, 'dhcp')
      rmSync(dhcp)
      const result = {
        cniVersion: '1.0.0',
        ips: [{ address: '10.100.1.9/24' }],
        routes: [{ dst: '0.0.0.0/0' }],
      }
      const script = `#!/bin/sh\n[ $CNI_COMMAND = ADD ] || exit 1\necho '${JSON.stringify(result)}'\n`
      writeFileSync(dhcp, script, { mode: 0o755 })
      const environment = { CNI_NETNS: node.addPod('kept'), CNI_CONTAINERID: 'kept' }
      expect(errorOf(add(config, given, environment)).details).toBe('statement: routes')
      expect(node.run('ip', '-n', 'kept', '-o', 'link')).not.toContain('net1')
      rmSync(dhcp)
      symlinkSync(join(PLUGINS, 'dhcp'), dhcp)
    })

    it('undoes a first half: no address stays taken when the real plugin fails', async () => {
      const { config, args: given } = await admit(
        macvlan({
          name: 'half',
          ipam: {
            type: 'host-local',
            subnet: '10.100.3.0/24',
            routes: [{ dst: '10.100.9.0/24', gw: '10.99.0.1' }],
          },
        }),
        node.key,
      )
      const netns = node.addPod('half')
      const { exit } = node.call({
        plugin: 'macvlan',
        command: 'ADD',
        config,
        environment: { CNI_NETNS: netns, CNI_ARGS: given, CNI_CONTAINERID: 'c7' },
      })
      expect(exit).not.toBe(0)
      expect(
        node.run('sh', '-c', `ls /var/lib/cni/networks/half 2>/dev/null | grep -c '^10\\.' || true`).trim(),
      ).toBe('0')
    })

    it('runs what was signed, and nothing of the settings that a daemon of Multus has put into it', () => {
      const real = join(node.binDir, 'socni.d/macvlan')
      const seen = join(node.directory, 'seen')
      rmSync(real)
      writeFileSync(real, `#!/bin/sh\n/usr/bin/tee ${seen} | ${PLUGINS}/macvlan\n`, { mode: 0o755 })
      // As in the manifest of a thick Multus (deployments/multus-daemonset-thick.yml), and further ones.
      const settings = {
        chrootDir: '/hostroot',
        cniVersion: '0.3.1',
        logFile: '/etc/shadow',
        capabilities: { portMappings: true },
        readinessindicatorfile: '/run/ready',
      }
      const environment = { CNI_NETNS: node.addPod('plugged'), CNI_CONTAINERID: 'c10' }
      const plugged = add(edited(settings), admitted.args, environment)
      expect([plugged.exit, JSON.parse(plugged.stdout).cniVersion]).toEqual([0, '0.3.1'])
      const { args: _, ...signed } = admitted.config
      expect(JSON.parse(readFileSync(seen, 'utf8'))).toMatchObject({ ...signed, cniVersion: '0.3.1' })
      expect(readFileSync(seen, 'utf8')).not.toMatch(/chrootDir|logFile|capabilities|readiness/)
      rmSync(real)
      symlinkSync(join(PLUGINS, 'macvlan'), real)
      expect(add(edited({ ...settings, mtu: 9000 }), admitted.args, environment).stdout).toContain(
        'configuration',
      )
    })

    describe('takes off what is gone already, for which the real plugin fails each time', () => {
      const gone = '/run/netns/gone'
      const pool = (name: string, more: JsonObject = {}): JsonObject => ({
        cniVersion: '1.0.0',
        name,
        ipam: { type: 'host-local', subnet: '10.100.9.0/24' },
        ...more,
      })
      const leases = (name: string) =>
        node.run('sh', '-c', `ls /var/lib/cni/networks/${name} | grep -c '^10\\.' || true`).trim()
      const remove = (plugin: string, config: JsonObject | string, netns: string) =>
        node.call({ plugin, command: 'DEL', config, environment: { CNI_NETNS: netns } })
      /** An address that the attachment had, as the real plugin asks for it. */
      const reserve = (config: JsonObject) => {
        const environment = { CNI_NETNS: gone }
        expect(node.call({ plugin: 'host-local', command: 'ADD', config, environment }).exit).toBe(0)
        expect(leases(String(config.name))).toBe('1')
      }
      let netns: string
      beforeAll(() => {
        netns = node.addPod('gone')
      })

      it.each<[plugin: string, what: string, config: JsonObject, netns: () => string]>([
        ['host-device', 'the interface', { device: 'eth7' }, () => netns],
        ['host-device', 'the namespace', { device: 'eth7' }, () => gone],
        ['macvlan', 'the master', { master: 'gone0' }, () => netns],
        ['vlan', 'the master', { master: 'gone0', vlanId: 5 }, () => netns],
        ['vlan', 'the master, and nobody says which namespace', { master: 'gone0', vlanId: 5 }, () => ''],
      ])('%s without %s, and releases its addresses', (plugin, _, more, where) => {
        const config = pool('gone', { type: plugin, ...more })
        reserve(config)
        expect(remove(plugin, config, where())).toMatchObject({ exit: 0, stdout: '' })
        expect(leases('gone')).toBe('0')
        expect(remove(plugin, config, where())).toMatchObject({ exit: 0, stdout: '' })
      })

      it('writes down what the real plugin said', () => {
        remove('macvlan', pool('gone', { type: 'macvlan', master: 'gone0' }), netns)
        const log = readFileSync(join(node.directory, 'guard.log'), 'utf8')
        expect(JSON.parse(log.trim().split('\n').at(-1) ?? '')).toMatchObject({
          command: 'DEL',
          plugin: 'macvlan',
          outcome: 'gone',
          container: 'c1',
          interface: 'net1',
          message: expect.stringContaining('Link not found'),
        })
      })

      it('hands the failure on while the interface is there, or addresses are not released', () => {
        const config = pool('kept', { type: 'macvlan', master: 'gone0' })
        const failure = { exit: 1, stdout: expect.stringContaining('Link not found') }
        node.run('ip', '-n', 'gone', 'link', 'add', 'net1', 'type', 'bridge')
        expect(remove('macvlan', config, netns)).toMatchObject(failure)
        node.run('ip', '-n', 'gone', 'link', 'delete', 'net1')
        const broken = join(node.binDir, 'broken')
        writeFileSync(broken, '#!/bin/sh\necho "{}"; exit 1\n', { mode: 0o755 })
        for (const type of ['broken', 'not-installed', '../bin/host-local'])
          expect(remove('macvlan', { ...config, ipam: { type } }, netns)).toMatchObject(failure)
        // As Go reads it, of a configuration that the strict reader refuses.
        const text = JSON.stringify({ ...config, ipam: {} }).replace(
          '"ipam":{}',
          '"x":1,"x":1,"IPAM":{"Type":"broken"}',
        )
        expect(remove('macvlan', text, netns)).toMatchObject(failure)
        writeFileSync(broken, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
        expect(remove('macvlan', text, netns)).toMatchObject({ exit: 0, stdout: '' })
        // By these names it is the guard again, which must not go round in circles, and gives no addresses.
        for (const type of ['macvlan', 'vlan', 'socni'])
          expect(remove('macvlan', { ...config, ipam: { type } }, netns)).toMatchObject({
            exit: 0,
            stdout: '',
          })
      })

      it('with a result before it that is longer than any configuration', () => {
        const config = pool('long', { type: 'macvlan', master: 'eth0.100' })
        reserve(config)
        const routes = Array.from({ length: 200_000 }, (_, index) => ({
          dst: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}/32`,
        }))
        const text = JSON.stringify({ ...config, prevResult: { cniVersion: '1.0.0', ips: [], routes } })
        expect(text.length).toBeGreaterThan(4 * 1024 * 1024)
        expect(remove('macvlan', text, gone)).toMatchObject({ exit: 0, stdout: '' })
        expect(leases('long')).toBe('0')
        expect(errorOf(add(text, admitted.args))).toMatchObject({ code: 6 })
      })

      it('by its own name where all of its own files are gone', () => {
        const config = { ...pool('own'), type: 'socni', master: 'eth0', vlan: 100 }
        for (const directory of ['/nowhere', undefined]) {
          const environment = { CNI_NETNS: gone, SOCNI_CONF_DIR: directory }
          const removed = node.call({ plugin: 'socni', command: 'DEL', config, environment })
          expect(removed).toMatchObject({ exit: 0, stdout: '' })
        }
      })
    })

    it('waits with DEL for a plugin that goes on after its guard was killed, so that nothing is left', async () => {
      const own = macvlan({ name: 'killed', ipam: { type: 'host-local', subnet: '10.100.4.0/24' } })
      const { config, args: given } = await admit(own, node.key)
      const netns = node.addPod('killed')
      // The real plugin, but slow.
      const slow = join(node.directory, 'slow')
      mkdirSync(slow)
      const real = join(node.binDir, 'socni.d/macvlan')
      rmSync(real)
      writeFileSync(
        real,
        `#!/bin/sh\nif [ $CNI_COMMAND = ADD ]; then touch ${slow}/started; /bin/sleep 1; fi\nexec ${PLUGINS}/macvlan\n`,
        { mode: 0o755 },
      )
      writeFileSync(join(slow, 'config'), JSON.stringify(config))
      node.run(
        'sh',
        '-c',
        `CNI_COMMAND=ADD CNI_CONTAINERID=c8 CNI_NETNS=${netns} CNI_IFNAME=net1 CNI_PATH=${node.binDir} CNI_ARGS='${given}' \\
           SOCNI_CONF_DIR=${node.confDir} ${node.binDir}/macvlan < ${slow}/config > /dev/null 2>&1 & guard=$!
         while [ ! -e ${slow}/started ] && kill -0 $guard; do sleep 0.01; done
         kill -9 $guard`,
      )
      const removed = node.call({
        plugin: 'macvlan',
        command: 'DEL',
        config,
        environment: { CNI_NETNS: netns, CNI_CONTAINERID: 'c8' },
      })
      rmSync(real)
      symlinkSync(join(PLUGINS, 'macvlan'), real)
      expect(removed).toMatchObject({ exit: 0, stdout: '' })
      expect(node.run('ip', '-n', 'killed', '-o', 'link')).not.toContain('net1')
      expect(node.run('sh', '-c', 'ls /var/lib/cni/networks/killed').match(/^10\./m)).toBeNull()
      // Nothing came after it either.
      node.run('sleep', '1.2')
      expect(node.run('ip', '-n', 'killed', '-o', 'link')).not.toContain('net1')
    })

    it.each(['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0'])(
      'speaks version %s: errors in it, CHECK where it has one',
      version => {
        const config = edited({ cniVersion: version, args: {} })
        expect(errorOf(add(config, admitted.args))).toMatchObject({ cniVersion: version, code: 7 })
        const check = node.call({
          plugin: 'macvlan',
          command: 'CHECK',
          config,
          environment: { CNI_NETNS: '/run/netns/none', CNI_ARGS: admitted.args },
        })
        expect(errorOf(check).code).toBe(version === '0.4.0' || version === '1.0.0' ? 7 : 1)
        const gc = node.call({ plugin: 'macvlan', command: 'GC', config })
        expect(errorOf(gc).code).toBe(1)
      },
    )

    it('tells the versions of the real plugin, and its own where there is none', () => {
      expect(
        JSON.parse(node.call({ plugin: 'macvlan', command: 'VERSION', config: '' }).stdout).supportedVersions,
      ).not.toContain('1.1.0')
      expect(
        JSON.parse(node.call({ plugin: 'socni', command: 'VERSION', config: '' }).stdout).supportedVersions,
      ).toContain('1.1.0')
    })
  },
)

/** The same payload under another header, signed by nobody. */
function forge(claim: string, header: object): string {
  const [, payload = ''] = claim.split('.')
  return `${Buffer.from(JSON.stringify({ ...header, typ: 'socni-claim+jwt' })).toString('base64url')}.${payload}.${Buffer.from('x'.repeat(64)).toString('base64url')}`
}
