import { ALL_VLANS, NATIVE } from '../../net/vlan-set.ts'
import type { FactsBuilder } from './builder.ts'
import type { Extractor } from './extractor.ts'
import type { Uplink } from './facts.ts'
import type { Fields } from './fields.ts'
import { runIpam } from './ipam.ts'
import { deviceMaster } from './masters.ts'
import { declareCapabilities } from './pod-input.ts'
import { isUntagged, readVlan } from './vlans.ts'

/** A virtual function of a NIC; the NIC tags for it when `vlan` is set. */
export const sriov: Extractor = {
  types: ['sriov'],
  role: 'plugin',
  source: 'k8snetworkplumbingwg/sriov-cni v2.9.0 pkg/types/types.go, pkg/config/config.go',
  keys: {
    master: {},
    mac: {},
    vlan: {},
    vlanQoS: {},
    vlanProto: {},
    min_tx_rate: {},
    max_tx_rate: {},
    spoofchk: {},
    trust: {},
    link_state: {},
    logLevel: {},
    logFile: {},
  },

  extract(conf, facts) {
    facts.uplink({
      at: conf.has('vlan') ? conf.path('vlan') : conf.at,
      master: deviceMaster(conf),
      ...readVlans(conf, facts),
    })
    const protocol = conf.string('vlanProto')
    if (protocol && !['802.1q', '802.1ad'].includes(protocol.toLowerCase())) {
      facts.problem(
        'malformed',
        conf.path('vlanProto'),
        `"${protocol}" is no VLAN protocol: use 802.1q or 802.1ad`,
      )
    }
    const priority = conf.integer('vlanQoS')
    if (priority !== undefined && (priority < 0 || priority > 7)) {
      facts.problem('malformed', conf.path('vlanQoS'), `"vlanQoS": ${priority} is no priority: use 0 to 7`)
    }
    readSettings(conf, facts)
    facts.hostPath(conf.string('logFile'), 'write', conf.path('logFile'))
    declareCapabilities(conf, facts, 'mac', 'ips', 'deviceID')
    runIpam(conf, facts, 'optional')
  },
}

/** pkg/sriov/sriov.go ApplyVFConfig(): what is not "on" is off; of a link's state only three words are taken. */
function readSettings(conf: Fields, facts: FactsBuilder): void {
  for (const key of ['spoofchk', 'trust']) {
    const value = conf.string(key)
    if (value && value !== 'on' && value !== 'off')
      facts.problem('unread-key', conf.path(key), `"${key}": "${value}" counts as "off": write "on" or "off"`)
  }
  const state = conf.string('link_state')
  if (state && !['auto', 'enable', 'disable'].includes(state)) {
    const message = `"${state}" is no state of a link: use auto, enable or disable`
    facts.problem('malformed', conf.path('link_state'), message)
  }
  for (const key of ['vlanQoS', 'vlanProto'])
    if (conf.has(key) && (!conf.has('vlan') || (conf.integer('vlan') === 0 && !isNeutral(conf, key))))
      facts.problem('missing', conf.path(key), `"${key}" needs a "vlan": ADD fails without one`)
  for (const key of ['min_tx_rate', 'max_tx_rate']) conf.integer(key)
}

/** What the plugin takes beside "vlan": 0. */
function isNeutral(conf: Fields, key: string): boolean {
  return key === 'vlanQoS' ? conf.integer(key) === 0 : conf.string(key)?.toLowerCase() === '802.1q'
}

/** Without a VLAN the function passes tags through where it is trusted, so that the pod may use any. */
function readVlans(conf: Fields, facts: FactsBuilder): Pick<Uplink, 'vlans' | 'source'> {
  const vlans = readVlan(conf, 'vlan', facts)
  if (vlans !== undefined && !isUntagged(vlans)) return { vlans, source: 'key' }
  const isTrusted = conf.string('trust') === 'on'
  return { vlans: isTrusted ? ALL_VLANS : NATIVE, source: conf.has('vlan') ? 'key' : 'default' }
}
