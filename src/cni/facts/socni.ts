import { NO_VLANS } from '../../net/vlan-set.ts'
import { GUARDED_PLUGINS } from '../guarded.ts'
import { RUNTIME_KEYS } from '../spec.ts'
import type { FactsBuilder } from './builder.ts'
import type { Extractor } from './extractor.ts'
import type { Fields } from './fields.ts'
import { runIpam } from './ipam.ts'
import { masterAt } from './masters.ts'
import { declareCapabilities } from './pod-input.ts'
import { readVlan } from './vlans.ts'

/** What macvlan can do for more than one pod on an interface. */
const MODES: readonly string[] = ['bridge', 'private', 'vepa']

/**
 * The guard by its own name: around another plugin (`delegate`), or, with `vlan` and `master`, macvlan on a VLAN
 * sub-interface that all pods of the VLAN on a node share. With none of these it stands behind another plugin and asks
 * for a claim.
 */
export const socni: Extractor = {
  types: ['socni'],
  role: 'plugin',
  source: 'plugin/own-type.ts of this project; docs/guard.md, "By its own name"',
  keys: { delegate: {}, vlan: {}, master: {}, mode: {}, mtu: {} },

  extract(conf, facts) {
    declareCapabilities(conf, facts, 'ips', 'mac', 'deviceID')
    const shares = conf.has('vlan') || conf.has('master')
    const delegate = conf.object('delegate')
    if (delegate !== undefined && shares)
      facts.problem('contradiction', delegate.at, 'write either "delegate", or "vlan" and "master"')
    if (delegate !== undefined) readDelegate(delegate, facts)
    else if (shares) readShared(conf, facts)
  },
}

function readDelegate(delegate: Fields, facts: FactsBuilder): void {
  if (!GUARDED_PLUGINS.includes(delegate.string('type') ?? '')) {
    const accepted = `a delegate of "socni" is one of ${GUARDED_PLUGINS.join(', ')}`
    facts.problem('malformed', delegate.path('type'), accepted)
  }
  for (const key of RUNTIME_KEYS) {
    if (delegate.has(key))
      facts.problem('malformed', delegate.path(key), `"${key}" comes from outside of the delegate`)
  }
  facts.nested(delegate.body, delegate.at, 'delegate')
}

function readShared(conf: Fields, facts: FactsBuilder): void {
  // The sub-interface is always one of the host, whatever `linkInContainer` says: nobody reads that here.
  const master = { ...masterAt(conf, 'master', 'ride', facts), inContainer: false }
  if (master.byDefault) {
    const needed = 'type "socni" with "vlan" needs "master", the host interface to ride on'
    facts.problem('missing', conf.at, needed)
  }
  const id = conf.integer('vlan')
  const vlans = id === 0 ? NO_VLANS : readVlan(conf, 'vlan', facts)
  if (id === undefined)
    facts.problem('missing', conf.at, 'type "socni" with "master" needs "vlan", an id from 1 to 4094')
  if (id === 0)
    facts.problem('vlan-out-of-range', conf.path('vlan'), '"vlan": 0 has no sub-interface: use 1 to 4094')
  const at = conf.has('vlan') ? conf.path('vlan') : conf.at
  facts.uplink({ at, master, vlans: vlans ?? NO_VLANS, source: 'key' })
  const mode = conf.string('mode')
  if (mode && !MODES.includes(mode)) {
    const accepted = `"${mode}" is no mode for several pods: use bridge, private or vepa`
    facts.problem('malformed', conf.path('mode'), accepted)
  }
  facts.mtu(conf.integer('mtu'), conf.path('mtu'))
  runIpam(conf, facts, 'optional')
}
