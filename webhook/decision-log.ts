import { printable, shorten } from '../src/json/quote.ts'
import type { AdmissionRequest, AdmissionResponse } from '../src/kube/admission.ts'
import type { Journal } from './cluster/reflector.ts'

/** Lines a minute, of one namespace and of all: who is refused on purpose fills no disk, and pushes nobody else's lines out of it. */
const MAX_OF_NAMESPACE = 20
const MAX_OF_ALL = 200
const MINUTE_MS = 60_000

/** Longer than any name that the API server takes; of users nobody says how long they may be. */
const MAX_NAME = 300

/** Writes down what a request was refused for, or would have been. */
export type DecisionLog = (request: AdmissionRequest, response: AdmissionResponse) => void

/**
 * A line for each request that was refused, or is merely audited: who asked, for what, and the rules against it. Of what was
 * asked for, it holds names alone. Requests for a dry run leave none: GitOps tools send them again and again. What is too much
 * is counted, in the line after it.
 */
export function decisionLog(log: Pick<Journal, 'info'>, now = () => performance.now()): DecisionLog {
  let end = now() + MINUTE_MS
  let leftOut = 0
  const written = new Map<string, number>()
  let all = 0
  return ({ dryRun, namespace = '', name, operation, kind, object, userInfo }, response) => {
    const { allowed, status, auditAnnotations = {} } = response
    const { audited, denied = status?.reason } = auditAnnotations
    if (dryRun || (allowed && audited === undefined)) return
    if (now() >= end) {
      written.clear()
      all = 0
      end = now() + MINUTE_MS
    }
    const own = written.get(namespace) ?? 0
    if (own >= MAX_OF_NAMESPACE || all >= MAX_OF_ALL) {
      leftOut++
      return
    }
    written.set(namespace, own + 1)
    all++
    const { metadata } = object ?? {}
    const fields = {
      rules: allowed ? audited : denied,
      operation,
      kind: kind.kind,
      namespace,
      name: name || metadata?.name || metadata?.generateName,
      user: userInfo?.username,
    }
    const texts = Object.entries(fields).flatMap(([key, text]) =>
      typeof text === 'string' && text !== '' ? [[key, shorten(printable(text), MAX_NAME)]] : [],
    )
    const said = allowed ? 'a request is audited, and would be refused' : 'a request is refused'
    log.info({ ...Object.fromEntries(texts), ...(leftOut > 0 && { leftOut }) }, said)
    leftOut = 0
  }
}
