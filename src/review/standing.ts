import type { ClaimKeys } from '../claims/files.ts'
import { NETWORKS_ANNOTATION } from '../kube/annotations.ts'
import { groupKind, TENANT } from '../kube/group-kind.ts'
import { isRecord, type Manifest } from '../kube/manifest.ts'
import type { Bound } from '../policy/claim-for.ts'
import { effectiveFindings } from '../policy/decision.ts'
import type { Finding } from '../policy/finding.ts'
import type { Inventory } from '../policy/inventory.ts'
import { judge, jurisdictionOf } from '../policy/judge.ts'
import { checkClaim } from './claims.ts'

/**
 * What stands against an object that is there already, after the settings of its rules: it is older than the policy, or
 * came while nobody judged. The same as a request for it would be told.
 */
export function judgeStanding(object: Manifest, inventory: Inventory, keys: ClaimKeys): Finding[] {
  // A Tenant's conflicts are older than any UPDATE of it, and told all the same.
  const before = groupKind(object) === TENANT ? undefined : object
  const findings = judge(object, inventory, { before, checkClaim: () => ({ state: 'none' }) })
  const where = jurisdictionOf(object, inventory)
  const effective = effectiveFindings(findings, where)
  // What a rule stands against has no claim, and needs no word about that.
  if (groupKind(object) !== '/Pod' || effective.some(({ severity }) => severity === 'error')) return effective
  const claims = claimFindings(object, inventory, keys, boundPod(object), false)
  return [...effective, ...effectiveFindings(claims, where)]
}

/** What stands against the claims of a pod, or of the annotation that a Binding brings. */
export function claimFindings(
  object: Manifest,
  inventory: Inventory,
  keys: ClaimKeys,
  podBound?: Bound,
  mustBeBound?: boolean,
): Finding[] {
  const networks = object.metadata.annotations?.[NETWORKS_ANNOTATION]
  if (networks === undefined) return []
  const isBinding = groupKind(object) === '/Binding'
  const known = inventory.pod(object.metadata.namespace ?? '', object.metadata.name ?? '')
  const bound = isBinding ? boundOf(object, known) : podBound
  const pod: Manifest = isBinding
    ? {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...object.metadata, annotations: { [NETWORKS_ANNOTATION]: networks } },
        spec: {},
      }
    : object
  return judge(pod, inventory, {
    checkClaim: subject => checkClaim(subject, pod.metadata, keys, bound, mustBeBound),
  }).filter(({ rule }) => rule === 'foreign-claim')
}

/** A pod that runs on a node already; at CREATE it has no UID in the mutating phase, and seldom a node in any. */
export function boundPod({ metadata, spec }: Manifest): Bound | undefined {
  const node = isRecord(spec) ? spec.nodeName : undefined
  return metadata.uid === undefined || typeof node !== 'string' ? undefined : { uid: metadata.uid, node }
}

/** The pod's UID and node, as its Binding has them. */
export function boundOf(binding: Manifest, pod: Manifest | undefined): Bound | undefined {
  const uid = binding.metadata.uid ?? pod?.metadata.uid
  const target = binding.target
  const node = typeof target === 'object' && target !== null && 'name' in target ? target.name : undefined
  return uid === undefined || typeof node !== 'string' ? undefined : { uid, node }
}
