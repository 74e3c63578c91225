import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateSigningKey } from '../../src/claims/keys.ts'
import type { JsonObject } from '../../src/json/value.ts'
import { type Attach, admit } from './admission.ts'
import { noKernel, runInKernel } from './kernel.ts'
import { layOut, obstacle } from './node.ts'

const reason = obstacle ?? noKernel
const shared = mkdtempSync(join(tmpdir(), 'socni-shared-'))
const [bin, conf] = [join(shared, 'bin'), join(shared, 'net.d')]
const key = generateSigningKey()

/** The guard by its own name: any number of pods in one VLAN on a node. Each node has a range of its own. */
const socni = (name: string, vlan: number, range: string, change: JsonObject = {}): JsonObject => ({
  cniVersion: '1.0.0',
  name,
  type: 'socni',
  master: 'eth0',
  vlan,
  ipam: {
    type: 'host-local',
    ranges: [[{ subnet: '10.100.0.0/24', rangeStart: `10.100.0.${range}0`, rangeEnd: `10.100.0.${range}9` }]],
  },
  ...change,
})

/** `call NODE CONTAINER COMMAND FILE [CHANGE]`: prints what the plugin answered, in one word or by its message. */
const SETUP = `
for node in n1 n2; do ip netns add $node; ip -n $node link set lo up; done
ip link add t1 type veth peer name t2
ip link set t1 netns n1 name eth0; ip link set t2 netns n2 name eth0
ip -n n1 link set eth0 up; ip -n n2 link set eth0 up
for pod in a b c d e; do ip netns add $pod; ip -n $pod link set lo up; done
call() {
  ip netns exec $1 env -i CNI_COMMAND=$3 CNI_CONTAINERID=$2 CNI_NETNS=/run/netns/$2 CNI_IFNAME=net1 CNI_PATH=${bin} \\
    CNI_ARGS="$(cat ${shared}/$4.args)" SOCNI_CONF_DIR=${conf} ${bin}/socni < ${shared}/$4.json > ${shared}/result 2>&1 \\
    && echo "$2 $3 ok" || echo "$2 $3: $(sed 's/.*"msg":"//; s/","details.*//; s/"}$//' ${shared}/result)"
}
links() { echo "$1: $(ip -n $1 -d link show type vlan 2>/dev/null | grep -o 'vlan protocol 802.1Q id [0-9]*' | tr '\\n' ',') uses $(ip -n $1 -d link | grep -c 'altname socni-' || true)"; }
`

const LIFE = `${SETUP}
call n1 a ADD n1-100; call n1 b ADD n1-100; call n2 c ADD n2-100; call n1 d ADD n1-300
links n1; links n2
echo "the node has $(ip -n n1 -o -6 address show dev eth0.100 | wc -l) addresses there"
ip -n n1 address add 192.168.7.1/32 dev lo; ip -n c route add 192.168.7.1 dev net1
ip netns exec c ping -c 1 -W 1 192.168.7.1 > /dev/null || true
ip -n c neigh show 192.168.7.1 | grep -q lladdr && echo 'and answers for others' || echo 'and does not answer for others'
ip -n n1 link show group 1936679790 | grep -o 'eth0.[0-9]*@eth0' | tr '\\n' ' '; echo
ip netns exec n1 tcpdump -U -Z root -i eth0 -e -n -w ${shared}/trunk.pcap vlan >/dev/null 2>&1 & capture=$!
while [ ! -s ${shared}/trunk.pcap ]; do sleep 0.2; done
reach() { ip netns exec $1 ping -c 1 -W 2 $2 > /dev/null && echo "$1 reaches $2" || echo "$1 does not reach $2"; }
reach a 10.100.0.11; reach a 10.100.0.20; reach d 10.100.0.10
kill $capture; wait $capture 2>/dev/null || true
tcpdump -Z root -r ${shared}/trunk.pcap -e -n 2>/dev/null | grep 'ICMP echo reply' | grep -o 'vlan [0-9]*' | sort -u | sed 's/^/replies tagged /'
call n1 a CHECK n1-100-check
call n1 e ADD n1-100-stolen
call n1 e ADD n1-300-edited
links n1
call n1 a DEL n1-100; links n1
call n1 b DEL n1-100; call n1 b DEL n1-100; links n1
call n1 a CHECK n1-100-check
ip -n a link add net1 type dummy; call n1 a ADD n1-100 | head -n 1 | cut -c1-6; links n1
call n1 d DEL n1-300; call n2 c DEL n2-100
call n1 e ADD n1-100; call n1 e DEL n1-300-edited
links n1; links n2
echo "addresses $(ls /var/lib/cni/networks/*/10.* 2>/dev/null | wc -l)"
`

