import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withClaim } from '../../src/kube/selection-claims.ts'
import { readDefaultNetwork, readSelections } from '../../src/kube/selections.ts'

/** Selections in short words, and the problems behind them. */
function read(annotation: string | undefined) {
  const { form, selections, problems } = readSelections(annotation, 'mine')
  return [
    form,
    ...selections.map(selection => `${selection.namespace}/${selection.name}@${selection.interface}`),
    ...problems.map(({ problem, at }) => `${problem} ${JSON.stringify(at)}`),
  ]
}

describe('the networks annotation', () => {
  // multus pkg/k8sclient/k8sclient.go parsePodNetworkAnnotation(): which form it is
  it.each<[annotation: string | undefined, read: string[]]>([
    [undefined, ['none']],
    ['', ['none']],
    ['null', ['short', 'mine/null@net1']],
    ['a', ['short', 'mine/a@net1']],
    ['a,b', ['short', 'mine/a@net1', 'mine/b@net2']],
    ['a,"b', ['json', 'unreadable []']],
    ['{"name":"a"}', ['json', 'unreadable []']],
    [' [ {"name":"a"} ] ', ['json', 'mine/a@net1']],
    ['[]', ['json']],
    [' ', ['short', 'unreadable [0]']],
  ])('%j is read as %j', (annotation, expected) => {
    expect(read(annotation)).toEqual(expected)
  })

  // multus pkg/k8sclient/k8sclient.go parsePodNetworkObjectName()
  it.each<[annotation: string, read: string[]]>([
    ['ns/a@eth5', ['short', 'ns/a@eth5']],
    [' ns / a @ eth5 , b', ['short', 'ns/a@eth5', 'mine/b@net2']],
    ['\u0085a\u2003@\u00a0x', ['short', 'mine/a@x']],
    ['\ufeffa', ['short', 'unreadable [0]']],
    ['a,b@x,c', ['short', 'mine/a@net1', 'mine/b@x', 'mine/c@net3']],
    ['/a', ['short', 'mine/a@net1']],
    ['a@', ['short', 'mine/a@net1']],
    ['a/b/c', ['short', 'unreadable [0]']],
    ['a@b@c', ['short', 'unreadable [0]']],
    ['a@x/b', ['short', 'unreadable [0]']],
    ['A', ['short', 'unreadable [0]']],
    ['a.b', ['short', 'unreadable [0]']],
    ['a_b', ['short', 'unreadable [0]']],
    ['-a', ['short', 'unreadable [0]']],
    ['a,,b', ['short', 'mine/a@net1', 'mine/b@net3', 'unreadable [1]']],
    ['ns/', ['short', 'unreadable [0]']],
    ['a@fifteen-bytes-x', ['short', 'mine/a@fifteen-bytes-x']],
    ['a@sixteen-bytes-xx', ['short', 'unreadable [0]']],
    ['a@ééééééé', ['short', 'mine/a@ééééééé', 'disagreement [0]']],
    ['a@éééééééé', ['short', 'unreadable [0]']],
    ['a@x y', ['short', 'unreadable [0]']],
    ['a@my_interface', ['short', 'mine/a@my_interface', 'disagreement [0]']],
  ])('%j in short form is %j', (annotation, expected) => {
    expect(read(annotation)).toEqual(expected)
  })

  // multus pkg/types/types.go NetworkSelectionElement; docs/readers.md "JSON in Go"
  it.each<[annotation: string, read: string[]]>([
    ['[{"name":"a","interface":"x1","namespace":"ns"}]', ['json', 'ns/a@x1']],
    ['[{"name":"a"},{"name":"b"}]', ['json', 'mine/a@net1', 'mine/b@net2']],
    ['[{"name":"a","namespace":null,"interface":""}]', ['json', 'mine/a@net1']],
    ['[{"name":"a","interfaceRequest":"x1"}]', ['json', 'mine/a@x1', 'disagreement [0,"interfaceRequest"]']],
    [
      '[{"name":"a","interface":"x2","interfaceRequest":"x1"}]',
      ['json', 'mine/a@x2', 'disagreement [0,"interfaceRequest"]'],
    ],
    ['[{"name":"a","interface":"x1","interfaceRequest":"x1"}]', ['json', 'mine/a@x1']],
    ['[{}]', ['json', 'mine/@net1', 'unreadable [0]']],
    ['[null]', ['json', 'unreadable [0]']],
    ['["a"]', ['json', 'unreadable [0]']],
    ['[{"name":5}]', ['json', 'mine/@net1', 'unreadable [0,"name"]', 'unreadable [0]']],
    ['[{"name":"../x"}]', ['json', 'mine/../x@net1', 'unreadable [0,"name"]']],
    ['[{"name":"a","ips":"x"}]', ['json', 'mine/a@net1', 'unreadable [0,"ips"]']],
    ['[{"name":"a","ips":[null]}]', ['json', 'mine/a@net1', 'unreadable [0,"ips",0]']],
    ['[{"name":"a","ips":["10.1.1.1","10.1.1.300"]}]', ['json', 'mine/a@net1', 'unreadable [0,"ips",1]']],
    ['[{"name":"a","mac":"02:00:00:00:00"}]', ['json', 'mine/a@net1', 'unreadable [0,"mac"]']],
    ['[{"name":"a","default-route":"x"}]', ['json', 'mine/a@net1', 'unreadable [0,"default-route"]']],
    [
      '[{"name":"a","default-route":["10.0.0.1/24"]}]',
      ['json', 'mine/a@net1', 'unreadable [0,"default-route",0]'],
    ],
    [
      '[{"name":"a","bandwidth":{"ingressRate":"1M","egressRate":null}}]',
      ['json', 'mine/a@net1', 'unreadable [0,"bandwidth","ingressRate"]'],
    ],
    ['[{"name":"a","bandwidth":[]}]', ['json', 'mine/a@net1', 'unreadable [0,"bandwidth"]']],
    [
      '[{"name":"a","portMappings":[{"hostPort":1,"containerPort":"x"},null]}]',
      [
        'json',
        'mine/a@net1',
        'unreadable [0,"portMappings",0,"containerPort"]',
        'unreadable [0,"portMappings",1]',
      ],
    ],
    ['[{"name":"a","cni-args":[]}]', ['json', 'mine/a@net1', 'unreadable [0,"cni-args"]']],
    ['[{"name":"a","vlan":200}]', ['json', 'mine/a@net1', 'unknown-key [0,"vlan"]']],
    ['[{"name":"a","Namespace":"victim"}]', ['json', 'unreadable [0,"Namespace"]']],
    ['[{"name":"a","name\u017fpace":"victim"}]', ['json', 'unreadable [0,"name\u017fpace"]']],
    ['[{"name":"a","namespace":"victim","namespace":null}]', ['json', 'unreadable [0,"namespace"]']],
    ['[{"name":"a","NamE":"b"}]', ['json', 'unreadable [0,"NamE"]', 'unreadable [0,"NamE"]']],
    ['[{"name":"a","Default-Route":["10.0.0.1"]}]', ['json', 'unreadable [0,"Default-Route"]']],
    ['[{"name":"a","CNI-ARGS":{}}]', ['json', 'unreadable [0,"CNI-ARGS"]']],
    ['[{"name":"a","cni-args":{"Ips":["10.0.0.1/24"]}}]', ['json', 'unreadable [0,"cni-args","Ips"]']],
  ])('%s in JSON form is %j', (annotation, expected) => {
    expect(read(annotation)).toEqual(expected)
  })

  it('keeps an unset default route apart from an empty one', () => {
    const routes = readSelections(
      '[{"name":"a"},{"name":"b","default-route":[]},{"name":"c","default-route":null}]',
      'mine',
    )
    expect(routes.selections.map(({ defaultRoute }) => defaultRoute)).toEqual([undefined, [], undefined])
  })

  // multus pkg/k8sclient/k8sclient.go tryLoadK8sPodDefaultNetwork()
  it.each([
    ['a', 'kube-system/a', 0],
    ['ns/a', 'ns/a', 0],
    ['[{"name":"a","namespace":"ns"}]', 'ns/a', 0],
    ['a,b', undefined, 1],
    ['[]', undefined, 1],
  ])('as the default network %s is %s', (annotation, selected, problems) => {
    const network = readDefaultNetwork(annotation)
    const selection = network?.selection
    expect(selection && `${selection.namespace}/${selection.name}`).toBe(selected)
    expect(network?.problems).toHaveLength(problems)
  })

  it('has an answer for any text, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), text => {
        expect(['none', 'short', 'json']).toContain(readSelections(text, 'mine').form)
      }),
    )
  })
})

