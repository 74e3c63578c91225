import { REQUEST_FOR_NO_ROUTE } from '../../cni/facts/dhcp.ts'
import type { RouteFact } from '../../cni/facts/facts.ts'
import { printPath } from '../../json/value.ts'
import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

export const runtimeDefaultRoute: Rule<'attachment'> = {
  id: 'runtime-default-route',
  title: 'Something outside of the configuration may hand the pod a default route',
  severity: 'warning',
  why: "A DHCP server that sends option 3 or 121, or a pool with a gateway, gives the pod a default route beside Flannel's when it starts.",
  source:
    'containernetworking/plugins plugins/ipam/dhcp (options 3, 33, 121); spiderpool SpiderIPPool gateway',
  good: { manifest: attachment(macvlanConfig()) },
  bad: { manifest: attachment({ ...macvlanConfig(), ipam: { type: 'dhcp' } }) },

  *check({ attachment: { facts }, tenant }) {
    if (tenant?.allowDefaultRoute) return
    // A pool may have a gateway of each family: one word about it is enough.
    const said = new Set<string>()
    for (const route of facts?.routes ?? []) {
      if (route.installed !== 'perhaps' || route.destination.bits !== 0 || route.cause === 'unasked') continue
      const place = printPath(route.at)
      if (said.has(place)) continue
      said.add(place)
      yield { inside: route.at, message: explain(route) }
    }
  },
}

function explain({ cause, plugin }: RouteFact): string {
  const found = `what "${plugin}" finds at run time`
  // It moves routes once the interface is there, and has been looked at.
  if (cause === 'plugin')
    return `${found} decides whether the pod gets a default route, and nobody looks at it later: write "podDefaultRouteNic": "eth0"`
  const [decider, remedy] =
    cause === 'dhcp'
      ? ['the DHCP server of the VLAN', `ask it for none by ${REQUEST_FOR_NO_ROUTE}`]
      : [found, 'take the gateway out of the pool']
  return `${decider} decides whether the pod gets a default route, and the guard refuses a pod that gets one: ${remedy}`
}
