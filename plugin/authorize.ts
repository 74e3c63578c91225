import type { Claim, ClaimedUplink } from '../src/claims/claim.ts'
import { configurationDigest } from '../src/claims/digest.ts'
import { type Expected, judgeClaim } from '../src/claims/judge.ts'
import { type JwsVerification, openJws, unsealPayload } from '../src/claims/jws.ts'
import { CniError } from '../src/cni/errors.ts'
import { extractFacts } from '../src/cni/facts/extract.ts'
import type { HostPathFact, RouteCause, SubnetFact, TypeFact, Uplink } from '../src/cni/facts/facts.ts'
import { GUARD_TYPE } from '../src/cni/guarded.ts'
import { isObject, type JsonObject, type JsonValue } from '../src/json/value.ts'
import { CLAIM_ARG } from '../src/kube/annotations.ts'
import { printVlans } from '../src/net/vlan-set.ts'
import { describeSegments } from '../src/policy/describe.ts'
import { isDeviceResource, type Reach, reachesHost, resolveReach, type Segment } from '../src/policy/reach.ts'
import { type Carried, carriedBy, findUnknownCarrier } from './carriers.ts'
import type { CallEnvironment } from './environment.ts'
import { mayBeClusters } from './flannel.ts'
import { findEitherMaster, findWrongMaster, type Refusal } from './masters.ts'
import { sha256, verifyEd25519 } from './runtime.ts'
import type { Settings, Trust } from './settings.ts'
import { cniArgs, deviceOf, findForeignDevice, findStrayInput } from './stray-input.ts'

/** What the guard thinks of a call. */
export type Authorization =
  /** Nothing of the host's networks is reached, or only what is the cluster's own. */
  | { readonly outcome: 'unguarded'; readonly reason: string }
  | {
      readonly outcome: 'allowed'
      readonly claim: Claim
      readonly decidedBy: RouteCause | undefined
      /** What the pod's interface will be on; undefined where the guard does not know all of it. */
      readonly on: readonly ClaimedUplink[] | undefined
    }
  | ({ readonly outcome: 'refused' } & Refusal)

/** Whether a plugin may be run with this configuration. Keys are only asked for where a claim is needed. */
export async function authorize(
  body: JsonObject,
  type: string,
  environment: CallEnvironment,
  settings: Settings,
  trust: () => Trust,
): Promise<Authorization> {
  const { uplinks, reach, types, subnets, hostPaths, decidedBy } = readFacts(body, type, settings)
  const eitherMaster = findEitherMaster(uplinks)
  // By its own name the guard is there on purpose, whatever it delegates to.
  if (!reachesHost(reach, uplinks) && eitherMaster === undefined && type !== GUARD_TYPE)
    return { outcome: 'unguarded', reason: 'it reaches no network of the host' }
  const isOwn = hostPaths.length === 0 && mayBeClusters(textOf(body.name) ?? '', subnets)
  if (type === 'bridge' && isOwn && isClusterNetwork(body, reach, environment, settings))
    return { outcome: 'unguarded', reason: "it is the cluster's own network" }
  const namespace = environment.args.get('K8S_POD_NAMESPACE')
  if (namespace !== undefined && settings.exemptNamespaces.includes(namespace))
    return { outcome: 'unguarded', reason: `nobody judges the pods of namespace "${namespace}"` }
  if (eitherMaster !== undefined) return { outcome: 'refused', ...eitherMaster }
  const stray = findStrayInput(body, environment, settings)
  if (stray !== undefined) return { outcome: 'refused', ...stray }
  const jws = claimIn(body)
  if (jws === undefined)
    return {
      outcome: 'refused',
      statement: 'claim',
      message: `there is no claim${forSegments(reach)}: the pod is older than the webhook, or was not admitted to it; restart its workload`,
    }
  const trusted = readTrusted(trust, settings)
  if ('outcome' in trusted) return trusted
  const { keys, revocations } = trusted
  const carried = carriedBy(uplinks, environment)
  const found = (claim: Claim) => ({ reached: uplinksOf(body, reach, claim), carried })
  const expected = (claim: Claim): Expected =>
    expectedOf(claim, body, type, found(claim), environment, settings)
  const verification = judgeClaim(await verify(jws, keys), expected, revocations)
  if (!verification.ok)
    return {
      outcome: 'refused',
      statement: verification.failed,
      message: `the claim does not hold: ${verification.message}`,
    }
  if (hasForgedResult(body, type, environment, verification.claim))
    return {
      outcome: 'refused',
      statement: 'prevResult',
      message:
        '"prevResult" states what an earlier plugin made, and none ran before this one: remove it from the NAD',
    }
  if (environment.command === 'ADD' && takesResult(body, type))
    return {
      outcome: 'refused',
      statement: 'prevResult',
      message:
        'ipvlan without "ipam" takes addresses and routes from what came before it, which the claim does not state: give it an "ipam" of its own',
    }
  const wrongMaster = findWrongMaster(uplinks, settings)
  if (wrongMaster !== undefined) return { outcome: 'refused', ...wrongMaster }
  const device = findForeignDevice(body, types, verification.claim)
  if (device !== undefined) return { outcome: 'refused', ...device }
  const unknownCarrier = findUnknownCarrier(uplinks, carried)
  if (unknownCarrier !== undefined) return { outcome: 'refused', ...unknownCarrier }
  const { reached } = found(verification.claim)
  const on = carried.unknown.length > 0 ? undefined : [...reached, ...carried.passages.map(printSegment)]
  return { outcome: 'allowed', claim: verification.claim, decidedBy, on }
}

