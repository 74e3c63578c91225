import { printPath } from '../json/value.ts'
import type { AdmissionRequest } from '../kube/admission.ts'
import {
  DEFAULT_NETWORK_ANNOTATION,
  NETWORK_STATUS_ANNOTATIONS,
  NETWORKS_ANNOTATION,
} from '../kube/annotations.ts'
import { groupKind } from '../kube/group-kind.ts'
import type { Manifest } from '../kube/manifest.ts'
import { findPodTemplate } from '../kube/workloads.ts'
import { type Decision, decide } from '../policy/decision.ts'
import type { Finding } from '../policy/finding.ts'
import { isJudged, judge, jurisdictionOf } from '../policy/judge.ts'
import { forgedNetworkStatus } from '../policy/rules/forged-network-status.ts'
import type { Outcome, ReviewContext } from './context.ts'
import { beforeOf } from './request.ts'
import { boundPod, claimFindings } from './standing.ts'
import { warningsOf } from './warnings.ts'

const NOTHING: Decision = { denied: [], warned: [], audited: [], isClean: true }

/** The validating phase: decides about what is stored. */
export function validate(object: Manifest, request: AdmissionRequest, context: ReviewContext): Outcome {
  const { inventory } = context
  const before = beforeOf(request)
  if (changesNothing(object, before)) return outcomeOf(request, NOTHING)
  if (!isJudged(object)) {
    const warning = `SOCNI has no rules for ${object.kind}: its webhook configuration need not send it`
    const outcome = outcomeOf(request, NOTHING)
    return { ...outcome, response: { ...outcome.response, warnings: [warning] } }
  }
  const where = jurisdictionOf(object, inventory)
  const { username: user = '', groups } = request.userInfo ?? {}
  const isOfStatus = before !== undefined && changesStatusAlone(object, before)
  const findings = judge(object, inventory, {
    before,
    user,
    groups,
    mayAssign: tenant => context.mayAssign?.(request, tenant) ?? false,
    checkClaim: () => ({ state: 'none' }),
    isRemoval: request.operation === 'DELETE',
  })
  const withoutClaims = isOfStatus ? findings.filter(({ rule }) => rule === forgedNetworkStatus.id) : findings
  const decision = decide(withoutClaims, where)
  // Only what nothing stands against was given a claim, so only there is a missing one worth a word.
  const isGuardedKind = groupKind(object) === '/Pod' || groupKind(object) === '/Binding'
  if (!decision.isClean || !isGuardedKind || isOfStatus || request.operation === 'DELETE')
    return outcomeOf(request, decision)
  const bound = before === undefined ? undefined : boundPod(object)
  const onClaims = claimFindings(object, inventory, context.keys(), bound)
  return outcomeOf(request, decide([...withoutClaims, ...onClaims], where))
}

/** An UPDATE that leaves alone what we judge is never refused: a running pod must be able to lose its finalizers. */
function changesNothing(object: Manifest, before: Manifest | undefined): boolean {
  if (before === undefined) return false
  const [one, other] = [object, before].map(manifest => JSON.stringify(judgedPart(manifest)))
  return one === other
}

/**
 * The networks of a pod were judged when they were written. Multus says later what became of them, and again whenever the
 * sandbox is made anew, whatever the policy is by then: claims hold until they are revoked, which the guard sees to.
 */
function changesStatusAlone(pod: Manifest, before: Manifest): boolean {
  return (
    groupKind(pod) === '/Pod' &&
    [NETWORKS_ANNOTATION, DEFAULT_NETWORK_ANNOTATION].every(
      key => pod.metadata.annotations?.[key] === before.metadata.annotations?.[key],
    )
  )
}

function judgedPart(manifest: Manifest): unknown {
  const kind = groupKind(manifest)
  const template = findPodTemplate(manifest)
  if (template !== undefined) {
    const keys = [NETWORKS_ANNOTATION, DEFAULT_NETWORK_ANNOTATION, ...NETWORK_STATUS_ANNOTATIONS]
    const annotations = keys.map(key => template.metadata.annotations?.[key] ?? null)
    return kind === '/Pod' ? annotations : [annotations, template.spec, template.networks ?? null]
  }
  return kind === '/Namespace' ? manifest.metadata.labels : [manifest.spec, manifest.metadata.annotations]
}

function outcomeOf({ uid, kind }: AdmissionRequest, { denied, warned, audited, isClean }: Decision): Outcome {
  const count: Outcome['count'] = counters => {
    for (const { rule } of denied) counters.countFinding(rule, 'denied')
    for (const { rule } of warned) counters.countFinding(rule, 'warned')
    for (const { rule } of audited) counters.countFinding(rule, 'audited')
  }
  const ids = (findings: readonly Finding[]) => [...new Set(findings.map(({ rule }) => rule))].join(',')
  const auditAnnotations = {
    ...(denied.length > 0 && { denied: ids(denied) }),
    ...(warned.length > 0 && { warned: ids(warned) }),
    ...(audited.length > 0 && { audited: ids(audited) }),
  }
  const response = {
    uid,
    allowed: denied.length === 0,
    ...(denied.length > 0 && { status: statusOf(denied) }),
    ...(warned.length > 0 && { warnings: warningsOf(warned) }),
    ...(Object.keys(auditAnnotations).length > 0 && { auditAnnotations }),
  }
  // A warning of what is not made often, like a workload whose networks come with it, had better be true as well.
  const isOpposed = !isClean || (warned.length > 0 && kind.kind !== 'Pod')
  return { response, isOpposed, count }
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
