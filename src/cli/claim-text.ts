import { decodeClaim } from '../claims/claim.ts'
import { readUnverified } from '../claims/jws.ts'
import { isObject, type JsonValue } from '../json/value.ts'

/** A claim as somebody looks at it, verified or not. */
interface InspectedClaim {
  readonly kid?: string
  /** What it states; a payload that is no claim as it is. */
  readonly claim?: JsonValue
  /** What keeps it from being one. */
  readonly problem?: string
}

export function inspectClaim(jws: string): InspectedClaim {
  const read = readUnverified(jws)
  if (read === undefined) return { problem: 'it is no compact JWS with JSON in it' }
  const { header, payload } = read
  const decoded = decodeClaim(payload)
  return {
    ...(isObject(header) && typeof header.kid === 'string' && { kid: header.kid }),
    claim: payload,
    ...('problem' in decoded && { problem: decoded.problem }),
  }
}

/** Lines for people. */
export function describeClaim({ kid, claim, problem }: InspectedClaim): string[] {
  const decoded = claim === undefined ? undefined : decodeClaim(claim)
  if (decoded === undefined || 'problem' in decoded) return [`claim: ${problem}`]
  const pod = decoded.pod ?? `${decoded.generateName}…`
  return [
    `claim of tenant ${decoded.tenant}, signed ${new Date(decoded.iat * 1000).toISOString()} by ${kid ?? 'no key'}`,
    `  pod       ${decoded.namespace}/${pod}`,
    ...(decoded.uid === undefined ? [] : [`  bound to  uid ${decoded.uid}, node ${decoded.node}`]),
    `  network   ${decoded.nad} as ${decoded.interface}`,
    ...decoded.uplinks.map(({ master, vlans }) => `  vlan      ${vlans} on ${master}`),
    ...(decoded.ips === undefined ? [] : [`  ips       ${decoded.ips.join(', ')}`]),
    ...(decoded.defaultRoute ? ['  routes    a default route, where the VLAN gives one'] : []),
    ...(decoded.mac === undefined ? [] : [`  mac       ${decoded.mac}`]),
    ...decoded.digests.map(({ type, sha256 }) => `  config    ${type} ${sha256}`),
  ]
}
