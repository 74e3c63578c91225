import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extractFacts } from '../../src/cni/facts/extract.ts'
import { readNetwork } from '../../src/cni/network.ts'

const problemsOf = (config: string | undefined) =>
  readNetwork(config, 'nad').problems.map(({ problem, at }) => `${problem} ${JSON.stringify(at)}`)

/** The VLANs that the plugin would use, as docs/readers.md tells them; undefined where we refuse to read. */
function vlansOf(config: string) {
  const { network, problems } = readNetwork(config, 'nad')
  if (network === undefined || problems.length > 0) return undefined
  const facts = extractFacts(network)
  if (facts.problems.some(({ problem }) => problem === 'misspelt-key' || problem === 'wrong-type'))
    return undefined
  return facts.uplinks.flatMap(({ vlans }) => vlans.ranges.map(({ first }) => first))
}

describe('the reader of a network', () => {
  it.each<[what: string, config: string | undefined, problems: string[]]>([
    ['a missing configuration, which adopts a node file', undefined, ['ambiguous []']],
    ['an empty one', '', ['ambiguous []']],
    ['null, which makes Multus panic', 'null', ['unreadable []']],
    ['a list', '[]', ['unreadable []']],
    ['an empty object', '{}', ['unreadable []']],
    ['no JSON', '{"type": "vlan"', ['unreadable []']],
    ['type beside plugins', '{"type":"vlan","plugins":[{"type":"bridge"}]}', ['ambiguous ["plugins"]']],
    [
      'a type in other letters beside plugins',
      '{"Type":"vlan","plugins":[{"type":"bridge"}]}',
      ['ambiguous ["Type"]'],
    ],
    ['plugins in other letters', '{"Plugins":[{"type":"bridge"}]}', ['ambiguous ["Plugins"]']],
    ['no plugins', '{"plugins":[]}', ['unreadable ["plugins"]']],
    ['plugins that are no list', '{"plugins":{}}', ['unreadable ["plugins"]']],
    ['a plugin that is none', '{"plugins":[5]}', ['unreadable ["plugins",0]']],
    ['a plugin without a type', '{"plugins":[{"type":"bridge"},{}]}', ['unreadable ["plugins",1,"type"]']],
    ['a type that is no text', '{"type":5}', ['unreadable ["type"]']],
    ['a type with a path', '{"type":"../sh"}', ['unreadable ["type"]']],
    ['a name with a slash', '{"type":"vlan","name":"a/b"}', ['unreadable ["name"]']],
    [
      'a name that is null, for which libcni knows no network',
      '{"type":"vlan","name":null}',
      ['unreadable ["name"]'],
    ],
    ['a name that begins with a dot', '{"type":"vlan","name":".a"}', ['unreadable ["name"]']],
    [
      'a version that nobody knows',
      '{"type":"vlan","cniVersion":"1.2.0"}',
      ['unsupported-version ["cniVersion"]'],
    ],
    ['a version with a v', '{"type":"vlan","cniVersion":"v1.0.0"}', ['unsupported-version ["cniVersion"]']],
    ['a version that is a number', '{"type":"vlan","cniVersion":1}', ['unsupported-version ["cniVersion"]']],
    [
      'a list of versions that nobody knows',
      '{"plugins":[{"type":"vlan"}],"cniVersions":["9.0.0"]}',
      ['unsupported-version ["cniVersions"]'],
    ],
    ['prevResult', '{"type":"vlan","prevResult":{}}', ['ambiguous ["prevResult"]']],
    [
      'args in a plugin',
      '{"plugins":[{"type":"vlan","args":{"cni":{}}}]}',
      ['ambiguous ["plugins",0,"args"]'],
    ],
    ['runtimeConfig of null', '{"type":"vlan","runtimeConfig":null}', ['ambiguous ["runtimeConfig"]']],
    [
      'further plugins from files',
      '{"plugins":[{"type":"vlan"}],"loadOnlyInlinedPlugins":"false"}',
      ['ambiguous ["loadOnlyInlinedPlugins"]'],
    ],
    [
      'further plugins from files, in other letters',
      '{"plugins":[{"type":"vlan"}],"loadOnlyInlinedPlugins":"FALSE"}',
      ['ambiguous ["loadOnlyInlinedPlugins"]'],
    ],
    [
      'a key of libcni in other letters, also of a plugin that nobody reads here',
      '{"type":"jcnr","Name":"x"}',
      ['ambiguous ["Name"]'],
    ],
    [
      'a type in other letters, beside keys of whatever it is',
      '{"Type":"jcnr","kubeConfig":"/x"}',
      ['ambiguous ["Type"]', 'ambiguous ["kubeConfig"]'],
    ],
    [
      'a key in other letters beside a plugin that nobody reads here',
      '{"plugins":[{"type":"jcnr","kubeConfig":"/x"},{"type":"macvlan","Master":"eth0"}]}',
      ['ambiguous ["plugins",1,"Master"]'],
    ],
    [
      'two keys that Go holds for one, of a plugin that nobody reads here',
      '{"type":"jcnr","kubeConfig":"/x","kubeconfig":"/y"}',
      ['ambiguous ["kubeConfig"]', 'ambiguous ["kubeconfig"]'],
    ],
    [
      'disableCheck that is no truth',
      '{"plugins":[{"type":"vlan"}],"disableCheck":"yes"}',
      ['unreadable ["disableCheck"]'],
    ],
  ])('refuses %s', (_, config, problems) => {
    expect(problemsOf(config)).toEqual(problems)
  })

  it.each<[config: string, expected: object]>([
    ['{"type":"vlan"}', { name: 'nad', cniVersion: '0.1.0' }],
    ['{"type":"vlan","name":"","cniVersion":""}', { name: 'nad', cniVersion: '0.1.0' }],
    ['{"name":"a_b.c-1","type":"vlan","cniVersion":"0.4.0"}', { name: 'a_b.c-1', cniVersion: '0.4.0' }],
    [
      '{"plugins":[{"type":"vlan"}],"cniVersion":"0.3.1","cniVersions":["0.4.0","1.1.0","1.0.0"]}',
      { cniVersion: '1.1.0', plugins: [{ type: 'vlan', at: ['plugins', 0] }] },
    ],
    // Nobody here knows the keys of a plugin without an extractor.
    [
      '{"type":"jcnr","kubeConfig":"/x","ipam":{"Range":[{"Master":1}]}}',
      { plugins: [{ type: 'jcnr', at: [], body: { kubeConfig: '/x' } }] },
    ],
    [
      '{"plugins":[{"type":"vlan"}],"cniVersion":"1.0.0","cniVersions":["0.4.0","9.0.0"]}',
      { cniVersion: '1.0.0' },
    ],
    [
      '{"plugins":[{"type":"vlan"}],"disableCheck":"true","disableGC":"False","loadOnlyInlinedPlugins":true}',
      { plugins: [{ type: 'vlan', at: ['plugins', 0] }] },
    ],
  ])('reads %s', (config, expected) => {
    const { network, problems } = readNetwork(config, 'nad')
    expect(problems).toEqual([])
    expect(network).toMatchObject(expected)
  })

  // docs/readers.md "JSON in Go": what the plugin sees, through three readers of Go.
  it.each<[fragment: string, seen: number[] | undefined]>([
    ['"vlan":100,"VLAN":200', undefined],
    ['"VLAN":200', undefined],
    ['"vlan":100,"vlan":200', undefined],
    ['"vlan":100,"vlan":null', undefined],
    ['"vlan":1e2', [100]],
    ['"vlan":100.0', [100]],
    ['"vlan":-0', [0]],
    ['"vlan":"100"', undefined],
    ['"vlan":100.5', undefined],
    ['"vlan":true', undefined],
    ['"vlan":null', [0]],
    ['"v\\u006can":300', [300]],
    ['"bridge":"b","bridg\\u0065":"c"', undefined],
  ])('understands a bridge with %s as the plugin does, or refuses it', (fragment, seen) => {
    expect(
      vlansOf(`{"type":"bridge","bridge":"br0",${fragment}}`.replace('"bridge":"br0","bridge"', '"bridge"')),
    ).toEqual(seen)
  })

  it.each([
    '"master":"eth0.100","ma\u017fter":"eth0.200"',
    '"master":"eth0","Master":"eth1"',
    '"master":"eth0","vlanID":100',
    '"master":"eth0","vlanId":100,"vlanID":200',
    '"master":"eth0","vlanId":100,"VLANId":null',
  ])('refuses a vlan with %s', fragment => {
    expect(vlansOf(`{"type":"vlan",${fragment},"ipam":{"type":"static"}}`)).toBeUndefined()
  })

  it('has an answer for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => readNetwork(text, 'nad').problems.length > 0),
    )
  })

  it('has facts for any object of any known type, and never throws', () => {
    const type = fc.constantFrom(
      'vlan',
      'bridge',
      'ovs',
      'bond',
      'flannel',
      'multus',
      'userspace',
      'debug',
      'sriov',
      'ifacer',
      'egress-router',
    )
    fc.assert(
      fc.property(type, fc.dictionary(fc.string(), fc.jsonValue()), (name, rest) => {
        const { network } = readNetwork(JSON.stringify({ ...rest, type: name }), 'nad')
        return network === undefined || extractFacts(network).types.length > 0
      }),
    )
  })
})
