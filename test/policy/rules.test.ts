import { describe, expect, it } from 'vitest'
import type { Manifest } from '../../src/kube/manifest.ts'
import { attachment, exampleWorld, macvlanConfig, pod } from '../../src/policy/example.ts'
import { judge } from '../../src/policy/judge.ts'
import type { Example } from '../../src/policy/rule.ts'
import { allRules } from '../../src/policy/rules/index.ts'
import { exampleInventory } from '../example-inventory.ts'

const judgeExample = ({ given = [], manifest, request }: Example) =>
  judge(manifest, exampleInventory(...given), request)

describe.each(allRules.map(rule => [rule.id, rule] as const))('%s', (id, rule) => {
  it('finds nothing in its good example, and neither does any other rule', () => {
    expect(judgeExample(rule.good)).toEqual([])
  })

  it('is the only rule that its bad example breaks', () => {
    const findings = judgeExample(rule.bad)
    expect(findings.length).toBeGreaterThan(0)
    expect(new Set(findings.map(finding => finding.rule)), JSON.stringify(findings, null, 1)).toEqual(
      new Set([id]),
    )
  })

  it('says the same title, and a detail that is not the title', () => {
    const findings = judgeExample(rule.bad)
    expect(findings.map(finding => finding.title)).toEqual(findings.map(() => rule.title))
    expect(findings.map(finding => finding.message)).not.toContain(rule.title)
  })
})

describe('the rules', () => {
  it('have ids of their own', () => {
    expect(new Set(allRules.map(rule => rule.id)).size).toBe(allRules.length)
  })
})

describe('a violation that weighs less than its rule', () => {
  it.each([
    [
      'an unknown network in a template, which may come later',
      'unknown-attachment',
      template('missing'),
      'warning',
    ],
    [
      'a claim in a template, whose pods get their own',
      'foreign-claim',
      template('[{"name":"storage","cni-args":{"socni.dev/claim":"x"}}]'),
      'warning',
    ],
    [
      'a network status in a template, whose pods lose it',
      'forged-network-status',
      template('storage', { 'k8s.v1.cni.cncf.io/network-status': '[]' }),
      'warning',
    ],
    ['an unknown network of a pod', 'unknown-attachment', pod('missing'), 'error'],
    [
      'a name that only the dynamic networks controller refuses',
      'unreadable-selection',
      pod('storage@my_net'),
      'warning',
    ],
  ])('warns: %s', (_, rule, manifest, severity) => {
    expect(judge(manifest, exampleInventory()).map(finding => [finding.rule, finding.severity])).toEqual([
      [rule, severity],
    ])
  })
})

describe('a Tenant that changes', () => {
  const finance = exampleWorld.find(({ kind }) => kind === 'Tenant') ?? pod(undefined)
  const stray = attachment({ ...macvlanConfig(), master: 'eth0.300' }, { name: 'stray' })

  it('orphans nothing that it did not hold', () => {
    expect(judge(finance, exampleInventory(stray), { before: finance })).toEqual([])
  })

  it('orphans all that it held when it is deleted, or gives up the namespace', () => {
    const said = 'network "finance/storage" loses VLAN 100 on "eth0"'
    expect(judge(finance, exampleInventory(stray), { isRemoval: true })).toMatchObject([{ message: said }])
    const { spec } = finance as { spec: object }
    const moved = { ...finance, spec: { ...spec, namespaces: ['finance-batch'] } }
    expect(judge(moved, exampleInventory(stray), { before: finance })).toMatchObject([{ message: said }])
  })
})

describe('a network in use', () => {
  it('is not held by pods of other tenants, which could keep its owner from it', () => {
    // It reaches no VLAN, so anybody may select it.
    const inner = attachment({ cniVersion: '1.0.0', name: 'inner', type: 'ptp' }, { name: 'inner' })
    const foreign = pod('finance/inner', { metadata: { namespace: 'logistics' } })
    const batch = pod('finance/inner', { metadata: { namespace: 'finance-batch' } })
    const removal = { isRemoval: true }
    expect(judge(inner, exampleInventory(inner, foreign), removal)).toEqual([])
    expect(judge(inner, exampleInventory(inner, foreign, batch), removal)).toMatchObject([
      { rule: 'attachment-in-use', message: expect.stringContaining('pod "finance-batch/teller" uses it') },
    ])
  })
})

function template(networks: string, more: Record<string, string> = {}): Manifest {
  const { metadata, spec } = pod(networks)
  const annotations = { ...metadata.annotations, ...more }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'tellers', namespace: 'finance' },
    spec: { template: { metadata: { annotations }, spec } },
  }
}
