/** A manifest that readers of YAML take for several things. */
interface TwiceRead {
  readonly what: string
  readonly text: string
  /** What kubectl finds in the networks annotation of each object; seen with the real one in test/cluster. */
  readonly kubectl: readonly (string | null)[]
  /** What we find there, or why we refuse the text. */
  readonly ours: readonly (string | null)[] | RegExp
}

const KEY = 'k8s.v1.cni.cncf.io/networks'
const WANTED = `${KEY}: finance/ledger`
const POD = 'apiVersion: v1\nkind: Pod\n'
/** A pod whose annotations are written in the lines given. */
const podWith = (lines: string): string => `${POD}metadata:\n  name: a\n  annotations:\n${lines}\n`
const hidden = (end: string): string => podWith(`    a: b #${end}    ${WANTED}`)

/** What hides a network from one of two readers, and what only looks like it. */
export const manifestsTwiceRead: readonly TwiceRead[] = [
  {
    what: 'merged annotations',
    text: podWith(`    <<: {${WANTED}}`),
    kubectl: ['finance/ledger'],
    ours: ['finance/ledger'],
  },
  {
    what: 'a merged kind',
    text: `<<: {kind: Pod}\napiVersion: v1\nmetadata: {name: a, annotations: {${WANTED}}}\n`,
    kubectl: ['finance/ledger'],
    ours: ['finance/ledger'],
  },
  {
    what: 'several things merged by alias',
    text: `x: &x {annotations: {${WANTED}}}\n${POD}metadata: {<<: [*x, {annotations: {c: d}}], name: a}\n`,
    kubectl: ['finance/ledger'],
    ours: ['finance/ledger'],
  },
  {
    what: 'a written key behind the merged one',
    text: podWith(`    <<: {${WANTED}}\n    ${KEY}: finance/other`),
    kubectl: ['finance/other'],
    ours: ['finance/other'],
  },
  {
    what: 'a merged key behind the written one',
    text: podWith(`    ${KEY}: finance/other\n    <<: {${WANTED}}`),
    kubectl: ['finance/ledger'],
    ours: /^"k8s.v1.cni.cncf.io\/networks" is there before <<, which brings it as well.*: write << once, and first$/,
  },
  {
    what: 'a merged key behind the written one, in what is merged',
    text: `${POD}metadata: {<<: {annotations: {c: d}, <<: {annotations: {${WANTED}}}}, name: a}\n`,
    kubectl: ['finance/ledger'],
    ours: /is there before <</,
  },
  {
    what: '<< in quotes',
    text: podWith(`    "<<": {${WANTED}}`),
    kubectl: [],
    ours: [null],
  },
  {
    what: '<< with a tag',
    text: `${POD}metadata: {!!str <<: {annotations: {${WANTED}}}, name: a}\n`,
    kubectl: [null],
    ours: /^<< with a tag is a key like others to kubectl/,
  },
  {
    what: 'two <<',
    text: `${POD}metadata: {name: a, <<: {annotations: {c: d}}, <<: {annotations: {${WANTED}}}}\n`,
    kubectl: ['finance/ledger'],
    ours: /^"annotations" is there before <</,
  },
  {
    what: 'a kind in base64',
    text: `apiVersion: v1\nkind: !!binary UG9k\nmetadata: {name: a, annotations: {${WANTED}}}\n`,
    kubectl: ['finance/ledger'],
    ours: /^its tag makes it something else to kubectl/,
  },
  {
    what: 'a key in base64',
    text: podWith('    !!binary azhzLnYxLmNuaS5jbmNmLmlvL25ldHdvcmtz: finance/ledger'),
    kubectl: ['finance/ledger'],
    ours: /^its tag makes it something else to kubectl/,
  },
  {
    what: 'a tag of its own',
    text: podWith(`    ${KEY}: !x finance/ledger`),
    kubectl: ['finance/ledger'],
    ours: ['finance/ledger'],
  },
  ...(
    [
      ['a carriage return alone', '\r', '000D'],
      ['the next line of ISO 6429', '\x85', '0085'],
      ['the line separator of Unicode', '\u2028', '2028'],
      ['the paragraph separator of Unicode', '\u2029', '2029'],
    ] as const
  ).map(([what, character, code]) => ({
    what: `${what} in a comment`,
    text: hidden(character),
    kubectl: ['finance/ledger'],
    ours: new RegExp(`^kubectl takes the character U\\+${code} for the end of a line`),
  })),
  {
    what: 'another line in a block of text',
    text: podWith(`    a: |\n      b\u2028    ${WANTED}`),
    kubectl: ['finance/ledger'],
    ours: /^kubectl takes the character U\+2028/,
  },
  {
    what: 'such a character in quotes',
    text: podWith(`    a: "b\u2028c"\n    ${WANTED}`),
    kubectl: ['finance/ledger'],
    ours: ['finance/ledger'],
  },
  {
    what: 'a byte order mark on its second document',
    text: `${POD}metadata: {name: b}\n---\n\uFEFF${podWith(`    ${WANTED}`)}`,
    kubectl: [null, 'finance/ledger'],
    ours: /^kubectl takes the character U\+FEFF for the end of a line, or skips it/,
  },
  {
    what: 'a byte order mark',
    text: `\uFEFF${podWith(`    ${WANTED}`)}`,
    kubectl: ['finance/ledger'],
    ours: ['finance/ledger'],
  },
  {
    what: 'another space before JSON',
    text: `\xa0{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","annotations":{"${KEY}":"finance/ledger"}}}\n`,
    kubectl: ['finance/ledger'],
    ours: /^kubectl takes the character U\+00A0 for the end of a line, or skips it/,
  },
  {
    what: 'a key that takes away what was merged, for one of them',
    text: `${POD}metadata: {<<: {annotations: {${WANTED}}}, name: a, annotations:}\n`,
    kubectl: ['finance/ledger'],
    ours: /^the colon belongs to the text for kubectl/,
  },
  {
    what: 'much white space before that colon',
    text: `${POD}metadata: {<<: {annotations: {${WANTED}}}, name: a, annotations${' '.repeat(500)}\n  :}\n`,
    kubectl: ['finance/ledger'],
    ours: /^the colon belongs to the text for kubectl/,
  },
  {
    what: 'a space behind that colon',
    text: `${POD}metadata: {<<: {annotations: {${WANTED}}}, name: a, annotations: }\n`,
    kubectl: [null],
    ours: [null],
  },
  {
    what: 'a list of another kind',
    text: `apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: a, annotations: {${WANTED}}}\n`,
    kubectl: ['finance/ledger'],
    ours: ['finance/ledger'],
  },
  {
    what: 'items in something else',
    text: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\nitems:\n- ${POD.replace('\n', '\n  ')}  metadata: {name: a, annotations: {${WANTED}}}\n`,
    kubectl: ['finance/ledger'],
    ours: ['finance/ledger'],
  },
  {
    what: 'Items, which are none',
    text: `${POD}metadata: {name: b}\nItems:\n- metadata: {name: a, annotations: {${WANTED}}}\n`,
    kubectl: [null],
    ours: [null],
  },
]
