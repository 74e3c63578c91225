import { isObject, type JsonValue } from '../json/value.ts'
import { readVlanName } from '../net/interface-name.ts'
import {
  containsVlans,
  isEmptyVlans,
  parseVlanSet,
  printVlans,
  shareVlans,
  subtractVlans,
  type VlanSet,
  vlanSet,
} from '../net/vlan-set.ts'
import type { Claim, ClaimedUplink } from './claim.ts'
import { KeyError, parseKeyFile } from './jwk.ts'

/** Claims of this tenant for one of these VLANs no longer count when they were signed before `notBefore`. */
export interface Revocation {
  readonly tenant: string
  readonly vlans: VlanSet
  /** The host interface that they are on, in the words of claims; without it any. */
  readonly master?: string | undefined
  /** Only pods of this namespace; without it all of the tenant. */
  readonly namespace?: string | undefined
  /** Seconds since 1970. */
  readonly notBefore: number
}

/** The revocation that a claim falls under, if any. */
export function revocationOf(claim: Claim, revocations: readonly Revocation[]): Revocation | undefined {
  return revocations.find(
    revocation =>
      revocation.tenant === claim.tenant &&
      claim.iat < revocation.notBefore &&
      (revocation.namespace === undefined || revocation.namespace === claim.namespace) &&
      claim.uplinks.some(uplink => isUnder(uplink, revocation)),
  )
}

/** Whether an uplink is in one of the VLANs, or inside of one: tags in a VLAN belong to whoever holds it. */
function isUnder(uplink: ClaimedUplink, { vlans, master }: Revocation): boolean {
  const claimed = parseVlanSet(uplink.vlans)
  const isOn = (name: string): boolean => master === undefined || master === name
  if (isOn(uplink.master) && (claimed === undefined || shareVlans(claimed, vlans))) return true
  for (let outer = readVlanName(uplink.master); outer !== undefined; outer = readVlanName(outer.parent))
    if (isOn(outer.parent) && containsVlans(vlans, vlanSet(outer.vlan))) return true
  return false
}

/** The list with one more; an older one that it makes superfluous goes, so that the list stays small. */
export function mergeRevocation(known: readonly Revocation[], added: Revocation): Revocation[] {
  const isCovered = ({ tenant, vlans, master, namespace, notBefore }: Revocation): boolean =>
    tenant === added.tenant &&
    (added.master === undefined || added.master === master) &&
    (added.namespace === undefined || added.namespace === namespace) &&
    notBefore <= added.notBefore &&
    isEmptyVlans(subtractVlans(vlans, added.vlans))
  return [...known.filter(revocation => !isCovered(revocation)), added]
}

/** Prints the file that nodes hold: `{"revocations": [{"tenant", "vlans", "master", "namespace", "notBefore"}]}`. */
export function printRevocations(revocations: readonly Revocation[]): string {
  const list = revocations.map(({ tenant, vlans, master, namespace, notBefore }) => ({
    tenant,
    vlans: printVlans(vlans),
    ...(master !== undefined && { master }),
    ...(namespace !== undefined && { namespace }),
    notBefore,
  }))
  return `${JSON.stringify({ revocations: list }, null, 2)}\n`
}

/** Reads that file. Throws a KeyError naming the member: a list that cannot be read must not count as empty. */
export function parseRevocations(text: string): Revocation[] {
  const list = parseKeyFile(text).revocations
  if (!Array.isArray(list))
    throw new KeyError(['revocations'], '"revocations" is not a list: write one, [] for none')
  return list.map(parseRevocation)
}

function parseRevocation(entry: JsonValue, index: number): Revocation {
  const at = ['revocations', index]
  const { tenant, vlans, master, namespace, notBefore } = isObject(entry) ? entry : {}
  if (typeof tenant !== 'string')
    throw new KeyError([...at, 'tenant'], '"tenant" is no name: write that of a Tenant')
  const set = typeof vlans === 'string' ? parseVlanSet(vlans) : undefined
  if (set === undefined)
    throw new KeyError([...at, 'vlans'], '"vlans" is no list of VLANs like "100,200-209"')
  if (master !== undefined && typeof master !== 'string')
    throw new KeyError(
      [...at, 'master'],
      '"master" is no name of an interface: write one like "eth0", or leave it out for all',
    )
  if (namespace !== undefined && typeof namespace !== 'string')
    throw new KeyError(
      [...at, 'namespace'],
      '"namespace" is no name: write that of a namespace, or leave it out for all',
    )
  if (typeof notBefore !== 'number' || !Number.isSafeInteger(notBefore)) {
    throw new KeyError([...at, 'notBefore'], '"notBefore" is no time: write whole seconds since 1970')
  }
  return {
    tenant,
    vlans: set,
    ...(master !== undefined && { master }),
    ...(namespace !== undefined && { namespace }),
    notBefore,
  }
}
