import { quote } from '../../json/quote.ts'
import { attachment, macvlanConfig, pod } from '../example.ts'
import type { Rule } from '../rule.ts'

const given = [attachment({ ...macvlanConfig(), ipam: { type: 'static' } }, { name: 'fixed' })]

export const missingAddress: Rule<'selection'> = {
  id: 'missing-address',
  title: 'The network has no address for the pod, and the pod asks for none',
  severity: 'warning',
  why: 'The plugin refuses an attachment without an address: the pod is scheduled, and then waits in ContainerCreating.',
  source:
    'containernetworking/plugins v1.9.1 plugins/ipam/static/main.go; plugins/main/macvlan/macvlan.go cmdAdd(), "IPAM plugin returned missing IP config"',
  good: { given, manifest: pod([{ name: 'fixed', ips: ['10.100.1.7/24'] }]) },
  bad: { given, manifest: pod([{ name: 'fixed' }]) },

  *check({ selection, attachment: network }) {
    const needing = network?.facts?.podInputs.find(({ isNeeded }) => isNeeded)
    if (needing === undefined || selection.ips.length > 0 || selection.cniArgs?.ips !== undefined) return
    const name = `${selection.namespace}/${selection.name}`
    const message = `network ${quote(name)} gives out no address of its own (its "ipam" has no "addresses"): write "ips" here, like ["10.100.0.7/24"], or "addresses" there`
    yield { inside: ['name'], message }
  },
}
