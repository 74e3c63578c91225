import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { admit } from '../test/plugin/admission.ts'
import { Node, obstacle } from '../test/plugin/node.ts'
import { median } from './measure.ts'

const RUNS = 50

/** ADD of macvlan with the guard before it and alone, by turns, in one namespace; times are of whole processes. */
export async function benchGuard(print: (line: string) => void): Promise<void> {
  if (obstacle !== undefined) {
    print(`guard: left out, ${obstacle}`)
    return
  }
  await using node = await Node.start()
  const ipam = { type: 'host-local', subnet: '10.100.0.0/16' }
  const plain = { cniVersion: '1.0.0', type: 'macvlan', master: 'eth0.100', mode: 'bridge', ipam }
  const { config, args } = await admit(plain, node.key)
  node.addPod('bench')
  const input = join(node.directory, 'stdin.json')
  writeFileSync(input, JSON.stringify(config))
  const programs = { alone: join(node.binDir, 'socni.d/macvlan'), guarded: join(node.binDir, 'macvlan') }
  // One shell times all of it, so that its own start and nsenter's are in none of the figures.
  const script = `
    export CNI_CONTAINERID=c1 CNI_NETNS=/run/netns/bench CNI_IFNAME=net1 CNI_PATH=${node.binDir} CNI_ARGS='${args}' SOCNI_CONF_DIR=${node.confDir}
    for run in $(seq ${RUNS + 3}); do
      for program in ${programs.alone} ${programs.guarded}; do
        start=$(date +%s%N)
        CNI_COMMAND=ADD /usr/bin/time -f %M -o ${node.directory}/memory $program < ${input} > /dev/null || exit 1
        end=$(date +%s%N)
        echo "$program $((end - start)) $(tail -n 1 ${node.directory}/memory)"
        CNI_COMMAND=DEL ${programs.alone} < ${input} > /dev/null || exit 1
      done
    done`
  const lines = node
    .run('bash', '-c', script)
    .trim()
    .split('\n')
    .map(line => line.split(' '))
  const [alone, guarded] = Object.values(programs).map(program => {
    // The first ones fill the page cache.
    const own = lines.filter(([name]) => name === program).slice(3)
    return {
      ms: median(own.map(([, ns]) => Number(ns) / 1e6)),
      mib: median(own.map(([, , kib]) => Number(kib) / 1024)),
    }
  })
  if (alone === undefined || guarded === undefined) throw new Error('nothing was measured')
  const added = `${(guarded.ms - alone.ms).toFixed(1)} ms and ${(guarded.mib - alone.mib).toFixed(0)} MiB added`
  print(
    `guard: ADD of macvlan ${guarded.ms.toFixed(1)} ms, alone ${alone.ms.toFixed(1)} ms; ${added} (median of ${RUNS}, whole processes)`,
  )
}