const OTHERS = `${SETUP}
ip -n n1 link add link eth0 name eth0.100 type vlan id 100; ip -n n1 link set eth0.100 up
open() { echo "open: $(ip netns exec n1 sysctl -n net.ipv6.conf.eth0/100.disable_ipv6 net.ipv4.conf.eth0/100.rp_filter | tr '\\n' ' ')"; }
call n1 a ADD n1-100; links n1; open
call n1 a DEL n1-100; links n1
ip -n n1 link del eth0.100; ip -n n1 link add eth0.100 type bridge
call n1 a ADD n1-100
ip -n n1 link del eth0.100; ip -n n1 link add link eth0 name eth0.100 type vlan id 300
call n1 a ADD n1-100
ip -n n1 link del eth0.100
call n1 a ADD nowhere
mv ${bin}/socni.d/macvlan ${bin}/away; call n1 a ADD n1-100 | grep -o 'not on this node'; links n1; mv ${bin}/away ${bin}/socni.d/macvlan
call n1 a ADD n1-100-small; open
ip netns exec n1 sysctl -q -w net.ipv6.conf.eth0/100.disable_ipv6=0 net.ipv4.conf.eth0/100.rp_filter=0
call n1 b ADD n1-100; open; call n1 c ADD other-100; links n1
for pod in a b; do ip -n $pod link show net1 | grep -o 'mtu [0-9]*'; done
call n1 x GC gc-first > /dev/null; links n1
call n1 x GC gc-none > /dev/null; links n1
call n1 x GC gc-other > /dev/null; links n1
mount -t tmpfs none /mnt; mount -o bind / /mnt; mount -o remount,ro,bind /mnt
for d in proc sys run var/lib; do mount --rbind /$d /mnt/$d; done
ip netns exec n1 chroot /mnt /usr/bin/env -i CNI_COMMAND=ADD CNI_CONTAINERID=a2 CNI_NETNS=/run/netns/d CNI_IFNAME=net1 CNI_PATH=${bin} \\
  CNI_ARGS="$(cat ${shared}/n1-100.args)" SOCNI_CONF_DIR=${conf} ${bin}/socni < ${shared}/n1-100.json > /run/result 2>&1 && echo "read-only ok" || cat /run/result
links n1
`

function write(name: string, { config, args }: Attach): void {
  writeFileSync(join(shared, `${name}.json`), JSON.stringify(config))
  writeFileSync(join(shared, `${name}.args`), args)
}

function linesOf({ exit, output }: { exit: number; output: string }): { exit: number; lines: string[] } {
  return { exit, lines: output.trim().split('\n') }
}

