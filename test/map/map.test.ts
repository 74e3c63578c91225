import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultCluster } from '../../src/config/cluster.ts'
import { readTenant, type Tenant } from '../../src/config/tenant.ts'
import { renderHtml } from '../../src/map/html.ts'
import { renderMermaid } from '../../src/map/mermaid.ts'
import { printRange, readSpace, type VlanSpace } from '../../src/map/space.ts'
import { renderSvg } from '../../src/map/svg.ts'
import { LAST_VLAN } from '../../src/net/vlan-set.ts'
import { readAttachment } from '../../src/policy/attachment.ts'

function tenant(name: string, vlans: readonly object[]): Tenant {
  const reading = readTenant({
    apiVersion: 'socni.dev/v1alpha1',
    kind: 'Tenant',
    metadata: { name },
    spec: { namespaces: [name], vlans },
  })
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  return reading.value
}

function use(namespace: string, name: string, master: string, owner: Tenant | undefined, pods = 0) {
  const config = JSON.stringify({ cniVersion: '1.0.0', type: 'macvlan', master })
  const manifest = {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name, namespace },
    spec: { config },
  }
  return { attachment: readAttachment(manifest, cluster), tenant: owner, pods }
}

const cluster = { ...defaultCluster, interfaces: { 'uplink-a': { parent: 'eth0', vlan: 300 } } }

describe('the VLAN space', () => {
  it('resolves names that hide a VLAN, in grants as in networks', () => {
    const finance = tenant('finance', [{ ids: 'native', masters: ['uplink-a'] }])
    const { interfaces } = readSpace([finance], [use('finance', 'a', 'eth0.300', finance, 2)], cluster)
    expect(interfaces.map(({ name }) => name)).toEqual(['eth0'])
    expect(interfaces[0]?.ranges.filter(({ state }) => state !== 'free')).toEqual([
      { first: 300, last: 300, state: 'used', tenants: ['finance'], networks: ['finance/a'], pods: 2 },
    ])
  })

  it('calls it a conflict when nobody holds what somebody uses', () => {
    const { interfaces } = readSpace([], [use('stray', 'a', 'eth0.7', undefined)], cluster)
    expect(interfaces[0]?.ranges.map(range => [printRange(range), range.state])).toEqual([
      ['native,1-6', 'free'],
      ['7', 'conflict'],
      ['8-4094', 'free'],
    ])
  })

  it('takes tags inside of a VLAN for its holder’s', () => {
    const inside = (owner: Tenant) => {
      const config = JSON.stringify({ cniVersion: '1.0.0', type: 'vlan', master: 'eth0.100', vlanId: 5 })
      const manifest = {
        apiVersion: 'k8s.cni.cncf.io/v1',
        kind: 'NetworkAttachmentDefinition',
        metadata: { name: 'q', namespace: owner.name },
        spec: { config },
      }
      return { attachment: readAttachment(manifest, cluster), tenant: owner, pods: 0 }
    }
    const finance = tenant('finance', [{ ids: '100', masters: ['eth0'] }])
    const other = tenant('other', [{ ids: '7', masters: ['eth0'] }])
    const states = (owner: Tenant) =>
      readSpace([finance, other], [inside(owner)], cluster)
        .interfaces.find(({ name }) => name === 'eth0.100')
        ?.ranges.map(range => [printRange(range), range.state])
        .filter(([, state]) => state !== 'free')
    expect([states(finance), states(other)]).toEqual([[['5', 'used']], [['5', 'conflict']]])
  })

  it.each<
    [
      what: string,
      grants: readonly (readonly [tenant: string, isShared: boolean])[],
      users: string[],
      state: string,
    ]
  >([
    ['nobody holds', [], [], 'free'],
    ['one holds', [['one', false]], [], 'granted'],
    [
      'two share',
      [
        ['one', true],
        ['two', true],
      ],
      [],
      'shared',
    ],
    [
      'two hold, and one does not share',
      [
        ['one', true],
        ['two', false],
      ],
      [],
      'conflict',
    ],
    ['its holder uses', [['one', false]], ['one'], 'used'],
    [
      'one of two uses who share it',
      [
        ['one', true],
        ['two', true],
      ],
      ['two'],
      'used',
    ],
    ['another one uses', [['one', false]], ['two'], 'conflict'],
    ['another one uses as well', [['one', false]], ['one', 'two'], 'conflict'],
    ['who has no tenant uses', [['one', false]], ['none'], 'conflict'],
    [
      'one of two uses who do not share it',
      [
        ['one', false],
        ['two', false],
      ],
      ['one'],
      'conflict',
    ],
  ])('tells of a VLAN that %s', (_, grants, users, state) => {
    const tenants = grants.map(([name, shared]) => tenant(name, [{ ids: 7, masters: ['eth0'], shared }]))
    const other = tenant('two', [])
    const uses = users.map((user, index) => {
      const owner = user === 'none' ? undefined : (tenants.find(({ name }) => name === user) ?? other)
      return use(user, `n${index}`, 'eth0.7', owner, 2)
    })
    const [found] = readSpace(tenants, uses, cluster).interfaces
    const range = found?.ranges.find(({ first, last }) => first <= 7 && 7 <= last)
    expect(range ?? { state: 'free' }).toMatchObject({
      state,
      ...(range && {
        tenants: grants.map(([name]) => name),
        networks: users.map((user, index) => `${user}/n${index}`),
        pods: users.length * 2,
      }),
    })
  })

  it('has every id once, and says of it what is said where nothing else is held or used', () => {
    const id = fc.integer({ min: 1, max: 40 })
    const grant = fc.record({
      range: fc.tuple(id, id).map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1] as const),
      masters: fc.subarray(['eth0', 'eth1'], { minLength: 1 }),
      shared: fc.boolean(),
    })
    const grants = fc.array(fc.array(grant, { maxLength: 3 }), { maxLength: 4 })
    const uses = fc.array(fc.record({ vlan: id, owner: fc.nat(4) }), { maxLength: 5 })
    fc.assert(
      fc.property(grants, uses, (lists, used) => {
        /** The space of this one id, or of all. */
        const space = (only?: number) => {
          const isMeant = (first: number, last: number) =>
            only === undefined || (first <= only && only <= last)
          const tenants = lists.map((list, index) =>
            tenant(
              `t${index}`,
              list
                .filter(({ range }) => isMeant(...range))
                .map(({ range, ...rest }) => ({ ...rest, ids: only ?? range.join('-') })),
            ),
          )
          const attachments = used.flatMap(({ vlan, owner }, index) =>
            isMeant(vlan, vlan) ? [use('x', `n${index}`, `eth0.${vlan}`, tenants[owner], 1)] : [],
          )
          return readSpace(tenants, attachments, cluster).interfaces
        }
        for (const { name, ranges } of space()) {
          let next = 0
          for (const { first, last, ...said } of ranges) {
            expect(first).toBe(next)
            next = last + 1
            for (const at of new Set([first, last])) {
              const alone = space(at).find(each => each.name === name)
              const own = alone?.ranges.find(range => range.first <= at && at <= range.last)
              const { first: _, last: __, ...saidAlone } = own ?? { first, last, ...FREE }
              expect(said).toEqual(saidAlone)
            }
          }
          expect(next).toBe(LAST_VLAN + 1)
        }
      }),
    )
  })

  it('is read in a moment for a thousand tenants', () => {
    const tenants = Array.from({ length: 1_000 }, (_, index) =>
      tenant(`t${index}`, [{ ids: `${1 + index * 4}-${3 + index * 4}`, masters: ['eth0', 'eth1'] }]),
    )
    expect(readSpace(tenants, [], cluster).interfaces.map(({ ranges }) => ranges.length)).toEqual([
      2_001, 2_001,
    ])
  })
})

