import type { AdmissionRequest } from '../kube/admission.ts'
import { NETWORK_STATUS_ANNOTATIONS, NETWORKS_ANNOTATION } from '../kube/annotations.ts'
import { groupKind } from '../kube/group-kind.ts'
import { type Manifest, readMetadata } from '../kube/manifest.ts'
import { readSelections } from '../kube/selections.ts'
import { findPodTemplate, type PodTemplate } from '../kube/workloads.ts'
import { decide } from '../policy/decision.ts'
import type { Inventory } from '../policy/inventory.ts'
import { type Circumstances, judgePod, jurisdictionOf, podSubject } from '../policy/judge.ts'
import { isStatusWriter } from '../policy/rules/forged-network-status.ts'
import type { PodSubject } from '../policy/subjects.ts'
import { claimsByInterface, type SignedNetworks, signNetworks, stripClaims } from './claims.ts'
import type { Outcome, ReviewContext } from './context.ts'
import { annotationPatch, removalPatch } from './patch.ts'
import { beforeOf } from './request.ts'
import { boundOf, boundPod, claimFindings } from './standing.ts'

/** The mutating phase: signs claims for what no rule stands against, and refuses nothing. */
export function mutate(given: Manifest, request: AdmissionRequest, context: ReviewContext): Outcome {
  const allowed = { uid: request.uid, allowed: true }
  if (request.operation === 'DELETE') return { response: allowed, isOpposed: false, count: () => {} }
  const copied = copiedStatuses(given, request, context)
  const object = withoutAnnotations(given, copied)
  const patched =
    groupKind(object) === '/Binding'
      ? bindingNetworks(object, context)
      : podNetworks(object, request, context)
  const { annotation, signed = 0, isOpposed = false } = patched ?? {}
  const count: Outcome['count'] = counters => counters.countClaims(request.dryRun ? 0 : signed)
  const patch = [
    ...copied.map(removalPatch),
    ...(annotation === undefined ? [] : annotationPatch(object.metadata, NETWORKS_ANNOTATION, annotation)),
  ]
  if (patch.length === 0) return { response: allowed, isOpposed, count }
  const response: Outcome['response'] = {
    ...allowed,
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
    ...(copied.length > 0 && {
      warnings: copied.map(key => `[forged-network-status] ${key} was left out: Multus writes it anew`),
    }),
  }
  return { response, isOpposed, count }
}

/** What becomes of the networks annotation. */
interface Networks extends SignedNetworks {
  readonly isOpposed?: true
}

/**
 * The network status that a new pod brings is that of the pod which it was copied from: `kubectl replace --force` and a
 * restored backup write what they read. It would be refused, and is worth nothing.
 */
function copiedStatuses(
  object: Manifest,
  { operation, userInfo }: AdmissionRequest,
  { inventory }: ReviewContext,
): string[] {
  const { annotations = {} } = object.metadata
  if (operation !== 'CREATE' || groupKind(object) !== '/Pod') return []
  if (isStatusWriter(userInfo?.username, userInfo?.groups ?? [], inventory.cluster)) return []
  return NETWORK_STATUS_ANNOTATIONS.filter(key => annotations[key] !== undefined)
}

function withoutAnnotations(object: Manifest, keys: readonly string[]): Manifest {
  const annotations = { ...object.metadata.annotations }
  for (const key of keys) delete annotations[key]
  return keys.length === 0 ? object : { ...object, metadata: { ...object.metadata, annotations } }
}

/** A pod that stands against no rule gets its claims; any other loses those that somebody wrote. */
function podNetworks(pod: Manifest, request: AdmissionRequest, context: ReviewContext): Networks | undefined {
  const template = groupKind(pod) === '/Pod' ? findPodTemplate(pod) : undefined
  const networks = template?.metadata.annotations?.[NETWORKS_ANNOTATION]
  if (template === undefined || networks === undefined) return undefined
  const networksBefore = readMetadata(request.oldObject?.metadata).annotations?.[NETWORKS_ANNOTATION]
  if (networks === networksBefore) return undefined
  const { inventory } = context
  const { username, groups } = request.userInfo ?? {}
  const circumstances = { before: beforeOf(request), user: username, groups }
  const { subject, isClean } = judgeForSigning(pod, template, inventory, circumstances)
  if (subject.reading.problems.some(({ problem }) => problem === 'unreadable')) return undefined
  if (!isClean) return { annotation: stripClaims(subject), signed: 0, isOpposed: true }
  // A new pod may state the UID of the one that it was copied from; it has none yet, and no Binding.
  const bound = request.operation === 'CREATE' ? undefined : boundPod(pod)
  const before = claimsByInterface(readSelections(networksBefore, subject.namespace).selections)
  return signNetworks(subject, context.keys(), context.clock(), bound, before)
}

/**
 * A pod as its rules see it, and whether one stands against it. Whatever claim is there, it is replaced or removed: it must
 * not stand in the way of the rules.
 */
function judgeForSigning(
  pod: Manifest,
  template: PodTemplate,
  inventory: Inventory,
  circumstances: Pick<Circumstances, 'before' | 'user' | 'groups'>,
): { subject: PodSubject; isClean: boolean } {
  const subject = podSubject(pod, template, inventory, {
    ...circumstances,
    checkClaim: () => ({ state: 'none' }),
  })
  return { subject, isClean: decide(judgePod(subject, template), jurisdictionOf(pod, inventory)).isClean }
}

/** The Binding carries the pod's networks with bound claims; the API server copies them onto the pod. */
function bindingNetworks(binding: Manifest, context: ReviewContext): Networks | undefined {
  const pod = context.inventory.pod(binding.metadata.namespace ?? '', binding.metadata.name ?? '')
  const template = pod && findPodTemplate(pod)
  const bound = pod && boundOf(binding, pod)
  if (pod === undefined || template === undefined || bound === undefined) return undefined
  const { subject, isClean } = judgeForSigning(pod, template, context.inventory, { before: pod })
  if (subject.selections.length === 0) return undefined
  if (!isClean) return { annotation: undefined, signed: 0, isOpposed: true }
  const signed = signNetworks(subject, context.keys(), context.clock(), bound)
  const present = binding.metadata.annotations?.[NETWORKS_ANNOTATION]
  if (present !== undefined && isBoundAnnotation(binding, present, context)) return undefined
  return signed
}

function isBoundAnnotation(binding: Manifest, networks: string, context: ReviewContext): boolean {
  const candidate = {
    ...binding,
    metadata: { ...binding.metadata, annotations: { [NETWORKS_ANNOTATION]: networks } },
  }
  return claimFindings(candidate, context.inventory, context.keys()).length === 0
}