describe.skipIf(reason !== undefined)(
  `several pods in one VLAN on a node, in a kernel with 802.1Q${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    let wide: Attach
    beforeAll(async () => {
      layOut(bin, conf, key, ['macvlan'])
      const n1 = await admit(socni('n1-100', 100, '1'), key)
      write('n1-100', n1)
      write('n1-100-small', await admit(socni('n1-100', 100, '1', { mtu: 600 }), key))
      write('n2-100', await admit(socni('n2-100', 100, '2'), key))
      write('other-100', await admit(socni('other-100', 100, '4'), key))
      write('n1-300', await admit(socni('n1-300', 300, '3'), key, { namespace: 'logistics' }))
      wide = await admit(
        socni('wide', 100, '1', { ipam: { type: 'host-local', subnet: '10.100.8.0/22' } }),
        key,
      )
      write('nowhere', await admit(socni('nowhere', 100, '1', { master: 'br-lab' }), key))
      write('n1-100-stolen', { ...n1, args: n1.args.replace('=finance', '=logistics') })
      write('n1-300-edited', { ...n1, config: { ...n1.config, vlan: 300 } })
      const interfaces = [{ name: 'net1', sandbox: '/run/netns/a' }]
      const ips = [{ address: '10.100.0.10/24', interface: 0 }]
      write('n1-100-check', {
        ...n1,
        config: { ...n1.config, prevResult: { cniVersion: '1.0.0', interfaces, ips } },
      })
      const gc = (name: string, ...containers: string[]): Attach => ({
        args: '',
        config: {
          ...socni(name, 100, '1'),
          cniVersion: '1.1.0',
          'cni.dev/valid-attachments': containers.map(containerID => ({ containerID, ifname: 'net1' })),
        },
      })
      write('gc-first', gc('n1-100', 'a', 'c'))
      write('gc-none', gc('n1-100'))
      write('gc-other', gc('other-100'))
    })
    afterAll(() => rmSync(shared, { recursive: true }))

    it('shares a sub-interface from the first ADD to the last DEL, and keeps the tenants apart', () => {
      expect(linesOf(runInKernel(LIFE, shared))).toEqual({
        exit: 0,
        lines: [
          'a ADD ok',
          'b ADD ok',
          'c ADD ok',
          'd ADD ok',
          'n1: vlan protocol 802.1Q id 100,vlan protocol 802.1Q id 300, uses 3',
          'n2: vlan protocol 802.1Q id 100, uses 1',
          'the node has 0 addresses there',
          'and does not answer for others',
          'eth0.100@eth0 eth0.300@eth0 ',
          'a reaches 10.100.0.11',
          'a reaches 10.100.0.20',
          'd does not reach 10.100.0.10',
          'replies tagged vlan 100',
          'a CHECK ok',
          expect.stringContaining('e ADD: the claim does not hold: it was signed for namespace'),
          expect.stringContaining('e ADD: the claim does not hold: it was signed for uplinks'),
          'n1: vlan protocol 802.1Q id 100,vlan protocol 802.1Q id 300, uses 3',
          'a DEL ok',
          'n1: vlan protocol 802.1Q id 100,vlan protocol 802.1Q id 300, uses 2',
          'b DEL ok',
          'b DEL ok',
          'n1: vlan protocol 802.1Q id 300, uses 1',
          'a CHECK: the sub-interface eth0.100 is gone',
          // There is a net1 already: what was made for this attachment goes again.
          'a ADD:',
          'n1: vlan protocol 802.1Q id 300, uses 1',
          'd DEL ok',
          'c DEL ok',
          // Of a network that was edited meanwhile.
          'e ADD ok',
          'e DEL ok',
          'n1:  uses 0',
          'n2:  uses 0',
          'addresses 0',
        ],
      })
    }, 270_000)

    it("leaves what others made, refuses what is something else, and collects what is no pod's any more", () => {
      expect(linesOf(runInKernel(OTHERS, shared))).toEqual({
        exit: 0,
        lines: [
          'a ADD ok',
          'n1: vlan protocol 802.1Q id 100, uses 0',
          'open: 0 0 ',
          'a DEL ok',
          'n1: vlan protocol 802.1Q id 100, uses 0',
          'a ADD: \\"eth0.100\\" is there, and is not VLAN 100 on \\"eth0\\"',
          'a ADD: \\"eth0.100\\" is there, and is not VLAN 100 on \\"eth0\\"',
          'a ADD: the master \\"br-lab\\" is no interface of this node',
          'not on this node',
          'n1:  uses 0',
          'a ADD ok',
          'open: 1 1 ',
          // As a version before may have left it.
          'b ADD ok',
          'open: 1 1 ',
          'c ADD ok',
          'n1: vlan protocol 802.1Q id 100, uses 3',
          // What one pod asks for is not what the others get.
          'mtu 600',
          'mtu 1500',
          'n1: vlan protocol 802.1Q id 100, uses 2',
          'n1: vlan protocol 802.1Q id 100, uses 1',
          'n1:  uses 0',
          'read-only ok',
          'n1: vlan protocol 802.1Q id 100, uses 1',
        ],
      })
    }, 270_000)

    it('survives 120 ADDs and DELs at once, with guards killed at any moment, and leaves nothing behind', () => {
      const storm = {
        program: join(bin, 'socni'),
        environment: {
          CNI_IFNAME: 'net1',
          CNI_PATH: bin,
          CNI_ARGS: wide.args,
          SOCNI_CONF_DIR: conf,
        },
        config: JSON.stringify(wide.config),
        pods: Array.from({ length: 8 }, (_, index) => `p${index}`),
        containers: 60,
        killEvery: 4,
        killWithinMs: 1800,
      }
      writeFileSync(join(shared, 'storm.json'), JSON.stringify(storm))
      const { exit, output } = runInKernel(
        `${SETUP}
for pod in 0 1 2 3 4 5 6 7; do ip netns add p$pod; done
ip netns exec n1 ${process.execPath} ${join(import.meta.dirname, 'storm.ts')} "$(cat ${shared}/storm.json)"
links n1
for pod in 0 1 2 3 4 5 6 7; do ip -n p$pod -o link | grep -v ' lo:' || true; done`,
        shared,
        400,
      )
      const [report = '', ...rest] = output.trim().split('\n')
      const { killed, added, refused, removed, addresses, complaints } = JSON.parse(report)
      expect({ exit, rest, complaints, refused, removed, addresses }).toEqual({
        exit: 0,
        rest: ['n1:  uses 0'],
        refused: 0,
        complaints: [],
        removed: 60,
        addresses: [],
      })
      expect([killed + added, killed > 6, added > 30]).toEqual([60, true, true])
    }, 400_000)
  },
)
