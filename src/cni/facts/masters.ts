import { quote } from '../../json/quote.ts'
import type { Path } from '../../json/value.ts'
import { isInterfaceName } from '../../net/interface-name.ts'
import { NATIVE } from '../../net/vlan-set.ts'
import type { FactsBuilder } from './builder.ts'
import type { Master, Uplink } from './facts.ts'
import type { Fields } from './fields.ts'

/** A host interface named under `key`; without a name the plugin takes the node's default-route interface. */
export function masterAt(conf: Fields, key: string, use: Master['use'], facts: FactsBuilder): Master {
  const name = conf.string(key) || undefined
  const at = conf.path(key)
  reportName(name, at, facts)
  return {
    name,
    at,
    use,
    byDefault: name === undefined,
    inContainer: conf.boolean('linkInContainer') ?? false,
  }
}

/** IFNAMSIZ of Linux, without the zero behind it. */
const MAX_NAME = 15

/** A name that no interface can have. Alternative names may be longer, and a grant of a longer one is for a physical network of OVN. */
export function reportName(name: string | undefined, at: Path, facts: FactsBuilder): void {
  if (name === undefined || isInterfaceName(name)) return
  const bytes = Buffer.byteLength(name)
  const fault =
    bytes > MAX_NAME
      ? `it has ${bytes} bytes, and Linux takes ${MAX_NAME}`
      : `Linux takes 1 to ${MAX_NAME} bytes, without "/", ":" and spaces, other than "." and ".."`
  facts.problem('malformed', at, `${quote(name)} is no interface name: ${fault}`)
}

/** A bridge named under `key`, or the one that the plugin takes by default. */
export function bridgeAt(conf: Fields, key: string, byDefault: string): Master {
  const name = conf.string(key) || undefined
  return {
    name: name ?? byDefault,
    at: conf.path(key),
    use: 'bridge',
    byDefault: name === undefined,
    inContainer: false,
  }
}

/** A plugin that rides on its master without a tag of its own. */
export function untaggedUplink(conf: Fields, master: Master, facts: FactsBuilder): void {
  facts.uplink({
    at: master.name === undefined ? conf.at : master.at,
    master,
    vlans: NATIVE,
    source: 'untagged',
  })
}

/** The device that a plugin takes beside what else it rides on: one that is named here, or whichever the NAD's resource brings. */
export function takeDevice(conf: Fields, isBehindPort: boolean, facts: FactsBuilder): void {
  const master = deviceMaster(conf)
  if (master.name === undefined) facts.device({ at: conf.at, isBehindPort })
  else facts.uplink({ at: master.at, master, vlans: NATIVE, source: 'untagged' })
}

/** The device, which Multus injects from the NAD's device-plugin resource unless the configuration names one. */
export function deviceMaster(conf: Fields): Uplink['master'] {
  const name = conf.string('deviceID') || undefined
  return { name, at: conf.path('deviceID'), use: 'device', byDefault: name === undefined, inContainer: false }
}
