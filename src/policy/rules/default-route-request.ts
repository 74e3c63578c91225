import { pod } from '../example.ts'
import type { Rule } from '../rule.ts'

export const defaultRouteRequest: Rule<'selection'> = {
  id: 'default-route-request',
  title: 'The pod moves its default route into the VLAN',
  severity: 'error',
  why: "Multus then deletes the default route of every other interface, Flannel's too: services and DNS become unreachable. An empty list does so as well.",
  source: 'multus pkg/multus/multus.go, pkg/netutils; multus #145, #1011; k3s #11574',
  good: { manifest: pod([{ name: 'storage' }]) },
  bad: { manifest: pod([{ name: 'storage', 'default-route': ['10.100.0.1'] }]) },

  *check({ selection: { defaultRoute, body }, tenant }) {
    if (defaultRoute === undefined || tenant?.allowDefaultRoute) return
    const shown = JSON.stringify(body?.['default-route'])
    yield {
      inside: ['default-route'],
      message: `"default-route": ${shown} takes the pod's default route from eth0: remove the key`,
    }
  },
}