describe('a claim in a selection', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/)
  const element = fc.record(
    {
      name,
      namespace: name,
      interface: name,
      mac: fc.constant('02:00:00:00:00:01'),
      'cni-args': fc.dictionary(name, fc.string()),
    },
    { requiredKeys: ['name'] },
  )

  it('is put in and taken out without a trace, and put in twice as once', () => {
    fc.assert(
      fc.property(fc.array(element, { maxLength: 4 }), elements => {
        fc.pre(readSelections(JSON.stringify(elements), 'mine').problems.length === 0)
        const round = (text: string, claim: string | undefined) =>
          JSON.stringify(
            readSelections(text, 'mine').selections.map(selection => withClaim(selection, claim)),
          )
        const bare = round(JSON.stringify(elements), undefined)
        const signed = round(bare, 'claim')
        expect(round(signed, 'claim')).toBe(signed)
        expect(round(signed, undefined)).toBe(bare)
      }),
    )
  })

  it('leaves a short form’s names as they were', () => {
    const [selection] = readSelections('ns/a@x1', 'mine').selections
    expect(selection && withClaim(selection, 'c')).toEqual({
      name: 'a',
      namespace: 'ns',
      interface: 'x1',
      'cni-args': { 'socni.dev/claim': 'c' },
    })
  })
})
