import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { generateSigningKey } from '../../src/claims/keys.ts'
import type { JsonObject } from '../../src/json/value.ts'
import { type Attach, admit } from './admission.ts'
import { noKernel, runInKernel } from './kernel.ts'
import { layOut, obstacle } from './node.ts'

const reason = obstacle ?? noKernel
const shared = mkdtempSync(join(tmpdir(), 'socni-kernel-'))
afterAll(() => rmSync(shared, { recursive: true }))
const key = generateSigningKey()

/** The NAD of seed 000: the key "vlan", which the reference plugin does not read. Each node has a range of its own. */
const seed = (vlan: number, range: string): JsonObject => ({
  cniVersion: '1.0.0',
  type: 'vlan',
  master: 'eth0',
  vlan,
  ipam: {
    type: 'host-local',
    ranges: [[{ subnet: '10.100.0.0/24', rangeStart: `10.100.0.${range}`, rangeEnd: `10.100.0.${range}` }]],
  },
})

/** Two nodes joined by a trunk; calls are `call NODE POD COMMAND FILE ARGS`, each with a file of its own for the result. */
function scriptFor(bin: string, conf: string): string {
  return `
for node in n1 n2; do ip netns add $node; ip -n $node link set lo up; done
ip link add t1 type veth peer name t2
ip link set t1 netns n1 name eth0; ip link set t2 netns n2 name eth0
ip -n n1 link set eth0 up; ip -n n2 link set eth0 up
for pod in f1 f2 l1 thief port; do ip netns add $pod; ip -n $pod link set lo up; done
call() {
  ip netns exec $1 env -i CNI_COMMAND=$3 CNI_CONTAINERID=$2 CNI_NETNS=/run/netns/$2 CNI_IFNAME=net1 CNI_PATH=${bin} \\
    CNI_ARGS="$5" SOCNI_CONF_DIR=${conf} ${bin}/\${6:-vlan} < ${shared}/$4.json > ${shared}/result 2>&1 && echo "$2 $3 ok" || { echo "$2 $3 refused"; cat ${shared}/result; }
}
address() { ip -n $1 -o -4 addr show dev net1 | awk '{ print $4 }'; }
call n1 f1 ADD f1 "$(cat ${shared}/f1.args)"
call n2 f2 ADD f2 "$(cat ${shared}/f2.args)"
call n2 l1 ADD l1 "$(cat ${shared}/l1.args)"
echo "f1 $(address f1)"; echo "f2 $(address f2)"; echo "l1 $(address l1)"
ip -n f1 -d link show net1 | grep -o 'vlan protocol 802.1Q id [0-9]*'
ip -n l1 -d link show net1 | grep -o 'vlan protocol 802.1Q id [0-9]*'
ip netns exec n1 tcpdump -U -Z root -i eth0 -e -n -w ${shared}/trunk.pcap vlan >/dev/null 2>&1 & capture=$!
while [ ! -s ${shared}/trunk.pcap ]; do sleep 0.2; done
ip netns exec f1 ping -c 2 -W 2 10.100.0.12 > /dev/null && echo "finance reaches finance" || echo "finance does not reach finance"
ip netns exec l1 ping -c 2 -W 1 10.100.0.11 > /dev/null && echo "logistics reaches finance" || echo "logistics does not reach finance"
kill $capture; wait $capture 2>/dev/null || true
tcpdump -Z root -r ${shared}/trunk.pcap -e -n 2>/dev/null | grep 'ICMP echo reply' | grep -o 'vlan [0-9]*' | sort -u | sed 's/^/replies tagged /'
call n1 thief ADD f1 "$(sed 's/K8S_POD_NAMESPACE=finance/K8S_POD_NAMESPACE=logistics/' ${shared}/f1.args)"
call n1 thief ADD edited "$(cat ${shared}/f1.args)"
ip -n thief -o link | grep -c net1 || true
ip -n n1 link add br-lab type bridge
ip -n n1 link set br-lab up
call n1 port ADD port "$(cat ${shared}/port.args)" bridge
call n1 port ADD ridden "$(cat ${shared}/ridden.args)"
ip -n port -d link show net1 | grep -o 'vlan protocol 802.1Q id [0-9]*'
call n1 port DEL ridden ""
ip -n n1 link set br-lab type bridge vlan_filtering 1
call n1 port ADD port "$(cat ${shared}/port.args)" bridge
bridge -n n1 vlan show | grep -o '100 PVID'
call n1 port DEL port "" bridge
ip -n n1 link del br-lab
ip -n n1 link add link eth0 name eth0.100 type vlan id 30
call n1 port ADD named "$(cat ${shared}/named.args)" macvlan
ip -n n1 link del eth0.100
for pod in f1 thief; do call n1 $pod DEL f1 ""; done
for pod in f2 l1; do call n2 $pod DEL $pod ""; done
echo "left: $(for pod in f1 f2 l1 thief n1 n2; do ip -n $pod -d link; done | grep -c 802.1Q || true) interfaces, $(ls /var/lib/cni/networks/*/10.* 2>/dev/null | wc -l) addresses"
`
}

