import type { Claim, ClaimedDigest, ClaimedUplink } from '../claims/claim.ts'
import { configurationDigest } from '../claims/digest.ts'
import type { Expected } from '../claims/judge.ts'
import { sha256 } from '../claims/sha256.ts'
import { DEVICE_PORTS, GUARD_TYPE } from '../cni/guarded.ts'
import type { ObjectMeta } from '../kube/manifest.ts'
import { printVlans } from '../net/vlan-set.ts'
import { settingOf } from './decision.ts'
import { isDeviceResource, reachesHost, type Segment } from './reach.ts'
import type { Attachment, SelectionSubject } from './subjects.ts'

/**
 * A network that reaches a host network, rides on an interface of the pod, or calls the guard by its own name, needs a claim;
 * any other is let through by the guard.
 */
export function needsClaim({ attachment }: SelectionSubject): boolean {
  if (attachment === undefined) return false
  const isByName = attachment.network?.plugins.some(({ type }) => type === GUARD_TYPE) ?? false
  return reachesHost(attachment.reach, attachment.facts?.uplinks ?? []) || isByName
}

/** A pod's UID and node, once the scheduler has bound it. */
export interface Bound {
  readonly uid: string
  readonly node: string
}

/** What a claim for this selection states. Undefined where nobody may state anything: no tenant, or no such NAD. */
export function claimFor(
  subject: SelectionSubject,
  pod: ObjectMeta,
  iat: number,
  bound?: Bound,
): Claim | undefined {
  const { attachment, through, tenant, selection, namespace } = subject
  if (attachment === undefined || tenant === undefined) return undefined
  const { ips, mac } = selection
  return {
    iss: 'socni',
    iat,
    tenant: tenant.name,
    namespace,
    ...(pod.name === undefined ? { generateName: pod.generateName ?? '' } : { pod: pod.name }),
    ...bound,
    nad: `${attachment.namespace}/${attachment.name}`,
    interface: selection.interface,
    uplinks: claimedUplinks([...attachment.reach, ...deviceOf(attachment), ...through.segments]),
    ...(ips.length > 0 && { ips }),
    ...(mac !== undefined && { mac }),
    ...(mayTakeDefaultRoute(subject) && { defaultRoute: true }),
    digests: claimedDigests(attachment),
  }
}

/** What the claim on this selection must state to hold. */
export function expectedOf(subject: SelectionSubject, pod: ObjectMeta, bound?: Bound): Expected | undefined {
  const claim = claimFor(subject, pod, 0, bound)
  return claim && { ...claim, ips: claim.ips ?? [], defaultRoute: claim.defaultRoute ?? false }
}

/** Whether a default route that comes at run time only is the tenant's, or nobody's concern. */
function mayTakeDefaultRoute(where: SelectionSubject): boolean {
  const written = settingOf('default-route', where) ?? 'deny'
  return (
    where.tenant?.allowDefaultRoute === true ||
    written !== 'deny' ||
    settingOf('runtime-default-route', where) === 'off'
  )
}

/** What the NAD's resource brings besides a bridge: the same VLANs are on that device. */
function deviceOf({ facts, reach, resourceName }: Attachment): Segment[] {
  const takesDevice = facts?.types.some(({ type }) => DEVICE_PORTS.includes(type)) ?? false
  if (resourceName === undefined || !takesDevice || !isDeviceResource(resourceName)) return []
  if (reach.some(({ master }) => master === resourceName)) return []
  return reach.map(({ vlans }) => ({ master: resourceName, vlans }))
}

/** The networks that are reached, in order and without repetitions, so that equal reach has equal text. */
function claimedUplinks(reach: readonly Segment[]): ClaimedUplink[] {
  const texts = reach.map(({ master, vlans }) => JSON.stringify({ master, vlans: printVlans(vlans) }))
  return [...new Set(texts)].sort().map(text => JSON.parse(text))
}

/** The configuration of each plugin, as a claim states it. */
export function claimedDigests({ network }: Pick<Attachment, 'network'>): ClaimedDigest[] {
  return (network?.plugins ?? []).map(({ type, body }) => ({
    type,
    sha256: configurationDigest(body, sha256),
  }))
}
