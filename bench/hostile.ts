import type { Manifest } from '../src/kube/manifest.ts'
import { attachment, exampleWorld, macvlanConfig, pod } from '../src/policy/example.ts'
import { Inventory } from '../src/policy/inventory.ts'
import { judge } from '../src/policy/judge.ts'
import { putManifest } from '../src/policy/put-policy.ts'
import { median, row } from './measure.ts'

const NETWORKS = 1_000
const RUNS = 5

/**
 * The most that a tenant can make one review cost, and those of others: everything as long as it may be, and compared with
 * a thousand networks of its own. What stands against a network is forgotten before each run, as after any edit.
 */
export function benchHostile(print: (line: string) => void): void {
  const inventory = new Inventory()
  for (const manifest of exampleWorld) putManifest(inventory, manifest)
  for (let index = 0; index < NETWORKS; index++) putManifest(inventory, hostileNetwork(index))
  const routes = Array.from({ length: 600 }, (_, index) => ({
    dst: `11.${index >> 8}.${index & 255}.0/24`,
  }))
  const selections = Array.from({ length: 64 }, (_, index) => ({
    name: `hostile-${index}`,
    ips: Array.from({ length: 32 }, (__, last) => `10.0.${index}.${last + 1}`),
  }))
  const slowNad = attachment(JSON.stringify({ ...macvlanConfig(), ipam: { type: 'static', routes } }))
  const cases = {
    'pod, 64 of the networks, 32 addresses each': inNamespace('logistics', pod(selections)),
    'pod, 250,000 commas': inNamespace('logistics', pod(','.repeat(250_000))),
    'pod, 250,000 bytes of JSON': inNamespace('logistics', pod(`[{${'"a":1,'.repeat(35_000)}"a":1}]`)),
    'NAD, 16 KiB of routes': inNamespace('logistics', slowNad),
    'NAD, 16 plugins and subnets': hostileNetwork(NETWORKS),
    'pod of someone else': inNamespace('finance', pod('storage,storage@data0')),
    'NAD of someone else': inNamespace('finance', attachment(macvlanConfig())),
  }
  print(`\na tenant with ${NETWORKS} networks that are made to be slow, ms`)
  print(row('', 'judged'))
  for (const [name, manifest] of Object.entries(cases)) {
    const times = Array.from({ length: RUNS }, () => {
      putManifest(inventory, hostileNetwork(0))
      const start = performance.now()
      judge(manifest, inventory)
      return performance.now() - start
    })
    print(row(name, median(times).toFixed(1)))
  }
}

function inNamespace(namespace: string, manifest: Manifest): Manifest {
  return { ...manifest, metadata: { ...manifest.metadata, namespace } }
}

/** Sixteen plugins in one VLAN, each with a subnet that overlaps those of everyone. */
function hostileNetwork(index: number) {
  const plugins = Array.from({ length: 16 }, () => ({
    type: 'macvlan',
    master: 'eth0.200',
    ipam: { type: 'host-local', subnet: '10.0.0.0/8' },
  }))
  const name = `hostile-${index}`
  return attachment({ cniVersion: '1.0.0', name, plugins }, { name, namespace: 'logistics' })
}
