import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PodSpec } from '../../src/kube/manifest.ts'
import { attachment, pod as examplePod, tenant } from '../../src/policy/example.ts'
import { ctl } from '../socni-ctl.ts'
import { type ControlPlane, startControlPlane, type User } from './control-plane.ts'
import { findDefinitions } from './definitions.ts'
import { applyDefinitions, install, type Replica, startReplica, until } from './installation.ts'
import { ask } from './readiness.ts'

const NAD = 'network-attachment-definitions'
const ledger = { cniVersion: '1.0.0', type: 'macvlan', master: 'eth0.110', mode: 'bridge' }

const network = (name: string, config: Record<string, unknown>) => attachment(config, { name })
const pod = (name: string, networks: string, spec: PodSpec = {}) =>
  examplePod(networks, { metadata: { name }, spec })
const finance = (ids: string) =>
  tenant('finance', {
    namespaces: ['finance', 'absent'],
    vlans: [
      { ids, masters: ['eth0'] },
      { ids: 700, masters: ['bond1'] },
    ],
  })

describe('what is there before the webhook', () => {
  let plane: ControlPlane
  let replica: Replica
  const environment = { SOCNI_AUDIT_INTERVAL: '2' }
  const kubectl = (...args: string[]) => plane.said(args)
  const apply = (object: object, user: User = 'admin', ...flags: string[]) =>
    plane.said(['apply', ...flags, '-f', '-'], JSON.stringify(object), user)
  const report = (kind = 'reports.openreports.io') =>
    JSON.parse(plane.kubectl(['-n', 'finance', 'get', kind, 'socni', '-o', 'json']))
  const metrics = async () => (await ask(replica.address, '/metrics')).text
  /** Waits for two whole audits from now on. */
  const audits = async () => {
    const last = async () => /^socni_audit_timestamp_seconds (\S+)/m.exec(await metrics())?.[1]
    for (let count = 0; count < 2; count++) {
      const before = await last()
      await until(async () => (await last()) !== before)
    }
  }

  beforeAll(async () => {
    plane = await startControlPlane()
    applyDefinitions(plane)
    for (const file of findDefinitions('openreports')) plane.kubectl(['apply', '--server-side', '-f', file])
    plane.kubectl(['create', 'namespace', 'finance'])
    for (const object of [
      finance('110-119'),
      network('ledger', ledger),
      network('stray', { ...ledger, master: 'eth0.300' }),
      pod('old', 'ledger'),
    ])
      plane.kubectl(['apply', '-f', '-'], JSON.stringify(object))
    plane.kubectl(['create', 'namespace', 'untouched'])
    replica = await install(plane, environment)
  })
  afterAll(async () => {
    await replica?.end()
    await plane?.[Symbol.asyncDispose]()
  })

  it('is reported, as a request for it would be told', async () => {
    await until(() => report().summary.fail > 0)
    const { results, summary } = report()
    expect(summary).toEqual({ pass: 0, fail: 2, warn: 0, error: 0, skip: 0 })
    expect(results).toMatchObject([
      {
        rule: 'vlan-not-granted',
        source: 'socni',
        severity: 'high',
        message: expect.stringContaining('VLAN 300 on "eth0" is not granted to tenant "finance"'),
        properties: { field: 'spec.config.master' },
        resources: [{ kind: 'NetworkAttachmentDefinition', name: 'stray' }],
      },
      {
        rule: 'foreign-claim',
        result: 'fail',
        resources: [{ kind: 'Pod', name: 'old', namespace: 'finance', uid: expect.anything() }],
        message: expect.stringContaining('restart it'),
      },
    ])
    expect(kubectl('get', 'clusterreports.openreports.io')).toContain('No resources found')
    expect(await metrics()).toContain('socni_audit_findings{rule="vlan-not-granted",severity="error"} 1\n')
  })

  it('is told once, and written again only when it changes', async () => {
    const version = () => report().metadata.resourceVersion
    const events = () =>
      JSON.parse(plane.kubectl(['-n', 'finance', 'get', 'events', '-o', 'json'])).items.map(
        (event: { involvedObject: { name: string }; reason: string; message: string }) =>
          [event.involvedObject.name, event.reason, /\[.*\]/.exec(event.message)?.[0]].join(' '),
      )
    const before = version()
    await audits()
    expect(version()).toBe(before)
    expect(events().sort()).toEqual([
      'old PolicyViolation [foreign-claim]',
      'stray PolicyViolation [vlan-not-granted]',
    ])
    expect(kubectl('-n', 'finance', 'delete', NAD, 'stray')).toContain('deleted')
    await until(() => report().summary.fail === 1)
    expect(kubectl('-n', 'finance', 'delete', 'pod', 'old', '--grace-period=0', '--force')).toContain(
      'deleted',
    )
    await until(() => kubectl('get', 'reports.openreports.io', '-A').includes('No resources found'))
  })

  it('says nothing of a pod that came with its node, whose claim nothing can bind', async () => {
    expect(apply(pod('preset', 'ledger', { nodeName: 'node-1' }))).toContain('created')
    await audits()
    expect(kubectl('get', 'reports.openreports.io', '-A')).toContain('No resources found')
    expect(kubectl('-n', 'finance', 'delete', 'pod', 'preset', '--grace-period=0', '--force')).toContain(
      'deleted',
    )
  })

  it('shows in the status of its Tenant, with what is in force and what is not', async () => {
    const status = () => JSON.parse(plane.kubectl(['get', 'tenant', 'finance', '-o', 'json'])).status
    await until(
      () => apply(pod('teller', 'ledger')).includes('created') || apply(pod('teller', 'ledger')) !== '',
    )
    // It follows what changes within ten seconds.
    await until(() => status()?.pods === 1 && status()?.networks === 1)
    expect(status()).toEqual({
      observedGeneration: 1,
      namespaces: ['finance'],
      granted: 'bond1: 700; eth0: 110-119',
      vlansInUse: 'eth0: 110',
      networks: 1,
      pods: 1,
      conflicts: [],
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'InForce',
          message: '',
          observedGeneration: 1,
          lastTransitionTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        },
      ],
    })
    const waiting = ['wait', '--for=condition=Ready', 'tenant/finance', '--timeout=5s']
    expect(plane.kubectl(waiting)).toContain('condition met')
    expect(plane.kubectl(['get', 'tnt'])).toMatch(
      /NAME +READY +REASON +GRANTED +AGE\nfinance +True +InForce +bond1: 700; eth0: 110-119 +/,
    )
    expect(plane.kubectl(['get', 'tnt', '-o', 'wide'])).toMatch(
      /NAME +READY +REASON +NAMESPACES +GRANTED +IN USE +NETWORKS +PODS +CONFLICTS +AGE\nfinance +True +InForce +\["finance"\] +bond1: 700; eth0: 110-119 +eth0: 110 +1 +1 +\[\]/,
    )
  })

  it('is not taken away under the pods that use it', async () => {
    expect(kubectl('-n', 'finance', 'delete', NAD, 'ledger')).toContain(
      'Pods use the network: pod "finance/teller" uses this network: delete what uses it first',
    )
    expect(apply(network('ledger', { ...ledger, master: 'eth0.111' }))).toContain(
      'VLAN 110 on "eth0" would become VLAN 111 on "eth0" while pod "finance/teller" uses this network',
    )
    expect(apply(network('ledger', { ...ledger, mtu: 1400 }), 'admin', '--dry-run=server')).toMatch(
      /configured \(server dry run\)\nWarning: \[stale-claims\] pod "finance\/teller" uses this network with claims for what it said before/,
    )
    // A namespace that is deleted takes all with it, and the order is nobody's.
    const controller = '--as=system:serviceaccount:kube-system:namespace-controller'
    expect(
      kubectl(
        '-n',
        'finance',
        controller,
        '--as-group=system:masters',
        'delete',
        '--dry-run=server',
        NAD,
        'ledger',
      ),
    ).toContain('deleted')
    // A pod that has ended uses nothing.
    const ended = JSON.stringify({ status: { phase: 'Succeeded' } })
    kubectl('-n', 'finance', 'patch', 'pod', 'teller', '--subresource=status', '--type=merge', '-p', ended)
    await until(() => kubectl('-n', 'finance', 'delete', NAD, 'ledger').includes('deleted'))
  })

  it('may lose its VLANs when an administrator says so, who is told of it', async () => {
    expect(apply(network('ledger', ledger))).toContain('created')
    await until(() =>
      apply(finance('115-119'), 'admin', '--dry-run=server').includes('Warning: [orphaned-networks]'),
    )
    expect(kubectl('delete', '--dry-run=server', 'tenant', 'finance')).toContain(
      'Warning: [orphaned-networks]',
    )
    expect(apply(finance('110-120'))).toBe('tenant.socni.dev/finance configured\n')
  })

  it('has a Tenant whose form the API server knows without asking', () => {
    const says = (spec: Record<string, unknown>) => apply(tenant('retail', spec), 'admin', '--dry-run=server')
    const vlans = [{ ids: '500', masters: ['eth0'] }]
    expect(says({ vlans })).toContain('a tenant needs "namespaces" or a "namespaceSelector"')
    expect(says({ namespaceSelector: {} })).toContain('an empty selector would claim every namespace')
    expect(says({ namespaces: ['shop'], vlans: [{ ids: '500;501', masters: ['eth0'] }] })).toContain(
      'spec.vlans[0].ids: Invalid value: "500;501"',
    )
    expect(says({ namespaces: ['shop'], vlans: [{ ids: 5000, masters: ['eth0'] }] })).toContain('4094')
    expect(says({ namespaces: ['shop'], vlans, rules: { 'default-route': 'off' } })).toContain('created')
    expect(says({ namespaces: ['shop'], vlans: [{ ids: ' native, 7 - 9 ', masters: ['eth0'] }] })).toContain(
      'created',
    )
  })

  it('goes from audit over warn to deny, as docs/runbook.md has it', async () => {
    const set = (text: string) =>
      kubectl(
        ...['-n', 'socni-system', 'patch', 'configmap', 'socni-configuration', '--type=merge', '-p'],
        JSON.stringify({ data: { 'cluster.yaml': text } }),
      )
    const configure = (spec: string) => {
      const text = `apiVersion: socni.dev/v1alpha1\nkind: ClusterConfiguration\nmetadata: { name: cluster }\nspec: ${spec}\n`
      expect(set(text)).toContain('patched')
    }
    const foreign = () =>
      apply(network('trunk', { ...ledger, master: 'eth0.300' }), 'admin', '--dry-run=server')
    expect(foreign()).toContain('[vlan-not-granted]')
    configure('{ enforcement: audit }')
    await until(
      () => foreign() === 'networkattachmentdefinition.k8s.cni.cncf.io/trunk created (server dry run)\n',
    )
    configure('{ enforcement: warn }')
    await until(() => foreign().includes('Warning: [vlan-not-granted]') && foreign().includes('created'))
    configure('{ enforcement: warn, namespaces: { finance: { enforcement: deny } } }')
    await until(() => foreign().includes('denied the request'))
    configure('{ enforcement: warn, rules: { vlan-not-granted: off } }')
    await until(
      () => foreign() === 'networkattachmentdefinition.k8s.cni.cncf.io/trunk created (server dry run)\n',
    )
    configure('{ enforcement: deny }')
    // One that cannot be read is refused with the place, and changes nothing.
    const head = 'apiVersion: socni.dev/v1alpha1\nkind: ClusterConfiguration\nmetadata: { name: cluster }\n'
    expect(set(`${head}spec: { enforcement: strict }\n`)).toContain(
      'cluster.yaml: spec.enforcement: "strict" is not understood: use "audit", "warn" or "deny"',
    )
    expect(set(`${head}spec: { rules: { vlan-granted: deny } }\n`)).toContain(
      'Warning: [unknown-rule] "vlan-granted" is no rule: did you mean "vlan-granted-twice"? socni-ctl rules lists them',
    )
    expect(set('kind: [\n')).toMatch(/denied the request: cluster\.yaml:\d+: /)
    expect(set('')).toContain('has no "cluster.yaml" with one ClusterConfiguration')
    await until(() => foreign().includes('denied the request'))
    const there = plane.kubectl(['get', 'net-attach-def,deploy,sts,ds,cronjob', '-A', '-o', 'yaml'])
    const flags = ['--kubeconfig', plane.kubeconfig('admin')]
    const { exit, stdout, stderr } = await ctl([...flags, 'lint', '--cluster', '-'], { input: there })
    expect([exit, stdout + stderr]).toEqual([0, expect.stringContaining('0 errors')])
  })

  it('is reported to the older API where that is asked for', async () => {
    for (const file of findDefinitions('wgpolicyk8s')) plane.kubectl(['apply', '--server-side', '-f', file])
    const { address } = replica
    await replica.end()
    // While nobody judges, and without the hooks that would say so.
    plane.kubectl(['delete', 'validatingwebhookconfigurations', 'zz-socni'])
    expect(apply(network('stray', { ...ledger, master: 'eth0.300' }))).toContain('created')
    replica = await startReplica(plane, address, { ...environment, SOCNI_REPORTS: 'wgpolicyk8s' })
    await until(() => report('policyreports.wgpolicyk8s.io').summary.fail === 1)
    expect(report('policyreports.wgpolicyk8s.io').results).toMatchObject([{ rule: 'vlan-not-granted' }])
  })
})
