import type { Network } from '../../cni/network.ts'
import { isObject } from '../../json/value.ts'
import { attachment, macvlanConfig } from '../example.ts'
import type { Rule } from '../rule.ts'

/**
 * Versions whose results hold addresses alone. 0.3.0 and 0.3.1 are what most of the world writes, and they work: they lack
 * CHECK, and the earlier result on DEL, but libcni runs every plugin's DEL all the same. Told of at each kubectl apply,
 * that would only drown what matters.
 */
const OLD: ReadonlySet<string> = new Set(['0.1.0', '0.2.0'])

/** Plugins of containernetworking/plugins: all of them take what pkg/version lists as All, since 1.0.0 of them. */
const REFERENCE_TYPES: ReadonlySet<unknown> = new Set([
  'bandwidth',
  'bridge',
  'dhcp',
  'dummy',
  'firewall',
  'host-device',
  'host-local',
  'ipvlan',
  'loopback',
  'macvlan',
  'portmap',
  'ptp',
  'sbr',
  'static',
  'tap',
  'tuning',
  'vlan',
  'vrf',
])

export const oldCniVersion: Rule<'attachment'> = {
  id: 'old-cni-version',
  title: 'Results of this CNI version name no interface',
  severity: 'warning',
  why: 'Before 0.3.0 a result holds addresses alone: the network status lacks the interface and its MAC, and a network without addresses fails on ADD ("cannot convert: no valid IP addresses"). Without a version 0.1.0 is meant. 0.3.0 and 0.3.1 do what pods need and get no finding.',
  source:
    'CNI SPEC 0.3.0, Result; containernetworking/cni pkg/types/040 convertTo02x(); plugins use pkg/version All',
  good: { manifest: attachment(macvlanConfig()) },
  bad: { manifest: attachment({ ...macvlanConfig(), cniVersion: '0.2.0' }) },

  *check({ attachment: { network, reading } }) {
    if (network === undefined || !OLD.has(network.cniVersion)) return
    if (reading.problems.some(({ problem }) => problem === 'unsupported-version')) return
    const meant = network.cniVersion === '0.1.0' ? ', which is meant where none is written,' : ''
    const isKnown = typesOf(network).every(type => REFERENCE_TYPES.has(type))
    // A plugin that does not know the version refuses every ADD: of others only their own documents can tell.
    const newer = isKnown
      ? '"1.0.0", which the reference plugins have supported since 2021'
      : '"0.3.1", or a newer one that the plugin supports'
    yield {
      inside: ['cniVersion'],
      message: `"${network.cniVersion}"${meant} is from before results that name interfaces: use ${newer}`,
      fix: isKnown && reading.problems.length === 0 ? { action: 'rename value', text: '1.0.0' } : undefined,
    }
  },
}

/** All that the version is sent to: the plugins, and the IPAM plugins that they call with their own configuration. */
function typesOf({ plugins }: Network): unknown[] {
  return plugins.flatMap(({ type, body: { ipam } }) =>
    isObject(ipam) && ipam.type !== undefined && ipam.type !== '' ? [type, ipam.type] : [type],
  )
}
