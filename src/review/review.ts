import type { ClaimKeys } from '../claims/files.ts'
import { printPath } from '../json/value.ts'
import type { AdmissionRequest, AdmissionResponse } from '../kube/admission.ts'
import {
  DEFAULT_NETWORK_ANNOTATION,
  NETWORK_STATUS_ANNOTATIONS,
  NETWORKS_ANNOTATION,
} from '../kube/annotations.ts'
import type { Manifest } from '../kube/manifest.ts'
import { findPodTemplate, groupKind } from '../kube/workloads.ts'
import { type Decision, decide } from '../policy/decision.ts'
import type { Finding } from '../policy/finding.ts'
import type { Inventory } from '../policy/inventory.ts'
import { isJudged, judge, judgePod, jurisdictionOf, podSubject } from '../policy/judge.ts'
import { type SignedNetworks, signNetworks, stripClaims } from './claims.ts'
import { annotationPatch } from './patch.ts'
import { boundOf, boundPod, claimFindings } from './standing.ts'
import { warningsOf } from './warnings.ts'

/** The mutating phase may change the object, the validating one sees what is stored. */
export type Phase = 'mutate' | 'validate'

/** Decides one request. Throwing is a bug: it is answered with 500, and failurePolicy decides. */
export type Decide = (
  request: AdmissionRequest,
  phase: Phase,
) => AdmissionResponse | Promise<AdmissionResponse>

/** What is counted of a review. */
export interface ReviewCounters {
  countFinding(rule: string, outcome: 'denied' | 'warned' | 'audited'): void
  countClaims(count: number): void
}

export interface ReviewContext {
  readonly inventory: Inventory
  /** Asked at each review, since keys rotate. */
  readonly keys: () => ClaimKeys
  readonly clock: () => Date
  readonly counters: ReviewCounters
  /** Whether who asks may assign namespaces to a tenant; without it only administrators may. */
  readonly mayAssign?: (request: AdmissionRequest, tenant: string) => boolean
}

/** Makes the decision function of the webhook: the mutating phase signs, the validating phase decides. */
export function createReview(context: ReviewContext): Decide {
  return (request, phase) => (phase === 'mutate' ? mutate(request, context) : validate(request, context))
}

/** The same where nobody counts: on a laptop, for one request. */
export function createLocalReview(inventory: Inventory, keys: ClaimKeys, clock = () => new Date()): Decide {
  const counters = { countFinding: () => {}, countClaims: () => {} }
  return createReview({ inventory, keys: () => keys, clock, counters })
}

function mutate(request: AdmissionRequest, context: ReviewContext): AdmissionResponse {
  const allowed = { uid: request.uid, allowed: true }
  const object = objectOf(request)
  if (request.operation === 'DELETE' || object === undefined || isExempt(object, context)) return allowed
  const patched =
    groupKind(object) === '/Binding'
      ? bindingNetworks(object, context)
      : podNetworks(object, request, context)
  if (patched?.annotation === undefined) return allowed
  if (!request.dryRun) context.counters.countClaims(patched.signed)
  const patch = annotationPatch(object.metadata, NETWORKS_ANNOTATION, patched.annotation)
  return { ...allowed, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }
}

/** A pod that stands against no rule gets its claims; any other loses those that somebody wrote. */
function podNetworks(
  pod: Manifest,
  request: AdmissionRequest,
  context: ReviewContext,
): SignedNetworks | undefined {
  const template = groupKind(pod) === '/Pod' ? findPodTemplate(pod) : undefined
  const networks = template?.metadata.annotations?.[NETWORKS_ANNOTATION]
  if (template === undefined || networks === undefined) return undefined
  if (networks === request.oldObject?.metadata.annotations?.[NETWORKS_ANNOTATION]) return undefined
  const { inventory } = context
  // Whatever claim is there, it is replaced or removed: it must not stand in the way of the rules.
  const subject = podSubject(pod, template, inventory, { checkClaim: () => ({ state: 'none' }) })
  if (subject.reading.problems.some(({ problem }) => problem === 'unreadable')) return undefined
  const { isClean } = decide(judgePod(subject, template), jurisdictionOf(pod, inventory))
  return isClean
    ? signNetworks(subject, context.keys(), context.clock(), boundPod(pod))
    : { annotation: stripClaims(subject), signed: 0 }
}

/** The Binding carries the pod's networks with bound claims; the API server copies them onto the pod. */
function bindingNetworks(binding: Manifest, context: ReviewContext): SignedNetworks | undefined {
  const pod = context.inventory.pod(binding.metadata.namespace ?? '', binding.metadata.name ?? '')
  const template = pod && findPodTemplate(pod)
  const bound = pod && boundOf(binding, pod)
  if (pod === undefined || template === undefined || bound === undefined) return undefined
  const subject = podSubject(pod, template, context.inventory, { checkClaim: () => ({ state: 'none' }) })
  if (
    subject.selections.length === 0 ||
    !decide(judgePod(subject, template), jurisdictionOf(pod, context.inventory)).isClean
  ) {
    return undefined
  }
  const signed = signNetworks(subject, context.keys(), context.clock(), bound)
  const present = binding.metadata.annotations?.[NETWORKS_ANNOTATION]
  if (present !== undefined && isBoundAnnotation(binding, present, context)) return undefined
  return signed
}

