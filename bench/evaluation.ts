import { attachment, exampleWorld, macvlanConfig, pod, tenant } from '../src/policy/example.ts'
import { Inventory } from '../src/policy/inventory.ts'
import { judge } from '../src/policy/judge.ts'
import { putManifest } from '../src/policy/put-policy.ts'
import { microseconds, row } from './measure.ts'

/** What a judgement costs as the store grows, and as a pod selects more networks. */
export function benchEvaluation(print: (line: string) => void): void {
  print('\njudging, as the store grows (tenants and NADs each)')
  print(row('', 'pod, 2 networks', 'NAD', 'Tenant'))
  const sizes = [10, 1_000, 10_000]
  const figures = sizes.map(size => figuresAt(size))
  for (const [index, figure] of figures.entries())
    print(row(`${sizes[index]}`, ...figure.map(time => `${time.toFixed(1)} µs`)))
  const [small, large] = [figures[0] ?? [], figures[2] ?? []]
  print(
    row('10,000 against 10', ...large.map((time, index) => `× ${(time / (small[index] ?? 1)).toFixed(2)}`)),
  )

  print('\njudging a pod, as it selects more networks')
  const inventory = inventoryOf(10)
  const one = microseconds(() => judge(podWith(1), inventory))
  for (const count of [1, 2, 4, 8, 16, 32]) {
    const time = microseconds(() => judge(podWith(count), inventory))
    print(row(`${count}`, `${time.toFixed(1)} µs`, `× ${(time / one).toFixed(2)}`))
  }
}

function podWith(count: number) {
  return pod(Array.from({ length: count }, (_, index) => `storage@net${index}`).join(','))
}

function figuresAt(size: number): number[] {
  const inventory = inventoryOf(size)
  const manifests = [
    pod('storage,storage@data0'),
    attachment(macvlanConfig()),
    exampleWorld[0] ?? pod(undefined),
  ]
  return manifests.map(manifest => microseconds(() => judge(manifest, inventory)))
}

/** The example world, and as many tenants with a namespace, a VLAN on an interface of their own, a subnet and a NAD. */
function inventoryOf(size: number): Inventory {
  const inventory = new Inventory()
  for (const manifest of exampleWorld) putManifest(inventory, manifest)
  for (let index = 0; index < size; index++) {
    const [high, low] = [Math.floor(index / 250), index % 250]
    const master = `nic${Math.floor(index / 1000)}`
    const id = 1000 + (index % 1000)
    const name = `tenant-${index}`
    putManifest(
      inventory,
      tenant(name, {
        namespaces: [name],
        vlans: [{ ids: id, masters: [master], subnets: [`172.${high}.${low}.0/24`] }],
      }),
    )
    const config = {
      ...macvlanConfig(),
      name,
      master: `${master}.${id}`,
      ipam: { type: 'whereabouts', range: `172.${high}.${low}.0/24` },
    }
    putManifest(inventory, attachment(config, { name: 'net', namespace: name }))
  }
  return inventory
}
