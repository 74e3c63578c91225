import { quote } from '../../json/quote.ts'
import { defaultRouteOf } from '../../net/default-route.ts'
import { attachment, macvlanConfig, pod } from '../example.ts'
import { networkPlace } from '../network-place.ts'
import { destinationsOf } from '../routes.ts'
import type { Rule } from '../rule.ts'

const quarter = (name: string, dst: string) =>
  attachment(
    { ...macvlanConfig(), name, ipam: { type: 'whereabouts', range: '10.100.1.0/24', routes: [{ dst }] } },
    { name },
  )

export const combinedDefaultRoute: Rule<'pod'> = {
  id: 'combined-default-route',
  title: 'The networks of the pod are a default route together',
  severity: 'error',
  why: 'What leads to half of all addresses or more takes the traffic of the default route on eth0, in however many pieces, and over however many interfaces.',
  source: 'Linux fib (longest prefix wins); docs/policy.md, Default routes',
  good: {
    given: [quarter('west', '64.0.0.0/2'), quarter('east', '172.16.0.0/12')],
    manifest: pod('west,east'),
  },
  bad: {
    given: [quarter('west', '64.0.0.0/2'), quarter('east', '128.0.0.0/2')],
    manifest: pod('west,east'),
  },

  *check(subject) {
    const { selections, tenant } = subject
    if (tenant?.allowDefaultRoute) return
    const parts = selections.map(destinationsOf)
    // What is one by itself, default-route and address-not-granted tell.
    if (parts.some(part => defaultRouteOf(part) !== undefined)) return
    if (defaultRouteOf(parts.flat()) === undefined) return
    const names = selections
      .filter((_, index) => (parts[index]?.length ?? 0) > 0)
      .map(({ selection }) => quote(selection.name))
    yield {
      at: networkPlace(subject, 0),
      message: `the routes of ${names.join(', ')} take half of all addresses or more together, as a default route does: select fewer of them, name the networks behind their VLANs instead, or ask for allowDefaultRoute`,
    }
  },
}
