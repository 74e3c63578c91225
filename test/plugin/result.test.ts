import { describe, expect, it } from 'vitest'
import { decodeFacts } from '../../plugin/cluster-facts.ts'
import { judgeResult } from '../../plugin/result.ts'
import type { Claim } from '../../src/claims/claim.ts'

const claim: Claim = {
  iss: 'socni',
  iat: 0,
  tenant: 'finance',
  namespace: 'finance',
  pod: 'books',
  nad: 'finance/ledger',
  interface: 'net1',
  uplinks: [],
  digests: [],
}
const facts = { podCIDRs: ['10.42.0.0/16', 'fd00:42::/56'], serviceCIDRs: ['10.43.0.0/16'] }
const cluster = decodeFacts(facts, key => {
  throw new Error(key)
})

const judge = (result: object | string, change: Partial<Claim> = {}) =>
  judgeResult(
    typeof result === 'string' ? result : JSON.stringify(result),
    'dhcp',
    { ...claim, ...change },
    cluster,
  )

const to = (...destinations: string[]) => ({ routes: destinations.map(dst => ({ dst, gw: '10.100.1.1' })) })

describe('what an attachment became', () => {
  it.each([
    ['a default route', to('10.100.0.0/16', '0.0.0.0/0'), '(0.0.0.0/0)'],
    ['one of IPv6', to('::/0'), '(::/0)'],
    ['one of a result from before 0.3.0', { ip4: { ip: '10.1.0.2/24', ...to('0.0.0.0/0') } }, '(0.0.0.0/0)'],
    ['an address whose network is everything', { ips: [{ address: '10.100.1.5/0' }] }, '(10.100.1.5/0)'],
  ])('is refused where it has %s, and the claim does not say so', (_, result, routes) => {
    expect(judge(result)).toContain(`a default route ${routes}`)
    expect(judge(result, { defaultRoute: true })).toBeUndefined()
  })

  it.each([
    ['a route to the pods', to('10.42.0.0/16'), '10.42.0.0/16', '10.42.0.0/16'],
    ['one to a part of the services', to('10.43.0.10/32'), '10.43.0.10/32', '10.43.0.0/16'],
    ['one that they are a part of', to('10.0.0.0/8'), '10.0.0.0/8', '10.42.0.0/16'],
    ['an address among the pods', { ips: [{ address: '10.42.3.7/24' }] }, '10.42.3.7/24', '10.42.0.0/16'],
    ['the like before 0.3.0', { ip6: { ip: 'fd00:42::7/64' } }, 'fd00:42::7/64', 'fd00:42::/56'],
  ])('is refused where it has %s, whatever the claim says', (_, result, route, range) => {
    for (const change of [{}, { defaultRoute: true } as const]) {
      const said = judge(result, change)
      expect(said).toContain(`the route ${route} when`)
      expect(said).toContain(`(${range})`)
    }
  })

  it('is refused where it has a half of a default route, which is one, and takes the pods along', () => {
    expect(judge(to('0.0.0.0/1'))).toContain('a default route (0.0.0.0/1)')
    expect(judge(to('128.0.0.0/1'))).toContain('a default route (128.0.0.0/1)')
    expect(judge(to('0.0.0.0/1'), { defaultRoute: true })).toContain('the route 0.0.0.0/1 when')
    expect(judge(to('128.0.0.0/1'), { defaultRoute: true })).toBeUndefined()
  })

  it.each([
    ['its own network', { ips: [{ address: '10.100.1.5/24' }], ...to('10.100.0.0/16') }],
    ['a part of a default route', to('192.0.0.0/2')],
    ['nothing', {}],
    ['no JSON, which the runtime refuses', 'no result'],
    ['lists of something else', { routes: [1, null, { dst: 5 }, { dst: 'x' }], ips: 'none', ip4: [] }],
  ])('is fine where it has %s', (_, result) => {
    expect(judge(result)).toBeUndefined()
  })

  it.each([
    ['a control character', '{"routes":[{"dst":"0.0.0.0/0"}],"dns":{"domain":"a\\u0007"}}'],
    ['two equal keys', '{"dns":{},"dns":{},"routes":[{"dst":"0.0.0.0/0"}]}'],
    [
      'more than a configuration may',
      `{"x":"${'x'.repeat(5 * 1024 * 1024)}","routes":[{"dst":"0.0.0.0/0"}]}`,
    ],
  ])('is refused also where its result has %s, which the runtime reads', (_, result) => {
    expect(judge(result)).toContain('a default route (0.0.0.0/0)')
  })

  it('is refused where two halves are a default route', () => {
    expect(judge(to('10.100.0.0/16', '0.0.0.0/1', '128.0.0.0/1'))).toContain(
      'a default route (0.0.0.0/1, 128.0.0.0/1)',
    )
  })

  it('says what to do about whoever decides', () => {
    const text = JSON.stringify(to('0.0.0.0/0'))
    expect(judge(text)).toContain('"request": [{"skipDefault": true, "option": "subnet-mask"}]')
    expect(judgeResult(text, 'pool', claim, cluster)).toContain('take the gateway out of the pool')
    expect(judgeResult(text, 'plugin', claim, cluster)).toContain('leave routes to the configuration')
  })
})