function validate(request: AdmissionRequest, context: ReviewContext): AdmissionResponse {
  const { inventory } = context
  const object = objectOf(request)
  const before =
    request.operation === 'DELETE' || request.oldObject === null || request.oldObject === undefined
      ? undefined
      : withIdentity(request.oldObject, request)
  const allowed = { uid: request.uid, allowed: true }
  if (object === undefined || isExempt(object, context) || changesNothing(object, before)) return allowed
  if (!isJudged(object)) {
    return {
      ...allowed,
      warnings: [`SOCNI has no rules for ${object.kind}: its webhook configuration need not send it`],
    }
  }
  const where = jurisdictionOf(object, inventory)
  const { username: user, groups } = request.userInfo ?? {}
  const withoutClaims = judge(object, inventory, {
    before,
    user,
    groups,
    mayAssign: tenant => context.mayAssign?.(request, tenant) ?? false,
    checkClaim: () => ({ state: 'none' }),
    isRemoval: request.operation === 'DELETE',
  })
  const decision = decide(withoutClaims, where)
  // Only what nothing stands against was given a claim, so only there is a missing one worth a word.
  const isGuardedKind = groupKind(object) === '/Pod' || groupKind(object) === '/Binding'
  if (!decision.isClean || !isGuardedKind || request.operation === 'DELETE')
    return respond(request, decision, context)
  const bound = before === undefined ? undefined : boundPod(object)
  return respond(
    request,
    decide([...withoutClaims, ...claimFindings(object, inventory, context.keys(), bound)], where),
    context,
  )
}

function isBoundAnnotation(binding: Manifest, networks: string, context: ReviewContext): boolean {
  const candidate = {
    ...binding,
    metadata: { ...binding.metadata, annotations: { [NETWORKS_ANNOTATION]: networks } },
  }
  return claimFindings(candidate, context.inventory, context.keys()).length === 0
}

/** An UPDATE that leaves alone what we judge is never refused: a running pod must be able to lose its finalizers. */
function changesNothing(object: Manifest, before: Manifest | undefined): boolean {
  if (before === undefined) return false
  const [one, other] = [object, before].map(manifest => JSON.stringify(judgedPart(manifest)))
  return one === other
}

function judgedPart(manifest: Manifest): unknown {
  const kind = groupKind(manifest)
  const template = findPodTemplate(manifest)
  if (template !== undefined) {
    const keys = [NETWORKS_ANNOTATION, DEFAULT_NETWORK_ANNOTATION, ...NETWORK_STATUS_ANNOTATIONS]
    const annotations = keys.map(key => template.metadata.annotations?.[key] ?? null)
    return kind === '/Pod' ? annotations : [annotations, template.spec]
  }
  return kind === '/Namespace' ? manifest.metadata.labels : [manifest.spec, manifest.metadata.annotations]
}

function respond(
  request: AdmissionRequest,
  decision: Decision,
  { counters }: ReviewContext,
): AdmissionResponse {
  const { denied, warned, audited } = decision
  for (const [outcome, findings] of Object.entries({ denied, warned, audited })) {
    for (const { rule } of findings) counters.countFinding(rule, outcome as 'denied' | 'warned' | 'audited')
  }
  const ids = (findings: readonly Finding[]) => [...new Set(findings.map(({ rule }) => rule))].join(',')
  const auditAnnotations = {
    ...(denied.length > 0 && { denied: ids(denied) }),
    ...(warned.length > 0 && { warned: ids(warned) }),
    ...(audited.length > 0 && { audited: ids(audited) }),
  }
  return {
    uid: request.uid,
    allowed: denied.length === 0,
    ...(denied.length > 0 && { status: statusOf(denied) }),
    ...(warned.length > 0 && { warnings: warningsOf(warned) }),
    ...(Object.keys(auditAnnotations).length > 0 && { auditAnnotations }),
  }
}

/** Findings that are told of one object: answers, audit logs and reports must not grow with what somebody wrote. */
export const MAX_TOLD = 20

/** What kubectl prints: one line for each finding, the rule's id in brackets for `socni-ctl explain`. */
function statusOf(denied: readonly Finding[]) {
  const shown = denied.slice(0, MAX_TOLD)
  const lines = shown.map(finding => `${finding.title}: ${finding.message} [${finding.rule}]`)
  if (denied.length > shown.length) lines.push(`… and ${denied.length - shown.length} more`)
  return {
    status: 'Failure' as const,
    code: 403,
    reason: 'Forbidden',
    message: lines.join('\n'),
    details: {
      causes: shown.map(finding => ({
        reason: finding.rule,
        message: finding.message,
        field: fieldOf(finding),
      })),
    },
  }
}

/** `spec.config` and the path inside of it: `spec.config.ipam.routes[0].dst`. */
function fieldOf({ at, inside = [] }: Finding): string {
  return printPath([...at, ...inside])
}

function objectOf(request: AdmissionRequest): Manifest | undefined {
  const object = request.operation === 'DELETE' ? request.oldObject : request.object
  return object === undefined || object === null ? undefined : withIdentity(object, request)
}

/** At CREATE the object may lack the namespace that the request is in; the request's is the API server's own word. */
function withIdentity(object: Manifest, { namespace, name, subResource }: AdmissionRequest): Manifest {
  const metadata = { ...object.metadata, ...(namespace && { namespace }) }
  const isNamed = subResource === 'binding' && metadata.name === undefined && name
  return { ...object, metadata: isNamed ? { ...metadata, name } : metadata }
}

function isExempt({ metadata }: Manifest, { inventory }: ReviewContext): boolean {
  return metadata.namespace !== undefined && inventory.cluster.exemptNamespaces.includes(metadata.namespace)
}
