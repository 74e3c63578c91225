import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Manifest } from '../../src/kube/manifest.ts'
import { findPodTemplate, virtualMachineNetworks } from '../../src/kube/workloads.ts'
import { readManifests } from '../../src/yaml/document.ts'

const template = { metadata: { annotations: { a: 'b' } }, spec: { hostNetwork: true } }
const withContainers = { ...template, spec: { ...template.spec, containers: [] } }
const make = (apiVersion: string, kind: string, spec: unknown, rest: object = {}): Manifest => ({
  apiVersion,
  kind,
  metadata: { name: 'x' },
  spec,
  ...rest,
})

describe('a pod template', () => {
  it.each<[apiVersion: string, kind: string, spec: unknown, rest?: object]>([
    ['v1', 'ReplicationController', { template }],
    ['apps/v1', 'Deployment', { template }],
    ['apps/v1', 'StatefulSet', { template }],
    ['apps/v1', 'DaemonSet', { template }],
    ['apps/v1', 'ReplicaSet', { template }],
    ['batch/v1', 'Job', { template }],
    ['batch/v1', 'CronJob', { jobTemplate: { spec: { template } } }],
    ['kubevirt.io/v1', 'VirtualMachine', { template }],
    ['v1', 'PodTemplate', undefined, { template }],
    ['apps.openshift.io/v1', 'DeploymentConfig', { template: withContainers }],
    ['argoproj.io/v1alpha1', 'Rollout', { template: withContainers }],
  ])('is found in %s %s', (apiVersion, kind, spec, rest = {}) => {
    expect(findPodTemplate(make(apiVersion, kind, spec, rest))).toMatchObject({
      metadata: { annotations: { a: 'b' } },
      spec: { hostNetwork: true },
    })
  })

  it.each<[what: string, manifest: Manifest]>([
    ['another group of the same kind', make('example.org/v1', 'Deployment', { template })],
    ['a spec that is text', make('apps/v1', 'Deployment', 'template')],
    ['a template that is a list', make('apps/v1', 'Deployment', { template: [template] })],
    ['a kind named like a method', make('v1', 'toString', {})],
    ['a Service', make('v1', 'Service', { template })],
    ['a template of something else', make('argoproj.io/v1alpha1', 'ApplicationSet', { template })],
  ])('is not found in %s', (_, manifest) => {
    expect(findPodTemplate(manifest)).toBeUndefined()
  })

  it('has string annotations only, whatever a file holds', () => {
    const pod = make('v1', 'Pod', 'x', { metadata: { annotations: { a: 5, b: 'c', d: null } } })
    expect(findPodTemplate(pod)).toMatchObject({
      metadata: { annotations: { b: 'c' } },
      spec: { containers: [] },
      at: [],
    })
  })

  it('of a virtual machine names its networks in the spec', () => {
    const networks = [
      { name: 'p', pod: {} },
      { multus: { networkName: 'ns/a' } },
      { multus: { networkName: 'b', default: true } },
      5,
      { multus: 5 },
    ]
    const machine = make('kubevirt.io/v1', 'VirtualMachine', { template: { spec: { networks } } })
    const found = findPodTemplate(machine)
    expect(
      found &&
        virtualMachineNetworks(machine, found).map(({ networkName, isDefault, at }) => [
          networkName,
          isDefault,
          at.join('.'),
        ]),
    ).toEqual([
      ['ns/a', false, 'spec.networks.1.multus.networkName'],
      ['b', true, 'spec.networks.2.multus.default'],
    ])
  })
})

describe('a file of manifests', () => {
  const names = (text: string) => readManifests(text).manifests.map(({ metadata }) => metadata.name)
  const document = (name: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\n`

  it('may have several documents, empty ones, and lists', () => {
    expect(names(`${document('a')}---\n# nothing\n---\n${document('b')}`)).toEqual(['a', 'b'])
    expect(
      names(
        '{"apiVersion":"v1","kind":"List","metadata":{},"items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"c"}}]}',
      ),
    ).toEqual(['c'])
  })

  it.each<[what: string, text: string, line: number, message: RegExp]>([
    ['a key twice', `${document('a')}kind: Pod\n`, 4, /Map keys must be unique/],
    ['no manifest', 'a: 1\n', 1, /needs "apiVersion", "kind" and "metadata"/],
    ['a broken document behind a good one', `${document('a')}---\na: [\n`, 6, /./],
    [
      'an alias bomb',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((key, index) => `${key}: &${key} [${Array(10).fill(`*${'abcdefgh'[index]}`).join(',')}]`)
        .join('\n')}\n`,
      1,
      /alias/,
    ],
  ])('with %s says where', (_, text, line, message) => {
    const { problems } = readManifests(text)
    expect(problems[0]).toMatchObject({ line, message: expect.stringMatching(message) })
  })

  it('keeps the documents that are good beside a bad one', () => {
    expect(names(`${document('a')}---\na: [\n---\n${document('b')}`)).toContain('a')
  })

  it('may close a quoted text under its key, as kubectl takes it', () => {
    const text =
      'apiVersion: v1\nkind: X\nmetadata: {name: a}\nspec:\n  one: \'{\n    "a": \'\'b\'\'\n  }\'\n  two: "[\n  \\"]\\"\n  ]"\n'
    expect(readManifests(text)).toMatchObject({
      problems: [],
      manifests: [{ spec: { one: '{ "a": \'b\' }', two: '[ "]" ]' } }],
    })
  })

  it('is good in every example of this repository', () => {
    const root = new URL('../../examples/', import.meta.url)
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      // What is in ci/ is for other programs.
      name => name.endsWith('.yaml') && !name.startsWith('ci/'),
    )
    expect(files.length).toBeGreaterThan(8)
    for (const file of files)
      expect([file, readManifests(readFileSync(new URL(file, root), 'utf8')).problems]).toEqual([file, []])
  })

  it('has an answer for any text, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => Array.isArray(readManifests(text).manifests)),
    )
  })
})