/** What is said of a VLAN that nobody holds or uses. */
const FREE = { state: 'free', tenants: [], networks: [], pods: 0 }

/** Checks that tags are balanced and text is escaped, as an XML reader does; returns every tag with its attributes. */
function readTags(markup: string): string[] {
  const open: string[] = []
  const tags: string[] = []
  for (const [whole, text = '', close, name = '', attributes = '', self] of markup.matchAll(
    /([^<]+)|<(\/?)([a-z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|<!doctype html>|<[^>]*>/gis,
  )) {
    if (text !== '') {
      const isStyle = open.at(-1) === 'style'
      if (!isStyle) expect(text).not.toMatch(/&(?!(?:amp|lt|gt|quot|#39);)/)
    } else if (whole.toLowerCase() === '<!doctype html>') continue
    else if (name === '') throw new Error(`no tag: ${whole}`)
    else if (close === '/') expect(open.pop()).toBe(name)
    else {
      tags.push(`${name}${attributes}`)
      if (self !== '/' && name !== 'meta') open.push(name)
    }
  }
  expect(open).toEqual([])
  return tags
}

const HOSTILE = [
  '</title><script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'; DROP",
  '&amp;lt;script&gt;',
  'a\u0000b\u001b[31mc',
  '\u202egnihtyna',
  'x'.repeat(300),
  'a"]; click vlan0 "javascript:alert(1)"',
  'line\nbreak',
  '#quot;#60;b#62;',
]

describe('what is drawn', () => {
  const hostile: VlanSpace = {
    interfaces: HOSTILE.map(name => ({
      name,
      ranges: [
        { first: 0, last: LAST_VLAN, state: 'conflict', tenants: HOSTILE, networks: HOSTILE, pods: 2 },
      ],
    })),
  }

  it.each([
    ['SVG', renderSvg],
    ['HTML', renderHtml],
  ])('as %s is well-formed, whatever the names are, and runs nothing', (_, render) => {
    const tags = readTags(render(hostile))
    expect(tags.length).toBeGreaterThan(20)
    for (const tag of tags)
      expect(tag).not.toMatch(
        /^(?:script|img|a|iframe|object|foreignObject|link)\b|\son\w+=|href|javascript:/i,
      )
    expect(render(hostile)).not.toMatch(/[^\P{Cc}\n]|\u202e/u)
  })

  it('as HTML loads nothing from anywhere', () => {
    const html = renderHtml(hostile)
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
    expect(html).not.toMatch(/https?:\/\/(?!www\.w3\.org\/2000\/svg)/)
  })

  it('as Mermaid has statements of our own only', () => {
    const statement =
      /^(?: {2}(?:vlan|tenant|network|pods)\d+(?:\[{1,2}|\(\[?)"[^"]*"(?:\]{1,2}|\]?\))| {2}\w+ --> \w+| {2}style vlan\d+ stroke:#c00,stroke-width:3px)$/
    const [head, ...lines] = renderMermaid(hostile).trimEnd().split('\n')
    expect(head).toBe('flowchart LR')
    expect(lines.filter(line => !statement.test(line))).toEqual([])
  })

  it('is there also when there is nothing to draw', () => {
    expect(renderHtml({ interfaces: [] })).toContain('There is no tenant with a VLAN.')
    expect(readTags(renderSvg({ interfaces: [] })).length).toBeGreaterThan(3)
  })
})
