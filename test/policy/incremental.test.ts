import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Manifest } from '../../src/kube/manifest.ts'
import { attachment, bridgeConfig, macvlanConfig, pod, tenant } from '../../src/policy/example.ts'
import { Inventory } from '../../src/policy/inventory.ts'
import { judge } from '../../src/policy/judge.ts'
import { putManifest } from '../../src/policy/put-policy.ts'

const namespace = (name: string, labels: Record<string, string>): Manifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
})
const configuration = (spec: object): Manifest => ({
  apiVersion: 'socni.dev/v1alpha1',
  kind: 'ClusterConfiguration',
  metadata: { name: 'cluster' },
  spec,
})

const tenantSpec = fc.record({
  namespaces: fc.subarray(['a', 'b', 'c']),
  namespaceSelector: fc.option(fc.constant({ matchLabels: { team: 'x' } }), { nil: undefined }),
  vlans: fc.array(
    fc.record({
      ids: fc.constantFrom('100', 'native', '100-102', '1', '300'),
      masters: fc.constantFrom(['eth0'], ['eth0.100'], ['eth0', 'up'], ['br-lab']),
      subnets: fc.constantFrom([], ['10.100.0.0/16'], ['10.0.0.0/8', 'fd00::/16']),
      shared: fc.boolean(),
    }),
    { maxLength: 2 },
  ),
})
const network = fc.constantFrom(
  macvlanConfig(),
  { ...macvlanConfig(), master: 'up' },
  { ...macvlanConfig(), ipam: { type: 'whereabouts', range: '10.100.0.0/24', network_name: 'pool' } },
  { ...macvlanConfig(), ipam: { type: 'whereabouts', range: '10.100.0.0/24' } },
  bridgeConfig(),
  { ...bridgeConfig(), bridge: 'br-lab', vlan: 1 },
  { cniVersion: '1.0.0', name: 'x', type: 'dummy', ipam: { type: 'static' } },
)
const names = fc.constantFrom('a', 'b', 'c')

/** What a watch may tell of: an object as it is now, or that it is gone. */
type Event =
  | { readonly put: Manifest }
  | { readonly gone: 'tenant' | 'namespace' | 'network'; readonly name: string }

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(names, tenantSpec).map(([name, spec]) => ({ put: tenant(name, spec) })) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(names, names, network)
      .map(([name, where, config]) => ({ put: attachment(config, { name, namespace: where }) })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(names, fc.constantFrom({}, { team: 'x' }))
      .map(([name, labels]) => ({ put: namespace(name, labels as Record<string, string>) })),
  },
  fc
    .constantFrom(
      {},
      { interfaces: { up: { parent: 'eth0', vlan: 100 } } },
      { interfaces: { up: { parent: 'eth0', vlan: 0 } } },
    )
    .map(spec => ({ put: configuration(spec) })),
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom('tenant' as const, 'namespace' as const, 'network' as const), names)
      .map(([gone, name]) => ({ gone, name })),
  },
)

/** Everything that is there, judged, and what might come next; in no order, since that of changes is left in the subnets. */
function verdicts(inventory: Inventory, manifests: readonly Manifest[]): string[] {
  const probes = [
    ...manifests,
    ...['a', 'b', 'c'].flatMap(where => [
      attachment(macvlanConfig(), { name: 'probe', namespace: where }),
      attachment({ ...bridgeConfig(), bridge: 'br-lab', vlan: 1 }, { name: 'probe', namespace: where }),
      ...['a/a', 'b/b', 'c/c'].map(selected => {
        const probe = pod(selected)
        return { ...probe, metadata: { ...probe.metadata, namespace: where } }
      }),
    ]),
  ]
  return probes
    .flatMap(probe =>
      judge(probe, inventory).map(
        ({ rule, message }) =>
          `${probe.kind} ${probe.metadata.namespace}/${probe.metadata.name}: ${rule}: ${message}`,
      ),
    )
    .sort()
}

describe('an inventory', () => {
  it('that has heard of many changes is one that was filled with what there is', () => {
    let found = 0
    fc.assert(
      fc.property(fc.array(event, { minLength: 10, maxLength: 30 }), events => {
        const inventory = new Inventory()
        const there = new Map<string, Manifest>()
        const keyOf = ({ kind, metadata }: Manifest) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`
        for (const each of events) {
          if ('put' in each) {
            if (putManifest(inventory, each.put).length === 0) {
              there.delete(keyOf(each.put))
              there.set(keyOf(each.put), each.put)
            }
          } else if (each.gone === 'tenant') {
            inventory.removeTenant(each.name)
            there.delete(`Tenant /${each.name}`)
          } else if (each.gone === 'namespace') {
            inventory.removeNamespace(each.name)
            there.delete(`Namespace /${each.name}`)
          } else {
            inventory.removeAttachment(each.name, each.name)
            there.delete(`NetworkAttachmentDefinition ${each.name}/${each.name}`)
          }
        }
        const fresh = new Inventory()
        for (const manifest of there.values()) putManifest(fresh, manifest)
        const expected = verdicts(fresh, [...there.values()])
        expect(verdicts(inventory, [...there.values()])).toEqual(expected)
        found += expected.length
      }),
      { numRuns: 300 },
    )
    // It is about findings: those of worlds without any say nothing.
    expect(found).toBeGreaterThan(1_000)
  })
})