function write(name: string, { config, args }: Attach): void {
  writeFileSync(join(shared, `${name}.json`), JSON.stringify(config))
  writeFileSync(join(shared, `${name}.args`), args)
}

describe.skipIf(reason !== undefined)(
  `the guard before the real vlan plugin, in a kernel with 802.1Q${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    it('keeps two tenants on two nodes inside their own VLANs, with the NAD of seed 000, and no port on a bridge without', async () => {
      const [bin, conf] = [join(shared, 'bin'), join(shared, 'net.d')]
      layOut(bin, conf, key, ['vlan', 'bridge', 'macvlan'])
      write('f1', await admit({ ...seed(100, '11'), name: 'f1' }, key))
      write('f2', await admit({ ...seed(100, '12'), name: 'f2' }, key))
      write('l1', await admit({ ...seed(300, '13'), name: 'l1' }, key, { namespace: 'logistics' }))
      write(
        'port',
        await admit({ cniVersion: '1.0.0', name: 'port', type: 'bridge', bridge: 'br-lab', vlan: 100 }, key),
      )
      const ridden = { ...seed(100, '13'), name: 'ridden', master: 'br-lab' }
      write('ridden', await admit(ridden, key))
      const named = { cniVersion: '1.0.0', name: 'named', type: 'macvlan', master: 'eth0.100' }
      write('named', await admit(named, key))
      const f1 = await admit({ ...seed(100, '11'), name: 'f1' }, key)
      write('edited', { ...f1, config: { ...f1.config, vlan: 300 } })

      const { exit, output } = runInKernel(scriptFor(bin, conf), shared)
      const lines = output
        .trim()
        .split('\n')
        .map(line => line.replace(/"details":.*|"msg":"(.{0,60}).*/, '$1'))
      expect({ exit, lines }).toEqual({
        exit: 0,
        lines: [
          'f1 ADD ok',
          'f2 ADD ok',
          'l1 ADD ok',
          'f1 10.100.0.11/24',
          'f2 10.100.0.12/24',
          'l1 10.100.0.13/24',
          'vlan protocol 802.1Q id 100',
          'vlan protocol 802.1Q id 300',
          'finance reaches finance',
          'logistics does not reach finance',
          'replies tagged vlan 100',
          'thief ADD refused',
          '{"cniVersion":"1.0.0","code":7,the claim does not hold: it was signed for namespace \\"finan',
          'thief ADD refused',
          '{"cniVersion":"1.0.0","code":7,the claim does not hold: it was signed for uplinks [{\\"maste',
          '0',
          'port ADD refused',
          '{"cniVersion":"1.0.0","code":7,\\"br-lab\\" of this node does not filter VLANs, so that the p',
          'port ADD ok',
          'vlan protocol 802.1Q id 100',
          'port DEL ok',
          'port ADD ok',
          '100 PVID',
          'port DEL ok',
          'port ADD refused',
          '{"cniVersion":"1.0.0","code":7,\\"eth0.100\\" of this node is VLAN 30, not 100: rename it, or',
          'f1 DEL ok',
          'thief DEL ok',
          'f2 DEL ok',
          'l1 DEL ok',
          'left: 0 interfaces, 0 addresses',
        ],
      })
    }, 270_000)
  },
)