/** Nobody is told of keys that cannot be read where the guard only writes down. */
function readTrusted(trust: () => Trust, { mode }: Settings): Trust | ({ outcome: 'refused' } & Refusal) {
  try {
    return trust()
  } catch (error) {
    if (mode === 'audit' && error instanceof CniError)
      return { outcome: 'refused', statement: 'keys', message: error.message }
    throw error
  }
}

/**
 * libcni replaces `prevResult` only where there is an earlier plugin (libcni/api.go), so that at ADD the first plugin of a
 * network would take addresses and routes from one that the NAD's author wrote: no digest covers it.
 */
function hasForgedResult(
  body: JsonObject,
  type: string,
  { command }: CallEnvironment,
  claim: Claim,
): boolean {
  if (command !== 'ADD' || body.prevResult === undefined) return false
  const sha = configurationDigest(body, sha256)
  return !claim.digests.slice(1).some(stated => stated.type === type && stated.sha256 === sha)
}

/** plugins/main/ipvlan/ipvlan.go cmdAdd(): the one plugin that does. */
function takesResult(body: JsonObject, type: string): boolean {
  const delegate = isObject(body.delegate) ? body.delegate : {}
  const called = type === GUARD_TYPE && delegate.type === 'ipvlan' ? delegate : body
  if (type !== 'ipvlan' && called === body) return false
  const { ips, routes, ip4, ip6 } = isObject(body.prevResult) ? body.prevResult : {}
  const hasOwn = isObject(called.ipam) && (textOf(called.ipam.type) ?? '') !== ''
  return (
    !hasOwn && [ips, routes, ip4, ip6].some(part => (Array.isArray(part) ? part.length > 0 : isObject(part)))
  )
}

/** The signature, checked by the runtime's own cryptography. */
async function verify(jws: string, keys: Trust['keys']): Promise<JwsVerification> {
  const sealed = openJws(jws, keys)
  if (!sealed.ok) return sealed
  const { key, input, signature, payload } = sealed
  return unsealPayload(payload, await verifyEd25519(key.x, input, signature))
}

interface ConfiguredFacts {
  readonly uplinks: readonly Uplink[]
  readonly reach: Reach[]
  readonly types: readonly TypeFact[]
  readonly subnets: readonly SubnetFact[]
  readonly hostPaths: readonly HostPathFact[]
  /** Who decides at run time which routes the pod gets, if anybody does. */
  readonly decidedBy: RouteCause | undefined
}

/** What the program that is called by this name makes of the configuration; its `type` says nothing to it. */
function readFacts(
  body: JsonObject,
  type: string,
  { interfaces, primaryInterface }: Settings,
): ConfiguredFacts {
  // A device is chosen by the runtime, and is compared by what was claimed of it.
  const { deviceID: _, pciBusID: __, ...authored } = body
  const named = { ...authored, type }
  const network = {
    name: String(body.name ?? ''),
    cniVersion: '1.1.0',
    plugins: [{ type, at: [], body: named }],
  } as const
  const { uplinks, types, subnets, hostPaths, routes } = extractFacts(network)
  return {
    uplinks,
    types,
    subnets,
    reach: resolveReach(uplinks, { interfaces, primaryInterface }, undefined),
    hostPaths,
    decidedBy: routes.find(({ installed }) => installed === 'perhaps')?.cause,
  }
}

