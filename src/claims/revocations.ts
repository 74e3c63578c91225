import { readJson } from '../json/reader.ts'
import { isObject, type JsonValue } from '../json/value.ts'
import {
  intersectVlans,
  isEmptyVlans,
  parseVlanSet,
  printVlans,
  subtractVlans,
  type VlanSet,
} from '../net/vlan-set.ts'
import type { Claim } from './claim.ts'
import { KeyError } from './jwk.ts'

/** Claims of this tenant for one of these VLANs no longer count when they were signed before `notBefore`. */
export interface Revocation {
  readonly tenant: string
  readonly vlans: VlanSet
  /** Seconds since 1970. */
  readonly notBefore: number
}

/** The revocation that a claim falls under, if any. */
export function revocationOf(claim: Claim, revocations: readonly Revocation[]): Revocation | undefined {
  return revocations.find(
    ({ tenant, vlans, notBefore }) =>
      tenant === claim.tenant &&
      claim.iat < notBefore &&
      claim.uplinks.some(uplink => {
        const claimed = parseVlanSet(uplink.vlans)
        return claimed === undefined || !isEmptyVlans(intersectVlans(claimed, vlans))
      }),
  )
}

/** The list with one more; an older one that it makes superfluous goes, so that the list stays small. */
export function mergeRevocation(known: readonly Revocation[], added: Revocation): Revocation[] {
  const isCovered = ({ tenant, vlans, notBefore }: Revocation): boolean =>
    tenant === added.tenant && notBefore <= added.notBefore && isEmptyVlans(subtractVlans(vlans, added.vlans))
  return [...known.filter(revocation => !isCovered(revocation)), added]
}

/** Prints the file that nodes hold: `{"revocations": [{"tenant", "vlans", "notBefore"}]}`. */
export function printRevocations(revocations: readonly Revocation[]): string {
  const list = revocations.map(({ tenant, vlans, notBefore }) => ({
    tenant,
    vlans: printVlans(vlans),
    notBefore,
  }))
  return `${JSON.stringify({ revocations: list }, null, 2)}\n`
}

/** Reads that file. Throws a KeyError naming the member: a list that cannot be read must not count as empty. */
export function parseRevocations(text: string): Revocation[] {
  const reading = readJson(text)
  const list = reading.ok && isObject(reading.value) ? reading.value.revocations : undefined
  if (!Array.isArray(list)) throw new KeyError(['revocations'], '"revocations" is not a list')
  return list.map(parseRevocation)
}

function parseRevocation(entry: JsonValue, index: number): Revocation {
  const at = ['revocations', index]
  const { tenant, vlans, notBefore } = isObject(entry) ? entry : {}
  if (typeof tenant !== 'string') throw new KeyError([...at, 'tenant'], '"tenant" is no name')
  const set = typeof vlans === 'string' ? parseVlanSet(vlans) : undefined
  if (set === undefined)
    throw new KeyError([...at, 'vlans'], '"vlans" is no list of VLANs like "100,200-209"')
  if (typeof notBefore !== 'number' || !Number.isSafeInteger(notBefore)) {
    throw new KeyError([...at, 'notBefore'], '"notBefore" is no time in seconds')
  }
  return { tenant, vlans: set, notBefore }
}
