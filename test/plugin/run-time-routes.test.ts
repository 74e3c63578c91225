import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/json/value.ts'
import { type Attach, admit } from './admission.ts'
import { Node, obstacle, PLUGINS } from './node.ts'

const missing =
  spawnSync('dnsmasq', ['--version']).status === 0
    ? undefined
    : 'dnsmasq is missing: apt-get install dnsmasq-base'
const reason = obstacle ?? missing

/** VLAN 100 on eth0, with addresses from its DHCP server. */
const network = (ipam: JsonObject = {}): JsonObject => ({
  cniVersion: '1.0.0',
  type: 'macvlan',
  master: 'eth0.100',
  mode: 'bridge',
  ipam: { type: 'dhcp', ...ipam },
})

/** What a server sends, also to who does not ask for it. */
const option = (text: string) => `--dhcp-option-force=${text}`

/** What asks a server for no router, and for no routes. */
const NO_ROUTER = { request: [{ skipDefault: true, option: 'subnet-mask' }] }

describe.skipIf(reason !== undefined)(
  `a VLAN with a DHCP server, or a router${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let node: Node
    let count = 0

    beforeAll(async () => {
      node = await Node.start()
      node.run('ip', 'address', 'add', '10.100.1.1/24', 'dev', 'far100')
      node.start(join(PLUGINS, 'dhcp'), 'daemon')
    })
    afterAll(() => node?.[Symbol.asyncDispose]())

    const leases = () => {
      const file = join(node.directory, 'leases')
      return existsSync(file) ? readFileSync(file, 'utf8') : ''
    }

    /** Runs a server with these flags while something happens. */
    async function serve(options: readonly string[], meanwhile: () => void): Promise<void> {
      const server = node.start(
        'dnsmasq',
        ...[
          '--keep-in-foreground',
          '--conf-file=/dev/null',
          '--port=0',
          // Nobody else has the addresses: it would wait three seconds for an answer before each offer.
          '--no-ping',
          '--pid-file=',
          '--user=',
          '--group=',
        ],
        ...['--interface=far100', '--bind-interfaces', '--dhcp-range=10.100.1.10,10.100.1.50,1h'],
        `--dhcp-leasefile=${join(node.directory, 'leases')}`,
        ...options,
      )
      try {
        meanwhile()
      } finally {
        const ended = once(server, 'exit')
        if (server.exitCode === null && server.kill('SIGTERM')) await ended
      }
    }

    function attach({ config, args }: Attach) {
      const name = `pod-${count++}`
      const environment = { CNI_NETNS: node.addPod(name), CNI_ARGS: args, CNI_CONTAINERID: name }
      const { exit, stdout } = node.call({ plugin: 'macvlan', command: 'ADD', config, environment })
      const routes = node.run('ip', '-n', name, 'route')
      const links = node.run('ip', '-n', name, '-o', 'link')
      node.call({ plugin: 'macvlan', command: 'DEL', config, environment })
      return { exit, answer: JSON.parse(stdout), routes, links }
    }

    it('gets no default route from it into a pod, and gives the lease back', async () => {
      const admitted = await admit(network(), node.key)
      await serve([option('3,10.100.1.1')], () => {
        const { exit, answer, links } = attach(admitted)
        expect([exit, answer.code, answer.details]).toEqual([1, 7, 'statement: routes'])
        expect(answer.msg).toContain('the pod was given a default route (0.0.0.0/0)')
        expect(links).not.toContain('net1')
        expect(leases()).not.toContain('10.100.1.')
      })
      expect(readFileSync(join(node.directory, 'guard.log'), 'utf8')).toContain('"statement":"routes"')
    }, 60_000)

    it('gets none by routes that are one together, and no route into the cluster', async () => {
      const admitted = await admit(network(), node.key)
      for (const [routes, said] of [
        ['0.0.0.0/1,10.100.1.1,128.0.0.0/1,10.100.1.1', 'a default route (0.0.0.0/1, 128.0.0.0/1)'],
        ['10.43.0.0/24,10.100.1.1', 'the route 10.43.0.0/24'],
      ] as const) {
        await serve([option(`121,${routes}`)], () => {
          const { exit, answer } = attach(admitted)
          expect([exit, answer.details]).toEqual([1, 'statement: routes'])
          expect(answer.msg).toContain(said)
        })
      }
    }, 60_000)

    it('attaches where it sends none', async () => {
      const admitted = await admit(network(NO_ROUTER), node.key)
      await serve([option('3')], () => {
        const { exit, answer, routes } = attach(admitted)
        expect([exit, answer.routes ?? []]).toEqual([0, []])
        expect(routes).toMatch(/^10\.100\.1\.0\/24 dev net1/)
      })
    }, 60_000)

    it('attaches a tenant that may have its default route, or where nobody minds', async () => {
      for (const finance of [
        { allowDefaultRoute: true },
        { rules: { 'runtime-default-route': 'off' } },
        { rules: { 'default-route': 'warn' } },
      ]) {
        const admitted = await admit(network(), node.key, { finance })
        await serve([option('3,10.100.1.1')], () => {
          const { exit, routes } = attach(admitted)
          expect([exit, routes.split(' dev ')[0]]).toEqual([0, 'default via 10.100.1.1'])
        })
      }
    }, 60_000)

    it('gets no default route from a router into a pod, but the address that it announces', async () => {
      const ipam = { type: 'host-local', subnet: '10.100.2.0/24' }
      node.run('ip', 'address', 'add', 'fd00:100::1/64', 'dev', 'far100')
      const announcing = [
        '--enable-ra',
        '--dhcp-range=::,constructor:far100,ra-only',
        '--ra-param=far100,4,60',
      ]
      for (const [finance, isGiven] of [
        [{}, false],
        [{ allowDefaultRoute: true }, true],
      ] as const) {
        const admitted = await admit(network(ipam), node.key, { finance })
        await serve(announcing, () => {
          const name = `pod-${count++}`
          const netns = node.addPod(name)
          const sysctl = (key: string) =>
            node
              .run('ip', 'netns', 'exec', name, 'cat', `/proc/sys/net/ipv6/conf/${key}/accept_ra_defrtr`)
              .trim()
          const environment = { CNI_NETNS: netns, CNI_ARGS: admitted.args, CNI_CONTAINERID: name }
          const call = (command: string) =>
            node.call({ plugin: 'macvlan', command, config: admitted.config, environment }).exit
          expect(call('ADD')).toBe(0)
          expect([sysctl('net1'), sysctl('default')]).toEqual(isGiven ? ['1', '1'] : ['0', '0'])
          // Too small for IPv6, and then not: Linux makes the interface's settings anew from the pod's.
          for (const mtu of ['1000', '1500']) node.run('ip', '-n', name, 'link', 'set', 'net1', 'mtu', mtu)
          expect(sysctl('net1')).toBe(isGiven ? '1' : '0')
          const seconds = (test: string) => `for i in $(seq 150); do ${test} && exit; sleep 0.1; done; exit 1`
          node.run('sh', '-c', seconds(`ip -n ${name} -6 address | grep -q fd00:100:`))
          expect(node.run('ip', '-n', name, '-6', 'route').includes('default')).toBe(isGiven)
          call('DEL')
        })
      }
    }, 90_000)

    it('gives one to an interface that may have it, in a pod where another one may not', async () => {
      const netns = node.addPod('two')
      const setting = (key: string) =>
        node
          .run('ip', 'netns', 'exec', 'two', 'cat', `/proc/sys/net/ipv6/conf/${key}/accept_ra_defrtr`)
          .trim()
      const own = node.run('cat', '/proc/sys/net/ipv6/conf/default/accept_ra_defrtr')
      for (const [name, finance] of [
        ['net1', {}],
        ['net2', { allowDefaultRoute: true }],
      ] as const) {
        const ipam = { type: 'host-local', subnet: '10.100.2.0/24' }
        const { config, args } = await admit(network(ipam), node.key, {
          finance,
          selection: { interface: name },
        })
        const environment = { CNI_NETNS: netns, CNI_ARGS: args, CNI_CONTAINERID: 'two', CNI_IFNAME: name }
        expect(node.call({ plugin: 'macvlan', command: 'ADD', config, environment }).exit).toBe(0)
      }
      expect(['net1', 'net2', 'default'].map(setting)).toEqual(['0', '1', '0'])
      expect(node.run('cat', '/proc/sys/net/ipv6/conf/default/accept_ra_defrtr')).toBe(own)
    })

    it('is only written down where the guard only writes down', async () => {
      node.configure({ mode: 'audit' })
      const admitted = await admit(network(), node.key)
      await serve([option('3,10.100.1.1')], () => {
        const { exit, routes } = attach(admitted)
        expect([exit, routes.split(' dev ')[0]]).toEqual([0, 'default via 10.100.1.1'])
      })
      const [last = ''] = readFileSync(join(node.directory, 'guard.log'), 'utf8').trim().split('\n').reverse()
      expect(JSON.parse(last)).toMatchObject({ mode: 'audit', outcome: 'refused', statement: 'routes' })
    }, 60_000)
  },
)