/** Flannel delegates to bridge for eth0 of every pod, on the bridge that all of them are on anyway, and names no file. */
function isClusterNetwork(
  { name }: JsonObject,
  reach: readonly Reach[],
  environment: CallEnvironment,
  { clusterNetworks, clusterBridges }: Settings,
): boolean {
  return (
    environment.interface === 'eth0' &&
    typeof name === 'string' &&
    clusterNetworks.includes(name) &&
    reach.every(({ master, vlans }) => clusterBridges.includes(master) && printVlans(vlans) === 'native')
  )
}

/** A configuration may name thousands, and a message is for a person. */
const MAX_TOLD = 16

function forSegments(reach: readonly Reach[]): string {
  if (reach.length === 0) return ''
  const more = reach.length - MAX_TOLD
  return ` for ${describeSegments(reach.slice(0, MAX_TOLD))}${more > 0 ? `, and ${more} more` : ''}`
}

function claimIn(body: JsonObject): string | undefined {
  const claim = cniArgs(body)[CLAIM_ARG]
  return claim === undefined ? undefined : typeof claim === 'string' ? claim : ''
}

function expectedOf(
  claim: Claim,
  body: JsonObject,
  type: string,
  { reached, carried }: { readonly reached: readonly ClaimedUplink[]; readonly carried: Carried },
  { args, interface: name }: CallEnvironment,
  settings: Settings,
): Expected {
  // What is tagged inside of a VLAN is its holder's, whoever that is by now.
  const passages = carried.passages.filter(({ how }) => how !== 'inside')
  const uplinks = [...reached, ...passages.map(printSegment)]
  const digest = { type, sha256: configurationDigest(body, sha256) }
  const isListed = claim.digests.some(
    stated => stated.type === digest.type && stated.sha256 === digest.sha256,
  )
  const runtime = isObject(body.runtimeConfig) ? body.runtimeConfig : {}
  return {
    namespace: args.get('K8S_POD_NAMESPACE') ?? '',
    pod: args.get('K8S_POD_NAME') ?? '',
    uid: args.get('K8S_POD_UID'),
    // A node that does not know its name leaves that to the UID, which is of one pod on one node.
    node: settings.node ?? claim.node,
    interface: name,
    // One plugin of a list reaches a part of what the whole list does; each has its own digest in the claim.
    uplinks: uplinks.every(uplink => claim.uplinks.some(stated => isSame(stated, uplink)))
      ? claim.uplinks
      : uplinks,
    ips: requestedIps(runtime.ips, args.get('IP')),
    mac: requestedMac(textOf(runtime.mac) || undefined, args.get('MAC') || undefined),
    digests: isListed ? claim.digests : [digest],
  }
}

function uplinksOf(body: JsonObject, reach: readonly Reach[], claim: Claim): ClaimedUplink[] {
  const device = deviceOf(body)
  return reach.map(({ master, vlans, uplink }) => {
    const printed = printVlans(vlans)
    if (uplink.master.use !== 'device' || uplink.master.name !== undefined) return { master, vlans: printed }
    // A resource of a device plugin stands for whichever device the node allocated; an address stands for itself.
    const claimed = claim.uplinks.find(
      stated => stated.vlans === printed && (isDeviceResource(stated.master) || stated.master === device),
    )
    return { master: claimed?.master ?? device ?? master, vlans: printed }
  })
}

function printSegment({ master, vlans }: Segment): ClaimedUplink {
  return { master, vlans: printVlans(vlans) }
}

function isSame(a: ClaimedUplink, b: ClaimedUplink): boolean {
  return a.master === b.master && a.vlans === b.vlans
}

/** Multus hands a pod's `ips` on both ways, or on one of them; two that differ match no claim. */
function requestedIps(capability: JsonValue | undefined, argument: string | undefined): string[] {
  const listed = Array.isArray(capability) ? capability.map(String) : undefined
  const written = argument === undefined || argument === '' ? undefined : argument.split(',')
  if (listed === undefined) return written ?? []
  return written === undefined || written.join() === listed.join() ? listed : [...written, ...listed]
}

/** The same of its MAC. Plugins take an empty one for none. */
function requestedMac(capability: string | undefined, argument: string | undefined): string | undefined {
  if (capability === undefined || argument === undefined) return capability ?? argument
  return capability === argument ? capability : `${capability},${argument}`
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
